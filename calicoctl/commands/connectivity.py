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
    from collections.abc import Mapping

    from calicoctl.analysis import Endpoint, Peer, PolicySet
    from calicoctl.analysis.connectivity.grouping import Grouping
    from calicoctl.analysis.exposure.exposure import Exposure
    from calicoctl.analysis.exposure.new_endpoints import NewEndpoints
    from calicoctl.analysis.sets.services import ServiceSet
    from calicoctl.printers.connectivity.result import ConnectivityResult


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
@click.option(
    "--exposure",
    is_flag=True,
    help="Show traffic with endpoints that do not exist yet, and the labels they need for it.",
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
    exposure: bool,
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
    allows; --interface selects one interface. --exposure shows traffic with endpoints that do not exist yet instead:
    the labels, and the profiles and networks if they matter.

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
      calicoctl connectivity policies --exposure --focus profile:database
    """
    policy_set, basis = policy_sets.load_policy_set(
        filenames, recursive=recursive, with_datastore=with_datastore, connection=connection
    )
    policy_set = policy_sets.select_interface(policy_set, interface)
    _print(_compute(policy_set, group_by, focus, services, basis, exposure=exposure), output)


def _print(result: ConnectivityResult, output: formats.SelectedFormat) -> None:
    text = output.load()(result)
    current_messages().warn(result.notes)
    results.finish(text, 0, output)


def _compute(
    policy_set: PolicySet, group_by: str, focus: str | None, services: ServiceSet, basis: str, *, exposure: bool
) -> ConnectivityResult:
    """Return the allowed traffic between existing endpoints, or with endpoints that do not exist yet."""
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
    if not (policy_set.endpoints or extra_endpoints or (exposure and policy_set.policies)):
        raise UsageError(f"nothing to show: no endpoint or profile exists ({basis})")
    grouping = Grouping(policy_set, mode, label, extra_endpoints)
    new_endpoints: Mapping[Endpoint, NewEndpoints] | None = None
    if exposure:
        found = _compute_exposure(policy_set, grouping, services, focus_peer)
        connectivity, new_endpoints = found.connectivity, found.new_endpoints
        basis = f"{basis}; {found.assumption}"
    else:
        connectivity = compute_connectivity(policy_set, grouping, services, focus_peer)
    notes = (*policy_set.notes, *connectivity.notes)
    width = terminal_width()
    return ConnectivityResult(connectivity, group_by, focus or "", services, basis, notes, width, new_endpoints)


def _compute_exposure(policy_set: PolicySet, grouping: Grouping, services: ServiceSet, focus: Peer | None) -> Exposure:
    from calicoctl.analysis.exposure.decision_diagram import ExposureLimit
    from calicoctl.analysis.exposure.exposure import compute_exposure

    try:
        return compute_exposure(policy_set, grouping, services, focus)
    except ExposureLimit as error:
        raise UsageError(f"--exposure: {error} (restrict the result by --focus, --protocol or --port)") from None


def _parse_group_by(text: str) -> tuple[str, str]:
    """Return the grouping and the key of the label."""
    mode, colon, label = text.partition(":")
    if mode == "label" and label:
        return mode, label
    if mode in {"profile", "class", "endpoint"} and not colon:
        return mode, ""
    raise UsageError(f"--group-by {text}: unknown grouping (write profile, label:KEY, class or endpoint)")
