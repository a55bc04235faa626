"""trace: show whether traffic between two peers is allowed, and the deciding rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from calicoctl.commands.trace.endpoint import print_endpoint
from calicoctl.commands.trace.flows import print_flows
from calicoctl.commands.trace.question import TraceQuestion, question_options
from calicoctl.console import options, policy_sets, results
from calicoctl.console.messages import current_messages
from calicoctl.errors import ExitCode, UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet


@click.command()
@question_options
@options.interface_option
@options.file_arguments
@options.with_datastore_option
@options.output_option(formats.FLOWS)
@options.connection_options
def command(
    question: TraceQuestion,
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

    --flows decides on each flow of a file: CSV with a header such as from,to,protocol,port, JSON lines, or flow logs.
    --endpoint shows the policies and profiles of one endpoint, without the rules that match none of its traffic.

    \b
    A PEER is one of
      NAME or KIND/NODE/...      endpoint
      NAMESPACE/POD              endpoints of a pod, or of all pods with a prefix: shop/web-*
      profile:NAME               endpoints with a profile, or a placeholder with it
      selector:SELECTOR          endpoints that match a selector
      labels:KEY=VALUE,...       planned endpoint with these labels; add ,profile=NAME for its profile
      10.0.0.1, 10.0.0.0/8       address or network
      outside                    all addresses of non-endpoints

    If the decision depends on the interface of a node, it is shown for each interface. The exit code is 0 if all of the
    traffic is allowed, and 1 otherwise. Traffic between non-endpoints is an error: no policy applies to it.

    \b
    Example:
      calicoctl trace --from profile:frontend --to profile:database --protocol tcp --port 3306
      calicoctl trace --flows flows.csv -o csv
    """
    policy_set, basis = policy_sets.load_policy_set(
        filenames, recursive=recursive, with_datastore=with_datastore, connection=connection
    )
    _print_answer(policy_sets.select_interface(policy_set, interface), basis, question, output)


def _print_answer(policy_set: PolicySet, basis: str, question: TraceQuestion, output: formats.SelectedFormat) -> None:
    if question.flows:
        print_flows(policy_set, basis, question.flows, output)
    elif question.endpoint:
        print_endpoint(policy_set, basis, question.endpoint, output)
    else:
        _print_trace(policy_set, basis, question, formats.TRACE.select(output.name))


def _print_trace(policy_set: PolicySet, basis: str, question: TraceQuestion, output: formats.SelectedFormat) -> None:
    """Trace the traffic and print the result."""
    from calicoctl.analysis.trace.traffic import TooManyCasesError, trace_traffic
    from calicoctl.console.peers import parse_peer
    from calicoctl.printers.trace import TraceQuery

    source, destination, services = question.source, question.destination, question.services
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
    query = TraceQuery(source, destination, services, basis, policy_set.notes, question.summary)
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
