"""trace: what becomes of traffic from one party to another, and by which rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from calicoctl.console import options, policy_sets, results
from calicoctl.console.messages import current_messages
from calicoctl.console.options.services import service_options
from calicoctl.errors import UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.analysis.sets.services import ServiceSet

_EXIT_DENIED = 1
"""The exit code when not everything that was asked for is allowed."""


@click.command(short_help="Tell whether traffic is allowed, and which rules decide.")
@click.option("--from", "source", required=True, metavar="PARTY", help="Who sends; see above.")
@click.option("--to", "destination", required=True, metavar="PARTY", help="Who receives; see above.")
@service_options
@options.manifest_options
@options.with_datastore_option
@options.output_option(formats.TRACE)
@options.connection_options
def command(
    source: str,
    destination: str,
    services: ServiceSet,
    filenames: tuple[str, ...],
    recursive: bool,
    with_datastore: bool,
    output: formats.SelectedFormat,
    connection: options.ConnectionOptions,
) -> None:
    """Tell whether traffic is allowed, and which rules decide.

    Judges as the agent would, without sending anything. Reads manifests with -f, and the datastore without. When
    there are no endpoints, one stands in for each profile.

    \b
    A PARTY is one of
      NAME or KIND/NODE/...      an endpoint
      profile:NAME               the endpoints with a profile, or one that has it
      selector:SELECTOR          the endpoints that a selector selects
      labels:KEY=VALUE,...       an endpoint that is not there yet, with ,profile=NAME if it has one
      10.0.0.1, 10.0.0.0/8       an address, a network
      outside                    whatever is no endpoint

    The exit code is 0 when all of it is allowed, and 1 when some or all is denied.

    \b
    Example:
      calicoctl trace --from profile:frontend --to profile:database --protocol tcp --port 3306
    """
    policy_set, basis = policy_sets.load_policy_set(
        filenames, recursive=recursive, with_datastore=with_datastore, connection=connection
    )
    _print_trace(policy_set, basis, (source, destination), services, output)


def _print_trace(
    policy_set: PolicySet, basis: str, peers: tuple[str, str], services: ServiceSet, output: formats.SelectedFormat
) -> None:
    """Print the answer."""
    from calicoctl.analysis.trace.traffic import TooManyCasesError, trace_traffic
    from calicoctl.console.peers import parse_peer
    from calicoctl.printers.trace import TraceQuery

    source, destination = peers
    try:
        result = trace_traffic(
            policy_set, parse_peer(source, policy_set), parse_peer(destination, policy_set), services
        )
    except TooManyCasesError as error:
        raise UsageError(f"{error} (ask about fewer endpoints, or about one protocol and port)") from None
    if not result.cases:
        raise UsageError(_no_traffic_message(source, destination))
    current_messages().warn(policy_set.notes)
    query = TraceQuery(source, destination, services, basis, policy_set.notes)
    code = 0 if result.verdict == "allowed" else _EXIT_DENIED
    results.finish(output.load()(query, result), code)


def _no_traffic_message(source: str, destination: str) -> str:
    if source == destination:
        return f"what {source} sends to itself never comes to the agent (name another destination)"
    return f"no packet goes from {source} to {destination}: they have no IP version in common, or are one endpoint"
