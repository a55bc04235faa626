"""trace --endpoint: show the policies and profiles that apply to one endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calicoctl.console import results
from calicoctl.console.messages import current_messages
from calicoctl.errors import UsageError
from calicoctl.name_list import count_noun, join_limited
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet

_MAX_NAMES_IN_MESSAGE = 3


def print_endpoint(policy_set: PolicySet, basis: str, name: str, output: formats.SelectedFormat) -> None:
    """Print the policies and profiles of an endpoint, in the order of the agent.

    Raises:
        UsageError: the name is not of one endpoint.
    """
    from calicoctl.analysis.trace.endpoint_rules import decisions_elsewhere, endpoint_rules
    from calicoctl.console.peers import parse_peer
    from calicoctl.printers.endpoint_rules import EndpointQuery

    selected = formats.ENDPOINT_RULES.select(output.name)
    endpoints = parse_peer(name, policy_set).endpoints
    if len(endpoints) != 1:
        names = f": {join_limited([each.name for each in endpoints], _MAX_NAMES_IN_MESSAGE)}" if endpoints else ""
        raise UsageError(f"--endpoint {name}: {count_noun(len(endpoints), 'endpoint')}{names} (name one endpoint)")
    directions = endpoint_rules(policy_set, endpoints[0])
    notes = (*policy_set.notes, *decisions_elsewhere(policy_set, endpoints[0], directions))
    current_messages().warn(notes)
    query = EndpointQuery(endpoints[0].name, basis, notes)
    results.print_result(selected.load()(query, directions), selected)
