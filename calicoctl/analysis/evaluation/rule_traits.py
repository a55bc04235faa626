"""Traits of addresses that rules match in addition to networks: labels of endpoints and network sets, named ports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from calicoctl.analysis.evaluation.policy_resolver import EndpointClass, PolicyResolver
from calicoctl.analysis.evaluation.selector_index import SelectorIndex
from calicoctl.analysis.model.named_port import OwnedPort
from calicoctl.analysis.model.policy_set import Endpoint, PolicySet, Rule
from calicoctl.analysis.sets.addresses import Address, Network


class AddressTraits(NamedTuple):
    """Traits of an address."""

    selector_numbers: frozenset[int] = frozenset()
    """Numbers of the selectors that match it."""
    named_ports: frozenset[OwnedPort] = frozenset()
    """Its ports whose names rules have."""

    def with_selectors(self, selector_numbers: frozenset[int]) -> AddressTraits:
        """Return the traits with more matching selectors."""
        return self._replace(selector_numbers=self.selector_numbers | selector_numbers) if selector_numbers else self


NO_TRAITS: Final = AddressTraits()


class RuleTraits:
    """Selectors and named ports of some rules, and the traits of addresses that they match.

    Args:
        policy_set: the policies, profiles and all endpoints.
        resolver: resolver of the labels of endpoints.
        rules: the rules.
    """

    def __init__(self, policy_set: PolicySet, resolver: PolicyResolver, rules: Iterable[Rule]) -> None:
        self._policy_set = policy_set
        self._resolver = resolver
        sides = [side for rule in rules for side in (rule.source, rule.destination)]
        self.selectors = SelectorIndex(selector for side in sides for selector in side.effective_selectors)
        """Selectors of the rules."""
        self._port_names = {port.name for side in sides for port in side.all_named_ports}
        self._traits_by_class: dict[EndpointClass, AddressTraits] = {}
        self.set_selectors: Mapping[Network, frozenset[int]] = self._network_set_selectors()
        """Selectors that match network sets, by the networks of these."""
        self.networks = {net for side in sides for net in (*side.networks, *side.not_networks)} | {*self.set_selectors}
        """Networks that the rules distinguish."""

    def _network_set_selectors(self) -> dict[Network, frozenset[int]]:
        result: dict[Network, frozenset[int]] = {}
        for network_set in self._policy_set.network_sets:
            if numbers := self.selectors.matching(self._policy_set.labels_of(network_set)):
                for net in network_set.networks:
                    result[net] = result.get(net, frozenset()) | numbers
        return result

    def of_networks(self, networks: Iterable[Network]) -> frozenset[int]:
        """Return the selectors that match the network sets with some networks."""
        if not self.set_selectors:
            return NO_TRAITS.selector_numbers
        return NO_TRAITS.selector_numbers.union(*(self.set_selectors.get(net, ()) for net in networks))

    def of_endpoint(self, endpoint: Endpoint, endpoint_class: EndpointClass) -> AddressTraits:
        """Return the traits of an address that only this endpoint has."""
        if not endpoint.selectable:
            return NO_TRAITS
        traits = self._traits_by_class.get(endpoint_class)
        if traits is None:
            traits = AddressTraits(self.selectors.matching(endpoint_class.labels))
            self._traits_by_class[endpoint_class] = traits
        if not (endpoint.ports and self._port_names):
            return traits
        ports = (port for port in endpoint.ports if port.name in self._port_names)
        owned = frozenset(OwnedPort(port, traits.selector_numbers) for port in ports)
        return traits._replace(named_ports=owned)

    def of_address(self, address: Address, endpoint: Endpoint, endpoint_class: EndpointClass) -> AddressTraits:
        """Return the traits of an address of an endpoint: the agent matches it if any endpoint with it matches."""
        owners = self._policy_set.endpoints_by_address.get(address, ())
        if len(owners) < 2:
            return self.of_endpoint(endpoint, endpoint_class)
        traits = [self.of_endpoint(owner, self._resolver.resolve(owner)) for owner in owners]
        return AddressTraits(
            frozenset().union(*(each.selector_numbers for each in traits)),
            frozenset().union(*(each.named_ports for each in traits)),
        )
