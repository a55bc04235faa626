"""All groups: endpoints and everything outside, cut along every difference that a rule or a policy makes.

There are as many groups as there are differences, however many endpoints there are; all that is asked later is asked
once for a group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from calicoctl.analysis.evaluation.address_class import AddressClass, ClassMember, sample_address
from calicoctl.analysis.evaluation.peer_matcher import PeerMatcher
from calicoctl.analysis.evaluation.policy_resolver import EndpointClass, PolicyResolver
from calicoctl.analysis.evaluation.selector_index import SelectorIndex
from calicoctl.analysis.evaluation.stages import EffectivePolicies
from calicoctl.analysis.model.policy_set import Endpoint, PolicySet, Rule
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Address, Network, Partition
from calicoctl.analysis.sets.intervals import Intervals

_NO_SELECTORS: frozenset[int] = frozenset()


class AddressSpace:
    """The groups of endpoints and of everything outside, for the rules that concern them.

    Args:
        policy_set: who decides.
        endpoints: the endpoints of interest; None means all.
        networks: where to cut besides, so that each lies within groups of its own.
    """

    def __init__(
        self, policy_set: PolicySet, endpoints: Sequence[Endpoint] | None = None, networks: Iterable[Network] = ()
    ) -> None:
        self.policy_set = policy_set
        self.endpoints = policy_set.endpoints if endpoints is None else tuple(endpoints)
        self.policy_resolver = PolicyResolver(policy_set)
        endpoint_classes = [self.policy_resolver.resolve(endpoint) for endpoint in self.endpoints]
        self.rules: tuple[Rule, ...] = tuple(self.policy_resolver.relevant_rules(endpoint_classes))
        """The rules of all policies and profiles that govern an endpoint of interest."""
        sides = [side for rule in self.rules for side in (rule.source, rule.destination) if not side.any_address]
        self._selectors = SelectorIndex(
            selector for side in sides for selector in (*side.selectors, *side.not_selectors)
        )
        boundaries = {net for side in sides for net in (*side.networks, *side.not_networks)} | set(networks)
        self._partitions = {version: Partition(version, boundaries) for version in ADDRESS_COUNTS}
        self._selectors_by_class: dict[EndpointClass, frozenset[int]] = {}
        self._by_key: dict[object, AddressClass] = {}
        self.classes: list[AddressClass] = []
        self._build_classes(endpoint_classes)
        self._class_by_address = {
            member.address: address_class
            for address_class in reversed(self.classes)
            for member in address_class.members
            if member.endpoint.addresses
        }
        self.peer_matcher = PeerMatcher(self.classes, self._selectors)

    @property
    def selectors(self) -> SelectorIndex:
        """The selectors of the rules, whose numbers the groups have."""
        return self._selectors

    def class_of(self, address: Address) -> AddressClass | None:
        """The group of an address: of the first endpoint that has it, or of outside.

        None when the address is that of an endpoint that is of no interest.
        """
        if address in self.policy_set.endpoints_by_address:
            return self._class_by_address.get(address)
        part = self._partitions[address.version].part_of(address.value)
        return self._by_key.get((address.version, part, _NO_SELECTORS, None))

    def _build_classes(self, endpoint_classes: Sequence[EndpointClass]) -> None:
        external = self._external_addresses()
        for number, (endpoint, endpoint_class) in enumerate(zip(self.endpoints, endpoint_classes, strict=True)):
            if endpoint.addresses is None:
                self._add_unknown_address(endpoint, endpoint_class, external, number)
            for address in endpoint.addresses or ():
                self._add_member(
                    endpoint,
                    address,
                    self._matching_selectors_at(address, endpoint_class),
                    endpoint_class.effective_policies,
                )
        for version, runs in external.items():
            for part, run in enumerate(runs):
                if run:
                    self._class_for(version, part, _NO_SELECTORS, None).external_addresses = run

    def _external_addresses(self) -> Mapping[int, list[Intervals]]:
        """The addresses of each part of each IP version that are no endpoint's."""
        used: dict[int, list[int]] = {version: [] for version in ADDRESS_COUNTS}
        for address in self.policy_set.endpoints_by_address:
            used[address.version].append(address.value)
        return {version: partition.free_addresses(used[version]) for version, partition in self._partitions.items()}

    def _add_unknown_address(
        self, endpoint: Endpoint, endpoint_class: EndpointClass, external: Mapping[int, list[Intervals]], number: int
    ) -> None:
        """Its address may lie anywhere where no other endpoint is."""
        selector_numbers = self._matching_selectors(endpoint_class) if endpoint.selectable else _NO_SELECTORS
        for version, runs in external.items():
            for run in filter(None, runs):
                self._add_member(
                    endpoint,
                    Address(version, sample_address(version, run, nth=number)),
                    selector_numbers,
                    endpoint_class.effective_policies,
                )

    def _add_member(
        self,
        endpoint: Endpoint,
        address: Address,
        selector_numbers: frozenset[int],
        effective_policies: EffectivePolicies,
    ) -> None:
        part = self._partitions[address.version].part_of(address.value)
        self._class_for(address.version, part, selector_numbers, effective_policies).members.append(
            ClassMember(endpoint, address)
        )

    def _matching_selectors(self, endpoint_class: EndpointClass) -> frozenset[int]:
        if endpoint_class not in self._selectors_by_class:
            self._selectors_by_class[endpoint_class] = self._selectors.matching(endpoint_class.labels)
        return self._selectors_by_class[endpoint_class]

    def _matching_selectors_at(self, address: Address, endpoint_class: EndpointClass) -> frozenset[int]:
        """Rules know endpoints by their addresses: one that two endpoints have is selected where either is."""
        endpoints = self.policy_set.endpoints_by_address.get(address, ())
        if len(endpoints) < 2:
            return self._matching_selectors(endpoint_class)
        return _NO_SELECTORS.union(
            *(self._matching_selectors(self.policy_resolver.resolve(owner)) for owner in endpoints)
        )

    def _class_for(
        self, version: int, part: int, selector_numbers: frozenset[int], effective_policies: EffectivePolicies | None
    ) -> AddressClass:
        key = (version, part, selector_numbers, effective_policies)
        address_class = self._by_key.get(key)
        if address_class is None:
            networks = self._partitions[version].part_networks[part]
            address_class = self._by_key[key] = AddressClass(
                len(self.classes), version, effective_policies, selector_numbers, networks
            )
            self.classes.append(address_class)
        return address_class
