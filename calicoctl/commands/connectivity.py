"""connectivity: who can reach whom, in groups that have a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from calicoctl.console import options, policy_sets, results
from calicoctl.console.completion import values
from calicoctl.console.messages import current_messages
from calicoctl.console.options.services import service_options
from calicoctl.errors import UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.analysis.sets.services import ServiceSet


@click.command(short_help="Show who can reach whom, and with what.")
@click.option(
    "--group-by",
    default="profile",
    metavar="WAY",
    shell_complete=values.group_by_values,
    help="profile, label:KEY, class or endpoint.  [default: profile]",
)
@click.option("--focus", metavar="PARTY", help="Only what one of these sends or receives; as --from of trace.")
@service_options
@options.manifest_options
@options.with_datastore_option
@options.output_option(formats.CONNECTIVITY)
@options.connection_options
def command(
    group_by: str,
    focus: str | None,
    services: ServiceSet,
    filenames: tuple[str, ...],
    recursive: bool,
    with_datastore: bool,
    output: formats.SelectedFormat,
    connection: options.ConnectionOptions,
) -> None:
    """Show who can reach whom, and with what.

    The answer is exact: it is worked out for all packets at once, as the agent would judge them. What no row allows
    is denied. Reads manifests with -f, and the datastore without. When there are no endpoints, one stands in for each
    profile.

    Endpoints are grouped by what they have in common. A group whose endpoints are not all treated alike is shown in
    parts, each named by what tells it from the others. `outside` is whatever is no endpoint.

    \b
    Groups by
      profile      the profiles that endpoints have
      label:KEY    the value of a label, with those that profiles give
      class        what is allowed to them: as few groups as can be
      endpoint     each endpoint is one

    \b
    Example:
      calicoctl connectivity -f policies
      calicoctl connectivity -f policies --focus profile:database --protocol tcp
      calicoctl connectivity -f policies -o html > policies.html
    """
    policy_set, basis = policy_sets.load_policy_set(
        filenames, recursive=recursive, with_datastore=with_datastore, connection=connection
    )
    _print_connectivity(policy_set, basis, group_by, focus, services, output)


def _print_connectivity(
    policy_set: PolicySet,
    basis: str,
    group_by: str,
    focus: str | None,
    services: ServiceSet,
    output: formats.SelectedFormat,
) -> None:
    """Print the answer."""
    from calicoctl.analysis.connectivity.grouping import Grouping
    from calicoctl.analysis.connectivity.rows import compute_connectivity
    from calicoctl.console.peers import parse_peer
    from calicoctl.printers.connectivity.result import ConnectivityResult

    mode, label = _parse_group_by(group_by)
    focus_peer = parse_peer(focus, policy_set) if focus else None
    known_endpoints = frozenset(policy_set.endpoints)
    extra_endpoints = (
        [endpoint for endpoint in focus_peer.endpoints if endpoint not in known_endpoints] if focus_peer else []
    )
    result = compute_connectivity(policy_set, Grouping(policy_set, mode, label, extra_endpoints), services, focus_peer)
    text = output.load()(ConnectivityResult(result, group_by, focus or "", services, basis, policy_set.notes))
    current_messages().warn(policy_set.notes)
    results.finish(text, 0)


def _parse_group_by(text: str) -> tuple[str, str]:
    """The way of grouping, and the key of the label."""
    mode, colon, label = text.partition(":")
    if mode == "label" and label:
        return mode, label
    if mode in {"profile", "class", "endpoint"} and not colon:
        return mode, ""
    raise UsageError(f"--group-by {text}: there is no such way (write profile, label:KEY, class or endpoint)")
