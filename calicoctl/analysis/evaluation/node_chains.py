"""Chains of a node with host endpoints, and the path that packets take by the location of their peers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Literal, NamedTuple

from calicoctl.analysis.evaluation.address_class import HostPlace
from calicoctl.analysis.evaluation.host_chains import Chain, InterfaceChains, interface_chains, workload_chain
from calicoctl.analysis.evaluation.packet_path import Flow, PacketPath, Walker, WorkloadChains
from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.evaluation.stages import DefaultDecision, EffectivePolicies
from calicoctl.analysis.model.host_interface import HostInterface, HostNode
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, PolicySet, Rule

PeerLocation = Literal["own node", "own workload", "remote"]
"""Location of a peer: the node itself, a workload of the node, or elsewhere."""


class NodeChains:
    """Chains of the interfaces and workloads of a node."""

    def __init__(self, node: HostNode, resolver: PolicyResolver, policy_set: PolicySet) -> None:
        self._node = node
        self._resolver = resolver
        self._policy_set = policy_set
        self._chains: dict[HostInterface, InterfaceChains] = {}

    def of_interface(self, interface: HostInterface) -> InterfaceChains:
        """Return the chains of an interface."""
        if interface not in self._chains:
            self._chains[interface] = interface_chains(interface, self._resolver, self._policy_set)
        return self._chains[interface]

    def of_workload(self, policies: EffectivePolicies) -> WorkloadChains:
        """Return the chains of workloads with these policies."""
        own = {direction: workload_chain(policies, self._policy_set.profiles, direction) for direction in DIRECTIONS}
        return WorkloadChains(own, self.of_interface(self._node.other_interface))

    def possible_interfaces(self, place: HostPlace, interface: HostInterface | None) -> list[InterfaceChains]:
        """Return the interfaces that traffic of a place with remote peers may use, each with different chains.

        Args:
            place: the place.
            interface: the interface of all traffic; None if it is unknown.
        """
        if interface:
            return [self.of_interface(interface)]
        if place.host:
            return [self.of_interface(self._node.interface_of(place.host))]
        chains = map(self.of_interface, self._node.interfaces)
        if place.is_host:
            return list(chains)
        return [*{(each.interface if each.forward_chains else None): each for each in chains}.values()]

    @cached_property
    def address_dependent_rules(self) -> tuple[Rule, ...]:
        """Rules of the host endpoints with criteria for addresses."""
        rules = (rule for chain in self._all_chains() for stage in chain.stages for rule in stage.rules)
        return tuple({rule: None for rule in rules if not (rule.source.any_address and rule.destination.any_address)})

    def _all_chains(self) -> Iterator[Chain]:
        interfaces: Iterable[HostInterface] = (
            *self._node.interfaces,
            *map(self._node.interface_of, self._node.hosts),
            self._node.loopback,
        )
        for interface in dict.fromkeys(interfaces):
            yield from self.of_interface(interface).chains


class Route(NamedTuple):
    """Route of packets between a place on a node and its peers."""

    direction: Direction
    """Direction of the requests, as seen from the place."""
    location: PeerLocation
    """Location of the peers."""
    interface: InterfaceChains
    """Interface of the node that the packets use, if the peers are not its workloads."""
    workload: WorkloadChains | None
    """Chains of the workload of the place; None if the place is the node itself."""


def run_path(walker: Walker[Flow], flow: Flow, route: Route) -> None:
    """Run packets along a route; the walker runs the chains and records the decisions."""
    path = PacketPath(walker, route.direction, route.interface)
    if route.workload is None:
        _run_path_of_node(walker, path, flow, route)
    elif route.location == "remote":
        path.of_workload(flow, route.workload)
    elif route.location == "own node" and route.direction == "ingress":
        walker.allow(flow, DefaultDecision.NOT_ENFORCED)
    elif route.direction == "ingress":
        for part in path.enter_workload([flow], route.workload):
            walker.allow(part)
    else:
        for part in path.leave_workload([flow], route.workload):
            if route.location == "own node":
                walker.deny(part, DefaultDecision.TO_HOST)
            else:
                walker.allow(part)


def _run_path_of_node(walker: Walker[Flow], path: PacketPath[Flow], flow: Flow, route: Route) -> None:
    """Run the packets of a node itself. No policy applies to its traffic with its workloads, nor within the node."""
    has_policy = route.location == "remote" or route.interface.interface.effective_endpoint is not None
    if route.location == "own workload" or not has_policy:
        walker.allow(flow, DefaultDecision.NOT_ENFORCED)
    else:
        path.of_host(flow)
