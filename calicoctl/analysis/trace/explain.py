"""Trace of one packet through the rules, in the order of the agent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.neighbor_discovery import NEIGHBOR_DISCOVERY, DeniedDiscovery
from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.evaluation.route import Route
from calicoctl.analysis.evaluation.stages import (
    DefaultDecision,
    EffectivePolicies,
    final_default,
    normal_stages,
)
from calicoctl.analysis.model.host_interface import HostInterface
from calicoctl.analysis.model.policy_set import Direction, Endpoint, PolicySet, Rule
from calicoctl.analysis.sets.addresses import Address
from calicoctl.analysis.trace.discovery import discovery_policies
from calicoctl.analysis.trace.node_walk import NodeLocator, NodeWalk, needs_neighbor_discovery
from calicoctl.analysis.trace.packet_match import Packet
from calicoctl.analysis.trace.rule_walk import RuleWalk, TriedPolicy


@dataclass(frozen=True)
class DirectionTrace:
    """Trace of one direction: egress of the source, or ingress of the destination."""

    direction: Direction
    endpoint: Endpoint | None
    """Endpoint whose policy decides; None for a non-endpoint, which has no policy."""
    tried: tuple[TriedPolicy, ...]
    decided_by: Rule | DefaultDecision
    action: Literal["allow", "deny"]
    interface: str = ""
    """Interface of the node that the packet uses, if the decision depends on it."""
    alternatives: tuple[DirectionTrace, ...] = ()
    """Decisions if the packet uses another interface, if the decision depends on it."""

    @property
    def depends_on_interface(self) -> bool:
        """Whether only some interfaces allow the packet."""
        return len({self.action, *(trace.action for trace in self.alternatives)}) > 1

    @property
    def host(self) -> Endpoint | None:
        """Host endpoint whose policy decides; None for the policy of a workload."""
        if self.endpoint and self.endpoint.host:
            return self.endpoint
        return self.deciding_policy.host if self.deciding_policy else None

    @property
    def not_allowing(self) -> tuple[TriedPolicy, ...]:
        """Policies and profiles that apply to the endpoint, were tried, and do not allow the packet.

        It is empty if the packet is allowed. A policy after the deciding rule is not tried.
        """
        tried = self.tried if self.action == "deny" else ()
        return tuple(each for each in tried if each.reached and each.owner and not each.allows)

    @property
    def deciding_policy(self) -> TriedPolicy | None:
        """Policy of the deciding rule; None for a default decision."""
        deciding = [each for each in self.tried if any(rule is self.decided_by for rule, _ in each.rules)]
        return deciding[-1] if deciding else None


class DiscoveryEvaluation(Protocol):
    """Evaluation of IPv6 neighbor discovery under a policy set."""

    @property
    def policy_resolver(self) -> PolicyResolver:
        """Resolver of the policies of endpoints."""

    def class_of(self, address: Address) -> AddressClass | None:
        """Return the address class of an address."""

    def denied_discovery(
        self, interface: HostInterface, own: AddressClass | None = None
    ) -> tuple[DeniedDiscovery, ...]:
        """Return the messages that an interface denies."""


class Explainer:
    """Traces packets under a policy set.

    Args:
        policy_set: the policies, profiles and endpoints.
        discovery: evaluation of neighbor discovery; without it, neighbors are static.
    """

    def __init__(self, policy_set: PolicySet, discovery: DiscoveryEvaluation | None = None) -> None:
        self._policy_set = policy_set
        self._discovery = discovery
        self._policy_resolver = discovery.policy_resolver if discovery else PolicyResolver(policy_set)
        self._nodes = NodeLocator(policy_set, self._policy_resolver)

    def trace_direction(
        self, packet: Packet, direction: Direction, interface: HostInterface | None = None
    ) -> DirectionTrace:
        """Return the decision of the source (egress) or the destination (ingress) on a packet.

        If it depends on the interface that the packet uses, the first interface that allows the packet is returned,
        with the others as alternatives. An interface of the node of that end restricts the packet to it.
        """
        routes = self._nodes.routes(packet, direction, interface)
        if routes:
            return _merge_traces([self._trace_route(packet, route) for route in routes])
        endpoint = packet.endpoint(direction)
        if endpoint is None:
            return DirectionTrace(direction, None, (), DefaultDecision.OUTSIDE, "allow")
        policies = self._policy_resolver.resolve(endpoint).effective_policies.policies
        effective_policies = EffectivePolicies(policies, endpoint.profiles, endpoint.host)
        stages = normal_stages(effective_policies, self._policy_set.profiles, direction)
        walk = RuleWalk(packet)
        tried = tuple(policy for stage in stages for policy in walk.run(stage))
        return DirectionTrace(direction, endpoint, tried, walk.decided_by or final_default(stages), walk.action)

    def _trace_route(self, packet: Packet, route: Route) -> DirectionTrace:
        name = route.interface.interface.name
        endpoint = packet.endpoint(route.direction)
        if denied := self._denied_discovery(packet, route):
            tried = tuple(discovery_policies(denied, route, self._policy_set))
            return DirectionTrace(route.direction, endpoint, tried, DefaultDecision.NEIGHBOR_DISCOVERY, "deny", name)
        walk = NodeWalk(packet, route)
        return DirectionTrace(route.direction, endpoint, tuple(walk.tried), walk.decided_by, walk.action, name)

    def _denied_discovery(self, packet: Packet, route: Route) -> DeniedDiscovery | None:
        """Return a message of neighbor discovery that is denied on the interface of a packet that needs it."""
        own = packet.source if route.direction == "egress" else packet.destination
        if (
            self._discovery is None
            or route.location != "remote"
            or not needs_neighbor_discovery(self._policy_set, own)
            or packet.service in NEIGHBOR_DISCOVERY
        ):
            return None
        own_class = None if route.workload else self._discovery.class_of(own.address)
        return next(iter(self._discovery.denied_discovery(route.interface.interface, own_class)), None)


def _merge_traces(traces: list[DirectionTrace]) -> DirectionTrace:
    """Return the trace of the first interface that allows the packet, with the others if they differ."""
    chosen = next((trace for trace in traces if trace.action == "allow"), traces[0])
    if len({(trace.decided_by, trace.action) for trace in traces}) == 1:
        return replace(chosen, interface="")
    return replace(chosen, alternatives=tuple(trace for trace in traces if trace is not chosen))
