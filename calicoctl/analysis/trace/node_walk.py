"""Path of one packet and its reply through a node with host endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from calicoctl.analysis.evaluation.address_class import HostPlace
from calicoctl.analysis.evaluation.host_chains import Chain
from calicoctl.analysis.evaluation.node_chains import NodeChains
from calicoctl.analysis.evaluation.packet_path import ChainResult
from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.evaluation.route import PeerLocation, Route, run_path
from calicoctl.analysis.evaluation.stages import DefaultDecision, EffectivePolicies
from calicoctl.analysis.model.host_interface import HostInterface, HostNode
from calicoctl.analysis.model.policy_set import Direction, PolicySet, Rule
from calicoctl.analysis.sets.addresses import Address
from calicoctl.analysis.sets.replies import reply_to
from calicoctl.analysis.sets.services import ServiceSet
from calicoctl.analysis.trace.packet_match import Packet, PacketEnd
from calicoctl.analysis.trace.rule_walk import RuleWalk, TriedPolicy

_Decider = Rule | DefaultDecision
_Flow = tuple[_Decider]
"""Rule or default that allows the packet so far."""


class NodeWalk:
    """Walker of one packet along a route; the results are its attributes."""

    def __init__(self, packet: Packet, route: Route) -> None:
        self._packet = packet
        self.tried: list[TriedPolicy] = []
        """Policies that were tried, in the order of the agent."""
        self.decided_by: _Decider = DefaultDecision.NO_HOST_ENDPOINT
        self.action: Literal["allow", "deny"] = "deny"
        run_path(self, (DefaultDecision.NO_HOST_ENDPOINT,), route)

    def run_chain(self, flow: _Flow, chain: Chain, *, reply: bool) -> ChainResult[_Flow]:
        """Run a chain; see `Walker`."""
        packet = _reply_packet(self._packet) if reply else self._packet
        if packet is None or packet.service in chain.failsafe:
            allowed: list[_Flow] = [(DefaultDecision.FAILSAFE,)] if packet and chain.final else []
            return ChainResult(allowed, [] if allowed else [flow])
        walk = RuleWalk(packet, chain.host, reply=reply)
        for stage in chain.stages:
            self.tried += walk.run(stage)
        decided_by = walk.decided_by or chain.final
        if decided_by is None:
            return ChainResult([], [flow])
        if walk.action == "deny":
            self.decided_by = decided_by
            return ChainResult([], [])
        is_decisive = not reply and not chain.is_forward
        return ChainResult([(decided_by,) if is_decisive else flow], [])

    def split(self, flow: _Flow, services: ServiceSet) -> tuple[list[_Flow], list[_Flow]]:
        """Split a flow by the service of the packet; see `Walker`."""
        return ([flow], []) if self._packet.service in services else ([], [flow])

    def allow(self, flow: _Flow, reason: DefaultDecision | None = None) -> None:
        """Record that the packet is allowed; see `Walker`."""
        self.decided_by, self.action = reason or flow[0], "allow"

    def deny(self, flow: _Flow, reason: DefaultDecision) -> None:  # noqa: ARG002  # a packet has one flow
        """Record that the packet is denied by default."""
        self.decided_by = reason


def _reply_packet(packet: Packet) -> Packet | None:
    service = reply_to(packet.service)
    return Packet(packet.destination, packet.source, service) if service else None


class NodeLocator:
    """Locates the ends of packets on nodes with host endpoints.

    Args:
        policy_set: the policies, profiles and endpoints.
        resolver: resolver of the policies of endpoints.
    """

    def __init__(self, policy_set: PolicySet, resolver: PolicyResolver) -> None:
        self._policy_set = policy_set
        self._resolver = resolver
        self._chains: dict[HostNode, NodeChains] = {}
        self._node_addresses: Mapping[Address, HostNode] = {
            address: node for node in policy_set.host_nodes.values() for address in node.addresses
        }

    def routes(self, packet: Packet, direction: Direction, interface: HostInterface | None = None) -> list[Route]:
        """Return the possible routes of a packet at its source (egress) or destination (ingress).

        The list is empty if that end is not on a node with host endpoints. An interface restricts it to this one.
        """
        ends = (packet.source, packet.destination)
        own, peer = ends if direction == "egress" else ends[::-1]
        place = self._place_of(own)
        if place is None:
            return []
        if place.node not in self._chains:
            self._chains[place.node] = NodeChains(place.node, self._resolver, self._policy_set)
        chains = self._chains[place.node]
        workload = None
        if own.endpoint and not place.is_host:
            policies = self._resolver.resolve(own.endpoint).effective_policies.policies
            workload = chains.of_workload(EffectivePolicies(policies, own.endpoint.profiles, host=False))
        location = _location(place, self._place_of(peer))
        if location != "remote":
            return [Route(direction, location, chains.of_interface(place.node.loopback), workload)]
        if interface:
            return [Route(direction, location, chains.of_interface(interface), workload)]
        needs_discovery = needs_neighbor_discovery(self._policy_set, own)
        interfaces = chains.possible_interfaces(place, needs_discovery=needs_discovery)
        return [Route(direction, location, each, workload) for each in interfaces]

    def _place_of(self, end: PacketEnd) -> HostPlace | None:
        if end.endpoint:
            return HostPlace.of_endpoint(end.endpoint, self._policy_set.host_nodes)
        node = self._node_addresses.get(end.address)
        return HostPlace(node, is_host=True) if node else None


def needs_neighbor_discovery(policy_set: PolicySet, own: PacketEnd) -> bool:
    """Return whether packets of an end need neighbor discovery: with an IPv6 address that is known."""
    is_known = own.endpoint is None or bool(own.endpoint.addresses)
    return policy_set.neighbor_discovery and own.address.version == 6 and is_known


def _location(place: HostPlace, peer: HostPlace | None) -> PeerLocation:
    if peer is None or peer.node is not place.node:
        return "remote"
    return "own node" if peer.is_host else "own workload"
