"""All groups: endpoints and everything outside, cut along every difference that a rule or a policy makes.

There are as many groups as there are differences, however many endpoints there are; all that is asked later is asked
once for a group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from calicoctl.analysis.addresses import SIZES, Address, Network, Partition
from calicoctl.analysis.governing import Governing, Shape
from calicoctl.analysis.groups import Group, Member, example_of
from calicoctl.analysis.intervals import Intervals
from calicoctl.analysis.masks import Masks
from calicoctl.analysis.matching import SelectorIndex
from calicoctl.analysis.model import Endpoint, PolicySet, Rule
from calicoctl.analysis.stages import Governance

_NONE: frozenset[int] = frozenset()


class Universe:
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
        self.governing = Governing(policy_set)
        shapes = [self.governing.shape(endpoint) for endpoint in self.endpoints]
        self.rules: tuple[Rule, ...] = tuple(self.governing.rules(shapes))
        """The rules of all policies and profiles that govern an endpoint of interest."""
        sides = [side for rule in self.rules for side in (rule.source, rule.destination) if not side.any_address]
        self._selectors = SelectorIndex(
            selector for side in sides for selector in (*side.selectors, *side.not_selectors)
        )
        cuts = {net for side in sides for net in (*side.networks, *side.not_networks)} | set(networks)
        self._partitions = {version: Partition(version, cuts) for version in SIZES}
        self._selected: dict[Shape, frozenset[int]] = {}
        self._by_key: dict[object, Group] = {}
        self.groups: list[Group] = []
        self._fill(shapes)
        self._of_address = {
            member.address: group
            for group in reversed(self.groups)
            for member in group.members
            if member.endpoint.addresses
        }
        self.masks = Masks(self.groups, self._selectors)

    @property
    def selectors(self) -> SelectorIndex:
        """The selectors of the rules, whose numbers the groups have."""
        return self._selectors

    def at(self, place: Address) -> Group | None:
        """The group of an address: of the first endpoint that has it, or of outside.

        None when the address is that of an endpoint that is of no interest.
        """
        if place in self.policy_set.owners:
            return self._of_address.get(place)
        part = self._partitions[place.version].part_of(place.value)
        return self._by_key.get((place.version, part, _NONE, None))

    def _fill(self, shapes: Sequence[Shape]) -> None:
        free = self._free()
        for number, (endpoint, shape) in enumerate(zip(self.endpoints, shapes, strict=True)):
            if endpoint.addresses is None:
                self._add_unknown(endpoint, shape, free, number)
            for own in endpoint.addresses or ():
                self._add(endpoint, own, self._selected_at(own, shape), shape.governance)
        for version, runs in free.items():
            for part, run in enumerate(runs):
                if run:
                    self._group(version, part, _NONE, None).outside = run

    def _free(self) -> Mapping[int, list[Intervals]]:
        """The addresses of each part of each IP version that are no endpoint's."""
        taken: dict[int, list[int]] = {version: [] for version in SIZES}
        for own in self.policy_set.owners:
            taken[own.version].append(own.value)
        return {version: partition.free(taken[version]) for version, partition in self._partitions.items()}

    def _add_unknown(self, endpoint: Endpoint, shape: Shape, free: Mapping[int, list[Intervals]], number: int) -> None:
        """Its address may lie anywhere where no other endpoint is."""
        selected = self._selected_of(shape) if endpoint.selectable else _NONE
        for version, runs in free.items():
            for run in filter(None, runs):
                self._add(endpoint, Address(version, example_of(version, run, nth=number)), selected, shape.governance)

    def _add(self, endpoint: Endpoint, own: Address, selected: frozenset[int], governance: Governance) -> None:
        part = self._partitions[own.version].part_of(own.value)
        self._group(own.version, part, selected, governance).members.append(Member(endpoint, own))

    def _selected_of(self, shape: Shape) -> frozenset[int]:
        if shape not in self._selected:
            self._selected[shape] = self._selectors.matching(shape.labels)
        return self._selected[shape]

    def _selected_at(self, own: Address, shape: Shape) -> frozenset[int]:
        """Rules know endpoints by their addresses: one that two endpoints have is selected where either is."""
        owners = self.policy_set.owners.get(own, ())
        if len(owners) < 2:
            return self._selected_of(shape)
        return _NONE.union(*(self._selected_of(self.governing.shape(owner)) for owner in owners))

    def _group(self, version: int, part: int, selected: frozenset[int], governance: Governance | None) -> Group:
        key = (version, part, selected, governance)
        group = self._by_key.get(key)
        if group is None:
            networks = self._partitions[version].within[part]
            group = self._by_key[key] = Group(len(self.groups), version, governance, selected, networks)
            self.groups.append(group)
        return group
