"""What traffic two policy sets treat differently: gained and lost, as exact blocks of classes, each with who decides.

A packet is gained when it is allowed after and was not before, lost the other way round. Only the halves that differ
are multiplied out, with what the other half lets through; halves that are the same are not even worked out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from calicoctl.analysis.bitsets import bitset, members
from calicoctl.analysis.comparison.refinement import Refinement
from calicoctl.analysis.comparison.sameness import Sameness
from calicoctl.analysis.firstmatch import FirstMatch, Outcome
from calicoctl.analysis.model import Direction, Rule
from calicoctl.analysis.relation import Block
from calicoctl.analysis.services import ServiceSet
from calicoctl.analysis.stages import End

Sort = Literal["gained", "lost"]
When = Literal["before", "after", "both"]
Allowed = Mapping[int, ServiceSet]
"""Peers, and the services that are allowed with each of them; no peer is in two of the sets."""


@dataclass(frozen=True)
class Shift:
    """Traffic that is gained or lost because other rules than before decide on one half of it."""

    sort: Sort
    direction: Direction
    """The half that differs. Where both do it is the egress."""
    before: Rule | End
    """What decides on this half before."""
    after: Rule | End
    blocks: tuple[Block, ...]


class _Half(NamedTuple):
    """Who decides on a half before and after."""

    before: Rule | End
    after: Rule | End


_Parts = dict[tuple[int, ServiceSet], int]
"""Peers and services, and the classes that a half differs for with these."""


class Difference:
    """The difference that it makes to have the rules of the one side or of the other."""

    def __init__(self, refinement: Refinement) -> None:
        self._faces = (refinement.before, refinement.after)
        self._matches = tuple(map(FirstMatch, self._faces))
        self._sameness = Sameness(*self._faces)
        self._size = refinement.size
        self._both: dict[tuple[Outcome, Outcome], Allowed] = {}
        self._differing = {direction: self._changed(direction) for direction in _DIRECTIONS}
        self._touched = {direction: _union(found.values()) for direction, found in self._differing.items()}

    def shifts(self) -> Iterator[Shift]:
        """All traffic that is gained or lost; every packet of it is in one block."""
        for sort in _SORTS:
            for direction in _DIRECTIONS:
                for half, parts in self._halves(sort, direction).items():
                    if blocks := tuple(self._blocks(sort, direction, parts)):
                        yield Shift(sort, direction, *half, blocks)

    def _outcome(self, number: int, direction: Direction, side: int) -> Outcome:
        return self._matches[side].outcome(self._faces[side].groups[number], direction)

    def _changed(self, direction: Direction) -> dict[tuple[Outcome, Outcome], int]:
        """The outcomes before and after that allow different things, and the classes that have them."""
        found: dict[tuple[Outcome, Outcome], list[int]] = {}
        for number in range(self._size):
            if not self._sameness.same(number, direction):
                pair = (self._outcome(number, direction, 0), self._outcome(number, direction, 1))
                found.setdefault(pair, []).append(number)
        return {pair: bitset(own) for pair, own in found.items() if pair[0].allowed != pair[1].allowed}

    def _halves(self, sort: Sort, direction: Direction) -> dict[_Half, _Parts]:
        """What is allowed by a half on one side only, by who decides."""
        found: dict[_Half, _Parts] = {}
        for (before, after), own in self._differing[direction].items():
            for half, peers, services in _pieces(before, after, sort):
                parts = found.setdefault(half, {})
                parts[peers, services] = parts.get((peers, services), 0) | own
        return found

    def _blocks(self, sort: Sort, direction: Direction, parts: _Parts) -> Iterator[Block]:
        """What of it the other half lets through.

        Of what differs in ingress, that whose egress differs the same way is left out: it is told there.
        """
        other: Direction = "ingress" if direction == "egress" else "egress"
        when: When = "both" if direction == "ingress" else "after" if sort == "gained" else "before"
        found: _Parts = {}
        for allowed, owners in self._allowing(other, when, _union(peers for peers, _ in parts)):
            for (peers, services), own in parts.items():
                if met := peers & owners:
                    for reached, accepted in allowed.items():
                        if (near := own & reached) and (common := services & accepted):
                            found[near, common] = found.get((near, common), 0) | met
        for (near, far), services in _merged(found).items():
            yield Block(near, far, services) if direction == "egress" else Block(far, near, services)

    def _allowing(self, direction: Direction, when: When, numbers: int) -> Iterable[tuple[Allowed, int]]:
        """What classes allow in a direction, those together that allow the same."""
        found: dict[int, tuple[Allowed, list[int]]] = {}
        for number in members(numbers):
            allowed = self._allowed(number, direction, when)
            found.setdefault(id(allowed), (allowed, []))[1].append(number)
        return [(allowed, bitset(own)) for allowed, own in found.values()]

    def _allowed(self, number: int, direction: Direction, when: When) -> Allowed:
        """What does not differ is worked out for one side only."""
        if when == "after" or not self._touched[direction] >> number & 1:
            return self._outcome(number, direction, 1).allowed
        before = self._outcome(number, direction, 0)
        if when == "before":
            return before.allowed
        after = self._outcome(number, direction, 1)
        if (before, after) not in self._both:
            self._both[before, after] = _common(before.allowed, after.allowed)
        return self._both[before, after]

    @cached_property
    def none(self) -> bool:
        """Whether both sides allow the same in every half: then nothing is gained and nothing lost."""
        return not any(self._differing.values())


_DIRECTIONS: tuple[Direction, Direction] = ("egress", "ingress")
_SORTS: tuple[Sort, Sort] = ("gained", "lost")


def _union(sets: Iterable[int]) -> int:
    found = 0
    for each in sets:
        found |= each
    return found


def _pieces(before: Outcome, after: Outcome, sort: Sort) -> Iterator[tuple[_Half, int, ServiceSet]]:
    """Peers and services that are allowed on one side only, with who decides on each side."""
    actions = ("deny", "allow") if sort == "gained" else ("allow", "deny")
    latter = [hit for hit in after.hits if hit.action == actions[1]]
    for one in before.hits:
        if one.action == actions[0]:
            for other in latter:
                if (peers := one.peers & other.peers) and (services := one.services & other.services):
                    yield _Half(one.by, other.by), peers, services


def _common(one: Allowed, other: Allowed) -> Allowed:
    """What is allowed by both."""
    found: dict[int, ServiceSet] = {}
    for peers, services in one.items():
        for others, accepted in other.items():
            if (both := peers & others) and (common := services & accepted):
                found[both] = common
    return found


def _merged(parts: _Parts) -> dict[tuple[int, int], ServiceSet]:
    """The same in fewer pieces: those with the same classes on both ends are one, and those of one end and services."""
    joined: dict[tuple[int, ServiceSet], int] = {}
    for (near, services), far in parts.items():
        joined[far, services] = joined.get((far, services), 0) | near
    found: dict[tuple[int, int], ServiceSet] = {}
    for (far, services), near in joined.items():
        found[near, far] = found[near, far] | services if (near, far) in found else services
    return found
