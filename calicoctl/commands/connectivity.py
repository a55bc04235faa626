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
    from calicoctl.analysis import Peer, PolicySet
    from calicoctl.analysis.connectivity.explanation import ExplainedPair
    from calicoctl.analysis.connectivity.grouping import Grouping
    from calicoctl.analysis.connectivity.rows import Connectivity
    from calicoctl.analysis.exposure.exposure import Exposure
    from calicoctl.analysis.sets.services import ServiceSet

_EXPLAINED_FORMATS = frozenset(("text", "json"))
_MAX_EXPLAINED_PAIRS = 2500


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
@click.option("--explain", is_flag=True, help="With text and JSON: deciding rules of all traffic, also denied traffic.")
@click.option(
    "--exposure", is_flag=True, help="Traffic with endpoints that do not exist yet, and the labels they need for it."
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
    explain: bool,
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
    `outside` is all addresses of non-endpoints. Rows contain traffic that any interface of a node allows.

    \b
    Groupings
      profile      profiles of the endpoint
      label:KEY    value of a label, including labels from profiles
      class        allowed traffic: the smallest number of groups
      endpoint     one group for each endpoint

    \b
    Example:
      calicoctl connectivity -f policies --focus profile:database --protocol tcp --explain
      calicoctl connectivity policies --exposure --focus profile:database
    """
    policy_set, basis = policy_sets.load_policy_set(
        filenames, recursive=recursive, with_datastore=with_datastore, connection=connection
    )
    policy_set = policy_sets.select_interface(policy_set, interface)
    _print_connectivity(policy_set, basis, group_by, focus, services, output, explain=explain, exposure=exposure)


def _print_connectivity(
    policy_set: PolicySet,
    basis: str,
    group_by: str,
    focus: str | None,
    services: ServiceSet,
    output: formats.SelectedFormat,
    *,
    explain: bool,
    exposure: bool,
) -> None:
    """Print the allowed traffic of a policy set."""
    from calicoctl.analysis.connectivity.grouping import Grouping
    from calicoctl.analysis.connectivity.rows import compute_connectivity
    from calicoctl.console.peers import parse_peer
    from calicoctl.printers.connectivity.result import ConnectivityResult

    if explain and exposure:
        raise UsageError("--explain cannot be combined with --exposure")
    if explain and output.name not in _EXPLAINED_FORMATS:
        raise UsageError(f"--explain requires -o text or json (found -o {output.name})")
    mode, label = _parse_group_by(group_by)
    focus_peer = parse_peer(focus, policy_set) if focus else None
    known_endpoints = frozenset(policy_set.endpoints)
    extra_endpoints = (
        [endpoint for endpoint in focus_peer.endpoints if endpoint not in known_endpoints] if focus_peer else []
    )
    if not (policy_set.endpoints or extra_endpoints or (exposure and policy_set.policies)):
        raise UsageError(f"nothing to show: no endpoint or profile exists ({basis})")
    grouping = Grouping(policy_set, mode, label, extra_endpoints)
    found = _compute_exposure(policy_set, grouping, services, focus_peer) if exposure else None
    result = found.connectivity if found else compute_connectivity(policy_set, grouping, services, focus_peer)
    basis, new_endpoints = (f"{basis}; {found.assumption}", found.new_endpoints) if found else (basis, None)
    notes = (*policy_set.notes, *result.notes)
    explanation = _explain(result, services) if explain else None
    shown = ConnectivityResult(result, group_by, focus or "", services, basis, notes, terminal_width())
    text = output.load()(shown._replace(explanation=explanation, new_endpoints=new_endpoints))
    current_messages().warn(notes)
    results.finish(text, 0, output)


def _compute_exposure(policy_set: PolicySet, grouping: Grouping, services: ServiceSet, focus: Peer | None) -> Exposure:
    from calicoctl.analysis.exposure.decision_diagram import ExposureLimit
    from calicoctl.analysis.exposure.exposure import compute_exposure

    try:
        return compute_exposure(policy_set, grouping, services, focus)
    except ExposureLimit as error:
        raise UsageError(f"--exposure: {error} (restrict the result by --focus, --protocol or --port)") from None


def _explain(connectivity: Connectivity, services: ServiceSet) -> list[ExplainedPair]:
    """Return the decisions for each pair of groups.

    Raises:
        UsageError: too many pairs or cases.
    """
    from calicoctl.analysis.connectivity.explanation import explain_connectivity, pairs_of_groups
    from calicoctl.analysis.trace.traffic import TooManyCasesError

    remedy = "use --focus, one protocol and port, or --group-by profile"
    if (count := sum(1 for _ in pairs_of_groups(connectivity))) > _MAX_EXPLAINED_PAIRS:
        raise UsageError(
            f"--explain: {count:,} pairs of groups exceed the limit of {_MAX_EXPLAINED_PAIRS:,} ({remedy})"
        )
    try:
        return list(explain_connectivity(connectivity, services))
    except TooManyCasesError as error:
        raise UsageError(f"--explain: {error} ({remedy})") from None


def _parse_group_by(text: str) -> tuple[str, str]:
    """Return the grouping and the key of the label."""
    mode, colon, label = text.partition(":")
    if mode == "label" and label:
        return mode, label
    if mode in {"profile", "class", "endpoint"} and not colon:
        return mode, ""
    raise UsageError(f"--group-by {text}: unknown grouping (write profile, label:KEY, class or endpoint)")
