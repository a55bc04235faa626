"""Crowds: what stands under one name in an answer. A name that says no more than its heading means all under it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from calicoctl.analysis.connectivity.grouping import ELSEWHERE, Grouping, Heading, natural
from calicoctl.analysis.connectivity.pieces import Piece, Spot
from calicoctl.analysis.connectivity.shares import Inhabitant, inhabitants, names
from calicoctl.analysis.model import Endpoint


@dataclass(frozen=True, eq=False)
class Crowd:
    """Endpoints, or what is none, that are treated alike."""

    index: int
    """Its place among all."""
    name: str
    """No other crowd has it."""
    heading: Heading
    under: int
    """The number of its heading."""
    parts: int
    """How many crowds go under its heading."""
    focused: bool
    """Whether it is of the party that was asked about."""
    inhabitants: tuple[Inhabitant, ...]
    versions: frozenset[int]
    """The IP versions that it has addresses of."""
    pieces: tuple[int, ...]
    """The numbers of the pieces that it is made of."""

    @property
    def whole(self) -> bool:
        """Whether it is all that goes under its heading."""
        return self.parts == 1

    @property
    def outside(self) -> bool:
        """Whether it is no endpoint."""
        return self.heading is ELSEWHERE

    @property
    def lone(self) -> Endpoint | None:
        """The endpoint, when it is but one that somebody has written down."""
        only = self.inhabitants[0].endpoint if len(self.inhabitants) == 1 else None
        return only if only and only.origin else None


def crowds_of(some: Sequence[Piece], alike: Iterable[Sequence[int]], by: Grouping) -> tuple[Crowd, ...]:
    """The crowds that pieces make when those that are alike are put together, by heading and name."""
    under: dict[Heading, list[Sequence[int]]] = {}
    for numbers in alike:
        under.setdefault(some[numbers[0]].heading, []).append(numbers)
    found: list[Crowd] = []
    taken: set[str] = set()
    for place, (heading, parts) in enumerate(sorted(under.items())):
        for name, numbers, people in _named(heading, parts, some, by):
            pieces = [some[number] for number in numbers]
            versions = frozenset(spot.group.version for piece in pieces for spot in piece.spots)
            found.append(
                Crowd(
                    len(found),
                    _unique(name, taken),
                    heading,
                    place,
                    len(parts),
                    pieces[0].focused,
                    tuple(people),
                    versions,
                    tuple(numbers),
                )
            )
    return tuple(found)


def _named(
    heading: Heading, parts: Sequence[Sequence[int]], some: Sequence[Piece], by: Grouping
) -> list[tuple[str, Sequence[int], list[Inhabitant]]]:
    """The parts of what goes under one heading, each with its name and who is in it, by name."""
    shares = [_spots(numbers, some) for numbers in parts]
    inside = inhabitants(shares, by)
    return sorted(zip(names(heading, shares, inside, by), parts, inside, strict=True), key=lambda one: natural(one[0]))


def _spots(numbers: Iterable[int], some: Sequence[Piece]) -> list[Spot]:
    return [spot for number in numbers for spot in some[number].spots]


def _unique(name: str, taken: set[str]) -> str:
    """The name, with a number behind it when it is taken: a long list is not written out in it."""
    choice = (name if number == 1 else f"{name} ({number})" for number in count(1))
    free = next(one for one in choice if one not in taken)
    taken.add(free)
    return free
