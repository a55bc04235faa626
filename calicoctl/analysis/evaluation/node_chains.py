"""Chains of the interfaces and workloads of a node with host endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain

from calicoctl.analysis.evaluation.address_class import HostPlace
from calicoctl.analysis.evaluation.host_chains import Chain, InterfaceChains, interface_chains, workload_chain
from calicoctl.analysis.evaluation.packet_path import WorkloadChains
from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.evaluation.stages import EffectivePolicies
from calicoctl.analysis.model.host_interface import HostInterface, HostNode
from calicoctl.analysis.model.policy_set import DIRECTIONS, PolicySet, Rule


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

    def possible_interfaces(self, place: HostPlace, *, needs_discovery: bool = False) -> list[InterfaceChains]:
        """Return the interfaces that traffic of a place with remote peers may use, each with different chains.

        Args:
            place: the place.
            needs_discovery: whether the traffic needs neighbor discovery, which the normal policy of an interface
                decides on.
        """
        if self._policy_set.interface:
            return [self.of_interface(self._node.interface_named(self._policy_set.interface))]
        if place.host:
            return [self.of_interface(self._node.interface_of(place.host))]
        chains = map(self.of_interface, self._node.interfaces)
        if place.is_host:
            return list(chains)
        return [
            *{
                (
                    each.interface
                    if each.forward_chains or (needs_discovery and each.interface.effective_endpoint)
                    else None
                ): each
                for each in chains
            }.values()
        ]

    def alternative_name(self, place: HostPlace, interface: HostInterface, *, needs_discovery: bool) -> str:
        """Return the name of the possible interface with the decisions of an interface, see `possible_interfaces`."""
        possible = self.possible_interfaces(place, needs_discovery=needs_discovery)
        own = (each for each in possible if each.interface.endpoint is interface.endpoint)
        without_effect = (each for each in possible if not each.forward_chains)
        return next(chain(own, without_effect), possible[-1]).interface.name

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
