"""Partition of all addresses into equivalence classes, along the networks and selectors of rules and the policies.

The number of classes depends on the rules, not on the number of endpoints. Everything else is evaluated once for each
class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass, ClassMember, HostPlace, sample_address
from calicoctl.analysis.evaluation.peer_matcher import PeerMatcher
from calicoctl.analysis.evaluation.policy_resolver import EndpointClass, PolicyResolver
from calicoctl.analysis.evaluation.rule_traits import NO_TRAITS, AddressTraits, RuleTraits
from calicoctl.analysis.evaluation.selector_index import SelectorIndex
from calicoctl.analysis.evaluation.stages import EffectivePolicies
from calicoctl.analysis.model.policy_set import Endpoint, PolicySet, Rule
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Address, Network, Partition, single_address
from calicoctl.analysis.sets.intervals import Intervals


@dataclass(frozen=True, eq=False)
class AddressSpace:
    """Address classes of endpoints and non-endpoints. Create it with `build_address_space`."""

    policy_set: PolicySet
    policy_resolver: PolicyResolver
    rules: tuple[Rule, ...]
    """Rules of all policies and profiles that apply to one of the endpoints."""
    selectors: SelectorIndex
    """Selectors of the rules; classes contain their numbers."""
    classes: Sequence[AddressClass]
    """Address classes in the order of their indexes."""
    peer_matcher: PeerMatcher
    partitions: Mapping[int, Partition]
    """Partition by the networks of the rules, by IP version."""
    classes_by_address: Mapping[Address, AddressClass]
    """Class of the first endpoint with each address."""
    external_classes: Mapping[tuple[int, int], AddressClass]
    """Classes of non-endpoints by IP version and part of the partition."""

    def class_of(self, address: Address) -> AddressClass | None:
        """Return the class of an address; if several endpoints have it, of the first one.

        Returns None for an address of an endpoint that is not among the endpoints of the address space.
        """
        if address in self.policy_set.endpoints_by_address:
            return self.classes_by_address.get(address)
        return self.external_classes.get((address.version, self.partitions[address.version].part_of(address.value)))


def build_address_space(
    policy_set: PolicySet,
    endpoints: Sequence[Endpoint] | None = None,
    networks: Iterable[Network] = (),
    further_rules: Iterable[Rule] = (),
) -> AddressSpace:
    """Compute the address classes.

    Args:
        policy_set: the policies, profiles and all endpoints.
        endpoints: endpoints to compute classes for; None means all.
        networks: additional networks to distinguish: each becomes a union of classes.
        further_rules: additional rules whose sources and destinations become unions of classes.
    """
    endpoints = _evaluated_endpoints(policy_set, endpoints)
    resolver = PolicyResolver(policy_set)
    endpoint_classes = list(map(resolver.resolve, endpoints))
    hosts = map(resolver.resolve, _hosts_of_nodes(policy_set, endpoints))
    rules = tuple(dict.fromkeys((*resolver.relevant_rules([*endpoint_classes, *hosts]), *further_rules)))
    traits = RuleTraits(policy_set, resolver, rules)
    node_addresses = _places_of_nodes(policy_set)
    boundaries = {*traits.networks, *networks, *node_addresses}
    partitions = {version: Partition(version, boundaries) for version in ADDRESS_COUNTS}
    builder = _ClassBuilder(policy_set, traits, partitions)
    builder.add_endpoints(zip(endpoints, endpoint_classes, strict=True))
    external_classes = builder.add_external_classes(node_addresses)
    classes = builder.classes
    return AddressSpace(
        policy_set=policy_set,
        policy_resolver=resolver,
        rules=rules,
        selectors=traits.selectors,
        classes=classes,
        peer_matcher=PeerMatcher(classes, traits.selectors),
        partitions=partitions,
        classes_by_address=_classes_by_address(classes),
        external_classes=external_classes,
    )


def _classes_by_address(classes: Sequence[AddressClass]) -> dict[Address, AddressClass]:
    return {
        member.address: address_class
        for address_class in reversed(classes)
        for member in address_class.members
        if member.endpoint.addresses
    }


def _places_of_nodes(policy_set: PolicySet) -> dict[Network, HostPlace]:
    """Return the addresses of the nodes with host endpoints."""
    return {
        single_address(address): HostPlace(node, is_host=True)
        for node in policy_set.host_nodes.values()
        for address in node.addresses
    }


def _evaluated_endpoints(policy_set: PolicySet, endpoints: Sequence[Endpoint] | None) -> Sequence[Endpoint]:
    """Return the endpoints to compute classes for: neighbor discovery of a node uses addresses of its hosts."""
    if endpoints is None:
        return policy_set.endpoints
    hosts = _hosts_of_nodes(policy_set, endpoints) if policy_set.neighbor_discovery else ()
    return tuple(dict.fromkeys((*endpoints, *hosts)))


def _hosts_of_nodes(policy_set: PolicySet, endpoints: Iterable[Endpoint]) -> Iterator[Endpoint]:
    """Yield the host endpoints of the nodes of endpoints: they decide on the traffic of workloads as well."""
    if policy_set.host_nodes:
        for name in {endpoint.node for endpoint in endpoints} & policy_set.host_nodes.keys():
            yield from policy_set.host_nodes[name].hosts


class _MemberKind(NamedTuple):
    """Properties that are the same for all addresses of an endpoint."""

    effective_policies: EffectivePolicies | None
    place: HostPlace | None


class _ClassBuilder:
    def __init__(
        self,
        policy_set: PolicySet,
        traits: RuleTraits,
        partitions: Mapping[int, Partition],
    ) -> None:
        self._policy_set = policy_set
        self._traits = traits
        self._partitions = partitions
        self._classes_by_key: dict[object, AddressClass] = {}
        self.classes: list[AddressClass] = []
        self._external_addresses = self._addresses_of_non_endpoints()

    def _addresses_of_non_endpoints(self) -> Mapping[int, list[Intervals]]:
        """Return the addresses that no endpoint has, by IP version and part of the partition."""
        used: dict[int, list[int]] = {version: [] for version in ADDRESS_COUNTS}
        for address in self._policy_set.endpoints_by_address:
            used[address.version].append(address.value)
        return {version: partition.free_addresses(used[version]) for version, partition in self._partitions.items()}

    def add_endpoints(self, endpoints: Iterable[tuple[Endpoint, EndpointClass]]) -> None:
        """Add a member for each address of the endpoints."""
        for number, (endpoint, endpoint_class) in enumerate(endpoints):
            place = HostPlace.of_endpoint(endpoint, self._policy_set.host_nodes)
            kind = _MemberKind(endpoint_class.effective_policies, place)
            if endpoint.addresses is None:
                traits = self._traits.of_endpoint(endpoint, endpoint_class)
                for address in self._possible_addresses(number):
                    self._add_member(ClassMember(endpoint, address), traits, kind)
            for address in endpoint.addresses or ():
                traits = self._traits.of_address(address, endpoint, endpoint_class)
                self._add_member(ClassMember(endpoint, address), traits, kind)

    def add_external_classes(
        self, node_addresses: Mapping[Network, HostPlace]
    ) -> Mapping[tuple[int, int], AddressClass]:
        """Add the classes of non-endpoints; return them by IP version and part of the partition.

        Args:
            node_addresses: addresses of nodes with host endpoints.
        """
        result = {}
        for version, parts in self._external_addresses.items():
            for part, addresses in enumerate(parts):
                if addresses:
                    networks = self._partitions[version].part_networks[part]
                    place = next((node_addresses[net] for net in networks if net in node_addresses), None)
                    kind = _MemberKind(None, place)
                    external_class = result[version, part] = self._class_for(version, part, NO_TRAITS, kind)
                    external_class.external_addresses = addresses
        return result

    def _possible_addresses(self, number: int) -> Iterable[Address]:
        """Yield a sample address from each part, for an endpoint of unknown address: any free address is possible."""
        for version, parts in self._external_addresses.items():
            for addresses in filter(None, parts):
                yield Address(version, sample_address(version, addresses, nth=number))

    def _add_member(self, member: ClassMember, traits: AddressTraits, kind: _MemberKind) -> None:
        version, value = member.address
        part = self._partitions[version].part_of(value)
        self._class_for(version, part, traits, kind).members.append(member)

    def _class_for(self, version: int, part: int, traits: AddressTraits, kind: _MemberKind) -> AddressClass:
        networks = self._partitions[version].part_networks[part]
        traits = traits.with_selectors(self._traits.of_networks(networks))
        key = (version, part, traits, kind)
        address_class = self._classes_by_key.get(key)
        if address_class is None:
            address_class = AddressClass(
                len(self.classes),
                version,
                kind.effective_policies,
                traits.selector_numbers,
                networks,
                kind.place,
                named_ports=traits.named_ports,
            )
            self._classes_by_key[key] = address_class
            self.classes.append(address_class)
        return address_class
