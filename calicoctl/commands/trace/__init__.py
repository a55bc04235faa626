"""trace: show whether traffic between two peers is allowed, and the deciding rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from calicoctl.commands.trace.flows import print_flows
from calicoctl.console import options, policy_sets, results
from calicoctl.console.completion.peers import peers
from calicoctl.console.flow_files import check_flows_file, flows_option
from calicoctl.console.messages import current_messages
from calicoctl.console.options.services import service_options
from calicoctl.errors import ExitCode, UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.analysis.sets.services import ServiceSet


@click.command(short_help="Show whether traffic is allowed, and the deciding rules.")
@click.option("--from", "source", metavar="PEER", shell_complete=peers, help="Source of the traffic.")
@click.option("--to", "destination", metavar="PEER", shell_complete=peers, help="Destination of the traffic.")
@flows_option
@service_options
@options.interface_option
@options.file_arguments
@options.with_datastore_option
@options.output_option(formats.FLOWS)
@options.connection_options
def command(
    source: str | None,
    destination: str | None,
    flows: str | None,
    services: ServiceSet,
    interface: str | None,
    filenames: tuple[str, ...],
    recursive: bool,
    with_datastore: bool,
    output: formats.SelectedFormat,
    connection: options.ConnectionOptions,
) -> None:
    """Show whether traffic is allowed, and the deciding rules.

    Evaluates policy as the agent does; nothing is sent. Without FILE and -f, the datastore is read. If there are no
    endpoints, each profile has a placeholder endpoint.

    --flows decides on each flow of a file: CSV with a header such as from,to,protocol,port, JSON lines with the same
    fields, flow logs of Calico in JSON, or the output of calico-node -flows. An unknown address is outside. Invalid
    lines are errors, after the decisions on the others.

    \b
    A PEER is one of
      NAME or KIND/NODE/...      endpoint
      profile:NAME               endpoints with a profile, or a placeholder with it
      selector:SELECTOR          endpoints that match a selector
      labels:KEY=VALUE,...       planned endpoint with these labels; add ,profile=NAME for its profile
      10.0.0.1, 10.0.0.0/8       address or network
      outside                    all addresses of non-endpoints

    If the decision depends on the interface of a node with host endpoints, it is shown for each interface.

    The exit code is 0 if all of the traffic is allowed, and 1 otherwise. Traffic between non-endpoints is an error: no
    policy applies to it.

    \b
    Example:
      calicoctl trace --from profile:frontend --to profile:database --protocol tcp --port 3306
      calicoctl trace --flows flows.csv -o csv
    """
    peer_names = _check_question(source, destination, flows, services)
    if flows is not None:
        check_flows_file(flows, filenames)
    policy_set, basis = policy_sets.load_policy_set(
        filenames, recursive=recursive, with_datastore=with_datastore, connection=connection
    )
    policy_set = policy_sets.select_interface(policy_set, interface)
    if flows is not None:
        print_flows(policy_set, basis, flows, output)
    else:
        _print_trace(policy_set, basis, peer_names, services, formats.TRACE.select(output.name))


def _check_question(
    source: str | None, destination: str | None, flows: str | None, services: ServiceSet
) -> tuple[str, str]:
    """Return `--from` and `--to`.

    Raises:
        UsageError: they are missing, or combined with `--flows`.
    """
    from calicoctl.analysis.sets.services import ALL_SERVICES

    if flows is not None and (source or destination or services is not ALL_SERVICES):
        raise UsageError("--flows cannot be combined with --from, --to and options of services (its lines have them)")
    if flows is None and not (source and destination):
        missing = " and ".join(name for name, value in (("--from", source), ("--to", destination)) if not value)
        raise UsageError(f"missing {missing} (write --from PEER --to PEER, or --flows FILE)")
    return source or "", destination or ""


def _print_trace(
    policy_set: PolicySet, basis: str, peers: tuple[str, str], services: ServiceSet, output: formats.SelectedFormat
) -> None:
    """Trace the traffic and print the result."""
    from calicoctl.analysis.trace.traffic import TooManyCasesError, trace_traffic
    from calicoctl.console.peers import parse_peer
    from calicoctl.printers.trace import TraceQuery

    source, destination = peers
    try:
        result = trace_traffic(
            policy_set, parse_peer(source, policy_set), parse_peer(destination, policy_set), services
        )
    except TooManyCasesError as error:
        raise UsageError(f"{error} (select fewer endpoints, or one protocol and port)") from None
    if not result.cases:
        raise UsageError(_no_traffic_message(source, destination))
    if result.outside_only:
        raise UsageError(_outside_message(source, destination, policy_set))
    current_messages().warn(policy_set.notes)
    query = TraceQuery(source, destination, services, basis, policy_set.notes)
    code = 0 if result.verdict == "allowed" else ExitCode.FINDINGS
    results.finish(output.load()(query, result), code, output)


def _no_traffic_message(source: str, destination: str) -> str:
    if source == destination:
        return f"traffic from {source} to itself does not pass the agent (name another destination)"
    return f"no packets from {source} to {destination}: they have no common IP version, or are the same endpoint"


def _outside_message(source: str, destination: str, policy_set: PolicySet) -> str:
    remedy = "name an endpoint, or one of its addresses"
    if policy_set.has_placeholders:
        remedy = "no addresses of endpoints are known: write profile:NAME, or add the endpoints"
    return f"no policy applies: neither {source} nor {destination} contains an endpoint ({remedy})"
