"""Common address classes of two policy sets: addresses that the rules of neither side distinguish.

Each class is the intersection of a class of one side and a class of the other. It has the same index on both sides, so
a bitset of classes contains the same addresses on both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from calicoctl.analysis.evaluation.address_class import AddressClass, ClassMember, sample_address
from calicoctl.analysis.evaluation.address_space import AddressSpace, build_address_space
from calicoctl.analysis.evaluation.peer_matcher import PeerMatcher
from calicoctl.analysis.model.policy_set import Endpoint, PolicySet
from calicoctl.analysis.semantic_diff.align import AlignedSets
from calicoctl.analysis.sets import intervals
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Address, Network
from calicoctl.analysis.sets.intervals import Intervals, contains

_ClassRange = tuple[int, int, AddressClass]


class PartitionSide:
    """Common classes with the policies and selectors of one side; a `MatchContext` for the rules of that side."""

    def __init__(self, policy_set: PolicySet, address_space: AddressSpace, classes: Sequence[AddressClass]) -> None:
        self.policy_set = policy_set
        self.classes = classes
        """Common classes by index, with the policies and selectors of this side."""
        self.policy_resolver = address_space.policy_resolver
        self.selector_index = address_space.selectors
        self.peer_matcher = PeerMatcher(classes, address_space.selectors)

    @cached_property
    def _classes_by_address(self) -> dict[Address, AddressClass]:
        return {member.address: each for each in reversed(self.classes) for member in each.members}

    def class_of(self, address: Address) -> AddressClass | None:
        """Return the class of an address of an endpoint or of a non-endpoint."""
        external = (
            each
            for each in self.classes
            if each.version == address.version and contains(each.external_addresses, address.value)
        )
        return self._classes_by_address.get(address) or next(external, None)


class Refinement:
    """Common address classes of two policy sets with the same endpoints."""

    def __init__(self, aligned: AlignedSets) -> None:
        endpoints: list[tuple[Endpoint, ...]] = [tuple(pair[side] for pair in aligned.pairs) for side in (0, 1)]
        self._endpoints = endpoints
        self._address_spaces = (
            build_address_space(aligned.before, endpoints[0]),
            build_address_space(aligned.after, endpoints[1]),
        )
        self._classes: dict[tuple[AddressClass, AddressClass], tuple[AddressClass, AddressClass]] = {}
        self.possible_addresses: dict[int, Intervals] = {}
        """Possible addresses of the endpoints of a class, by its index, if their addresses are unknown."""
        self._add_known()
        self._add_outside()
        sides: list[list[AddressClass]] = [[pair[side] for pair in self._classes.values()] for side in (0, 1)]
        self.before = PartitionSide(aligned.before, self._address_spaces[0], sides[0])
        self.after = PartitionSide(aligned.after, self._address_spaces[1], sides[1])

    @property
    def class_count(self) -> int:
        """Number of common classes."""
        return len(self._classes)

    def _class_pair(self, before: AddressClass, after: AddressClass) -> tuple[AddressClass, AddressClass]:
        """Return the common class of a class of each side, as both sides see it; create it if necessary."""
        pair = self._classes.get((before, after))
        if pair is None:
            number, networks = len(self._classes), before.networks | after.networks
            pair = self._classes[before, after] = (
                replace(before, index=number, networks=networks, members=[], external_addresses=()),
                replace(after, index=number, networks=networks, members=[], external_addresses=()),
            )
        return pair

    def _add_known(self) -> None:
        """Add the endpoints with known addresses; these are the same on both sides."""
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
                # Host endpoints with addresses that are not compared decide on their node as well.
                if member.endpoint.addresses is not None and member.endpoint in numbers:
                    yield (numbers[member.endpoint], member.address), member, address_class

    def _add_outside(self) -> None:
        """Add external addresses, and endpoints with unknown addresses, which may have any of them."""
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
        """Return the classes of endpoints with unknown addresses, by endpoint index, IP version and networks."""
        numbers = {endpoint: number for number, endpoint in enumerate(self._endpoints[side])}
        return {
            (numbers[endpoint], address_class.version, address_class.networks): address_class
            for (endpoint, _), classes in unknown_address_classes(self._address_spaces[side].classes).items()
            if endpoint
            for address_class in classes
        }

    def _overlaps(self, version: int) -> dict[tuple[AddressClass, AddressClass], Intervals]:
        """Return classes of both sides with common external addresses, and these addresses."""
        before_ranges, after_ranges = (
            iter(_class_ranges(address_space, version)) for address_space in self._address_spaces
        )
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
    """Return the ranges of external addresses in ascending order, each with its class."""
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
        key=lambda class_range: class_range[0],
    )


def unknown_address_classes(
    classes: Iterable[AddressClass],
) -> dict[tuple[Endpoint | None, int], list[AddressClass]]:
    """Return the classes of each endpoint with unknown addresses, and of non-endpoints (None), by IP version.

    Endpoints come before non-endpoints.
    """
    external: dict[tuple[Endpoint | None, int], list[AddressClass]] = {}
    result: dict[tuple[Endpoint | None, int], list[AddressClass]] = {}
    for address_class in classes:
        for endpoint, _ in address_class.members:
            if endpoint.addresses is None:
                result.setdefault((endpoint, address_class.version), []).append(address_class)
        if address_class.external_addresses:
            external.setdefault((None, address_class.version), []).append(address_class)
    return result | external
