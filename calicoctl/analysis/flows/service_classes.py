"""Services of flows, reduced to the different ones for rules: flows of a client differ in their source ports only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable

from calicoctl.analysis.flows.flow import Flow
from calicoctl.analysis.model.named_port import EndpointPort
from calicoctl.analysis.model.policy_set import EntityRule, PolicySet
from calicoctl.analysis.sets.intervals import Intervals
from calicoctl.analysis.sets.services import PAIR_PROTOCOLS, ServiceSet, services_of_protocol
from calicoctl.kinds.values.protocols import PORT_PROTOCOLS


class ServiceClasses:
    """Services as the sets that rules cannot distinguish from them.

    Args:
        policy_sets: the policy sets whose rules matter.
    """

    def __init__(self, policy_sets: Iterable[PolicySet]) -> None:
        sources: set[int] = {0}
        destinations: set[int] = {0}
        has_hosts = False
        for policy_set in policy_sets:
            has_hosts = has_hosts or bool(policy_set.host_nodes)
            named_ports = {port for endpoint in policy_set.endpoints for port in endpoint.ports}
            for rule in (rule for owner in policy_set.rule_owners for rule in owner.all_rules):
                sources |= _port_bounds(rule.source, named_ports)
                destinations |= _port_bounds(rule.destination, named_ports)
        if has_hosts:  # nodes with host endpoints also evaluate replies, in which the ports are exchanged
            sources = destinations = sources | destinations
        self._bounds = (sorted(sources), sorted(destinations))
        self._services: dict[tuple[int, int | None, int | None], ServiceSet] = {}

    def services_of(self, flow: Flow) -> ServiceSet:
        """Return one service that represents the flow, or all that it may have if its record is incomplete."""
        first, second = flow.first, flow.second
        if flow.protocol in PORT_PROTOCOLS:
            first = None if first is None else _lower_bound(self._bounds[0], first)
            second = None if second is None else _lower_bound(self._bounds[1], second)
        elif flow.protocol not in PAIR_PROTOCOLS:
            first = second = None
        key = (flow.protocol, first, second)
        if key not in self._services:
            self._services[key] = services_of_protocol(flow.protocol, _interval(first), _interval(second))
        return self._services[key]


def _port_bounds(side: EntityRule, named_ports: Collection[EndpointPort]) -> set[int]:
    """Return the bounds of the ports that a side of a rule distinguishes; a name is any port with that name."""
    names = (bound for name in side.all_named_ports for bound in name.ports_of(named_ports))
    return {*(side.ports or ()), *(side.not_ports or ()), *names}


def _lower_bound(bounds: list[int], number: int) -> int:
    return bounds[bisect_right(bounds, number) - 1]


def _interval(number: int | None) -> Intervals | None:
    return None if number is None else (number, number + 1)
