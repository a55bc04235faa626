"""connectivity: print the allowed traffic between named groups of endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from calicoctl.console import options, policy_sets, results
from calicoctl.console.completion import words
from calicoctl.console.completion.peers import peers
from calicoctl.console.messages import current_messages
from calicoctl.console.options.services import service_options
from calicoctl.console.terminal import terminal_width
from calicoctl.errors import UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.analysis.sets.services import ServiceSet


@click.command()
@click.option(
    "--group-by",
    default="profile",
    metavar="GROUPING",
    shell_complete=words.group_by_values,
    help="Grouping of endpoints: profile, label:KEY, class or endpoint.  [default: profile]",
)
@click.option(
    "--focus", metavar="PEER", shell_complete=peers, help="Only traffic from and to this peer (as in trace --from)."
)
@service_options
@options.interface_option
@options.file_arguments
@options.with_datastore_option
@options.output_option(formats.CONNECTIVITY)
@options.connection_options
def command(
    group_by: str,
    focus: str | None,
    services: ServiceSet,
    interface: str | None,
    filenames: tuple[str, ...],
    recursive: bool,
    with_datastore: bool,
    output: formats.SelectedFormat,
    connection: options.ConnectionOptions,
) -> None:
    """Show the allowed traffic between endpoints.

    The result is exact for all packets. Traffic that is not in any row is denied. Without FILE and -f, the datastore is
    read. If there are no endpoints, each profile has a placeholder endpoint.

    If policy treats the endpoints of a group differently, the group is shown in parts, named by their differences.
    `outside` is all addresses of non-endpoints. Rows contain traffic that any interface of a node with host endpoints
    allows; --interface selects one interface.

    \b
    Groupings
      profile      profiles of the endpoint
      label:KEY    value of a label, including labels from profiles
      class        allowed traffic: the smallest number of groups
      endpoint     one group for each endpoint

    \b
    Example:
      calicoctl connectivity policies
      calicoctl connectivity -f policies --focus profile:database --protocol tcp
      calicoctl connectivity -f policies -o html > policies.html
    """
    policy_set, basis = policy_sets.load_policy_set(
        filenames, recursive=recursive, with_datastore=with_datastore, connection=connection
    )
    policy_set = policy_sets.select_interface(policy_set, interface)
    _print_connectivity(policy_set, basis, group_by, focus, services, output)


def _print_connectivity(
    policy_set: PolicySet,
    basis: str,
    group_by: str,
    focus: str | None,
    services: ServiceSet,
    output: formats.SelectedFormat,
) -> None:
    """Print the allowed traffic of a policy set."""
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
    if not (policy_set.endpoints or extra_endpoints):
        raise UsageError(f"nothing to show: no endpoint or profile exists ({basis})")
    result = compute_connectivity(policy_set, Grouping(policy_set, mode, label, extra_endpoints), services, focus_peer)
    notes = (*policy_set.notes, *result.notes)
    shown = ConnectivityResult(result, group_by, focus or "", services, basis, notes, terminal_width())
    text = output.load()(shown)
    current_messages().warn(notes)
    results.finish(text, 0, output)


def _parse_group_by(text: str) -> tuple[str, str]:
    """Return the grouping and the key of the label."""
    mode, colon, label = text.partition(":")
    if mode == "label" and label:
        return mode, label
    if mode in {"profile", "class", "endpoint"} and not colon:
        return mode, ""
    raise UsageError(f"--group-by {text}: unknown grouping (write profile, label:KEY, class or endpoint)")
