"""Classes: addresses that the rules of neither of two policy sets tell apart.

Each class is a group of one side that is a group of the other side too; it has the same number on both sides, so that
sets of classes mean the same on both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calicoctl.analysis import intervals
from calicoctl.analysis.addresses import SIZES, Address, Network
from calicoctl.analysis.comparison.alignment import Aligned
from calicoctl.analysis.groups import Group, Member, example_of
from calicoctl.analysis.intervals import Intervals
from calicoctl.analysis.masks import Masks
from calicoctl.analysis.model import Endpoint, PolicySet
from calicoctl.analysis.universe import Universe

_Run = tuple[int, int, Group]


class Face:
    """What one side makes of the classes: the place of a `Universe` for the rules of that side."""

    def __init__(self, policy_set: PolicySet, universe: Universe, groups: Sequence[Group]) -> None:
        self.policy_set = policy_set
        self.groups = groups
        """The classes with what this side has to say about them, by their numbers."""
        self.selectors = universe.selectors
        self.masks = Masks(groups, universe.selectors)


class Refinement:
    """The classes of two sides that have the same endpoints."""

    def __init__(self, aligned: Aligned) -> None:
        endpoints: list[tuple[Endpoint, ...]] = [tuple(pair[side] for pair in aligned.pairs) for side in (0, 1)]
        self._endpoints = endpoints
        self._universes = (Universe(aligned.before, endpoints[0]), Universe(aligned.after, endpoints[1]))
        self._classes: dict[tuple[Group, Group], tuple[Group, Group]] = {}
        self.room: dict[int, Intervals] = {}
        """Where the addresses of a class may lie, when they are not known, by its number."""
        self._add_known()
        self._add_outside()
        sides: list[list[Group]] = [[pair[side] for pair in self._classes.values()] for side in (0, 1)]
        self.before = Face(aligned.before, self._universes[0], sides[0])
        self.after = Face(aligned.after, self._universes[1], sides[1])

    @property
    def size(self) -> int:
        """How many classes there are."""
        return len(self._classes)

    def _class(self, one: Group, other: Group) -> tuple[Group, Group]:
        """The class of addresses that are in a group of each side, on both sides."""
        found = self._classes.get((one, other))
        if found is None:
            networks = one.networks | other.networks
            found = self._classes[one, other] = (
                Group(len(self._classes), one.version, one.governance, one.selected_by, networks),
                Group(len(self._classes), one.version, other.governance, other.selected_by, networks),
            )
        return found

    def _add_known(self) -> None:
        """Endpoints at their addresses: these are the same on both sides."""
        placed = {place: group for place, _, group in self._placed(1)}
        for place, member, group in self._placed(0):
            number, own = place
            one, other = self._class(group, placed[place])
            one.members.append(member)
            other.members.append(Member(self._endpoints[1][number], own))

    def _placed(self, side: int) -> Iterator[tuple[tuple[int, Address], Member, Group]]:
        numbers = {endpoint: number for number, endpoint in enumerate(self._endpoints[side])}
        for group in self._universes[side].groups:
            for member in group.members:
                if member.endpoint.addresses is not None:
                    yield (numbers[member.endpoint], member.address), member, group

    def _add_outside(self) -> None:
        """What is no endpoint's on both sides; endpoints of unknown addresses may be anywhere there."""
        homes = [self._homes(side) for side in (0, 1)]
        wandering = [number for number, endpoint in enumerate(self._endpoints[0]) if endpoint.addresses is None]
        meetings = [(version, *each) for version in SIZES for each in self._meeting(version).items()]
        for version, (one, other), run in meetings:
            for number in wandering:
                own = Address(version, example_of(version, run, nth=number))
                inside = self._class(homes[0][number, version, one.networks], homes[1][number, version, other.networks])
                self.room[inside[0].index] = run
                for group, endpoints in zip(inside, self._endpoints, strict=True):
                    group.members.append(Member(endpoints[number], own))
        for _, pair, run in meetings:
            for group in self._class(*pair):
                group.outside = run

    def _homes(self, side: int) -> dict[tuple[int, int, frozenset[Network]], Group]:
        """The groups of endpoints of unknown addresses, by the networks that these are in."""
        numbers = {endpoint: number for number, endpoint in enumerate(self._endpoints[side])}
        return {
            (numbers[member.endpoint], group.version, group.networks): group
            for group in self._universes[side].groups
            for member in group.members
            if member.endpoint.addresses is None
        }

    def _meeting(self, version: int) -> dict[tuple[Group, Group], Intervals]:
        """Groups of both sides that have addresses in common which are no endpoint's, and these addresses."""
        one, other = (iter(_runs(universe, version)) for universe in self._universes)
        found: dict[tuple[Group, Group], list[tuple[int, int]]] = {}
        first, second = next(one, None), next(other, None)
        while first and second:
            start, end = max(first[0], second[0]), min(first[1], second[1])
            if start < end:
                found.setdefault((first[2], second[2]), []).append((start, end))
            if first[1] < second[1]:
                first = next(one, None)
            else:
                second = next(other, None)
        return {pair: intervals.union(runs) for pair, runs in found.items()}


def _runs(universe: Universe, version: int) -> list[_Run]:
    """The runs of addresses that are no endpoint's, in their order, each with its group."""
    outside = (group for group in universe.groups if group.version == version and group.outside)
    return sorted(
        ((start, end, group) for group in outside for start, end in intervals.runs(group.outside)), key=_start
    )


def _start(run: _Run) -> int:
    return run[0]
