"""Classes: addresses that the rules of neither of two policy sets tell apart.

Each class is a group of one side that is a group of the other side too; it has the same number on both sides, so that
sets of classes mean the same on both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calicoctl.analysis.evaluation.address_class import AddressClass, ClassMember, sample_address
from calicoctl.analysis.evaluation.address_space import AddressSpace, build_address_space
from calicoctl.analysis.evaluation.peer_matcher import PeerMatcher
from calicoctl.analysis.model.policy_set import Endpoint, PolicySet
from calicoctl.analysis.semantic_diff.align import AlignedSets
from calicoctl.analysis.sets import intervals
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Address, Network
from calicoctl.analysis.sets.intervals import Intervals

_ClassRange = tuple[int, int, AddressClass]


class PartitionSide:
    """What one side makes of the classes: the place of a `Universe` for the rules of that side."""

    def __init__(self, policy_set: PolicySet, address_space: AddressSpace, classes: Sequence[AddressClass]) -> None:
        self.policy_set = policy_set
        self.classes = classes
        """The classes with what this side has to say about them, by their numbers."""
        self.selector_index = address_space.selectors
        self.peer_matcher = PeerMatcher(classes, address_space.selectors)


class Refinement:
    """The classes of two sides that have the same endpoints."""

    def __init__(self, aligned: AlignedSets) -> None:
        endpoints: list[tuple[Endpoint, ...]] = [tuple(pair[side] for pair in aligned.pairs) for side in (0, 1)]
        self._endpoints = endpoints
        self._address_spaces = (
            build_address_space(aligned.before, endpoints[0]),
            build_address_space(aligned.after, endpoints[1]),
        )
        self._classes: dict[tuple[AddressClass, AddressClass], tuple[AddressClass, AddressClass]] = {}
        self.possible_addresses: dict[int, Intervals] = {}
        """Where the addresses of a class may lie, when they are not known, by its number."""
        self._add_known()
        self._add_outside()
        sides: list[list[AddressClass]] = [[pair[side] for pair in self._classes.values()] for side in (0, 1)]
        self.before = PartitionSide(aligned.before, self._address_spaces[0], sides[0])
        self.after = PartitionSide(aligned.after, self._address_spaces[1], sides[1])

    @property
    def class_count(self) -> int:
        """How many classes there are."""
        return len(self._classes)

    def _class_pair(self, before: AddressClass, after: AddressClass) -> tuple[AddressClass, AddressClass]:
        """The class of addresses that are in a group of each side, on both sides."""
        pair = self._classes.get((before, after))
        if pair is None:
            networks = before.networks | after.networks
            pair = self._classes[before, after] = (
                AddressClass(
                    len(self._classes), before.version, before.effective_policies, before.selector_numbers, networks
                ),
                AddressClass(
                    len(self._classes), before.version, after.effective_policies, after.selector_numbers, networks
                ),
            )
        return pair

    def _add_known(self) -> None:
        """Endpoints at their addresses: these are the same on both sides."""
        after_classes = {position: address_class for position, _, address_class in self._known_members(1)}
        for position, member, address_class in self._known_members(0):
            endpoint_index, address = position
            before_class, after_class = self._class_pair(address_class, after_classes[position])
            before_class.members.append(member)
            after_class.members.append(ClassMember(self._endpoints[1][endpoint_index], address))

    def _known_members(self, side: int) -> Iterator[tuple[tuple[int, Address], ClassMember, AddressClass]]:
        numbers = {endpoint: number for number, endpoint in enumerate(self._endpoints[side])}
        for address_class in self._address_spaces[side].classes:
            for member in address_class.members:
                if member.endpoint.addresses is not None:
                    yield (numbers[member.endpoint], member.address), member, address_class

    def _add_outside(self) -> None:
        """What is no endpoint's on both sides; endpoints of unknown addresses may be anywhere there."""
        unknown_address_classes = [self._unknown_address_classes(side) for side in (0, 1)]
        unknown_endpoints = [
            endpoint_index for endpoint_index, endpoint in enumerate(self._endpoints[0]) if endpoint.addresses is None
        ]
        overlaps = [(version, *each) for version in ADDRESS_COUNTS for each in self._overlaps(version).items()]
        for version, (before_class, after_class), ranges in overlaps:
            for endpoint_index in unknown_endpoints:
                address = Address(version, sample_address(version, ranges, nth=endpoint_index))
                endpoint_classes = self._class_pair(
                    unknown_address_classes[0][endpoint_index, version, before_class.networks],
                    unknown_address_classes[1][endpoint_index, version, after_class.networks],
                )
                self.possible_addresses[endpoint_classes[0].index] = ranges
                for address_class, endpoints in zip(endpoint_classes, self._endpoints, strict=True):
                    address_class.members.append(ClassMember(endpoints[endpoint_index], address))
        for _, pair, ranges in overlaps:
            for address_class in self._class_pair(*pair):
                address_class.external_addresses = ranges

    def _unknown_address_classes(self, side: int) -> dict[tuple[int, int, frozenset[Network]], AddressClass]:
        """The groups of endpoints of unknown addresses, by the networks that these are in."""
        numbers = {endpoint: number for number, endpoint in enumerate(self._endpoints[side])}
        return {
            (numbers[member.endpoint], address_class.version, address_class.networks): address_class
            for address_class in self._address_spaces[side].classes
            for member in address_class.members
            if member.endpoint.addresses is None
        }

    def _overlaps(self, version: int) -> dict[tuple[AddressClass, AddressClass], Intervals]:
        """Groups of both sides that have addresses in common which are no endpoint's, and these addresses."""
        before_ranges, after_ranges = (iter(_class_ranges(universe, version)) for universe in self._address_spaces)
        ranges_by_pair: dict[tuple[AddressClass, AddressClass], list[tuple[int, int]]] = {}
        before_range, after_range = next(before_ranges, None), next(after_ranges, None)
        while before_range and after_range:
            start, end = max(before_range[0], after_range[0]), min(before_range[1], after_range[1])
            if start < end:
                ranges_by_pair.setdefault((before_range[2], after_range[2]), []).append((start, end))
            if before_range[1] < after_range[1]:
                before_range = next(before_ranges, None)
            else:
                after_range = next(after_ranges, None)
        return {pair: intervals.union(runs) for pair, runs in ranges_by_pair.items()}


def _class_ranges(address_space: AddressSpace, version: int) -> list[_ClassRange]:
    """The runs of addresses that are no endpoint's, in their order, each with its group."""
    outside = (
        address_class
        for address_class in address_space.classes
        if address_class.version == version and address_class.external_addresses
    )
    return sorted(
        (
            (start, end, address_class)
            for address_class in outside
            for start, end in intervals.iter_ranges(address_class.external_addresses)
        ),
        key=_range_start,
    )


def _range_start(class_range: _ClassRange) -> int:
    return class_range[0]
