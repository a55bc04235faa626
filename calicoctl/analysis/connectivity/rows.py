"""Who can reach whom, in the words of people: rows of named crowds, exact, and no loop over pairs of endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple

from calicoctl.analysis import wording
from calicoctl.analysis.bitsets import bitset, members
from calicoctl.analysis.connectivity.cells import blocks_of, cut
from calicoctl.analysis.connectivity.crowds import Crowd, crowds_of
from calicoctl.analysis.connectivity.grouping import Grouping
from calicoctl.analysis.connectivity.lines import Line, by_version, joined, without_selves
from calicoctl.analysis.connectivity.pieces import Piece, pieces
from calicoctl.analysis.model import PolicySet
from calicoctl.analysis.parties import Party
from calicoctl.analysis.relation import Analysis
from calicoctl.analysis.services import EVERYTHING, ServiceSet


class Row(NamedTuple):
    """From everybody in these crowds to everybody in those exactly these services are allowed.

    That holds for each of the IP versions, between the addresses that both have of it. What an endpoint sends to
    itself never comes to the agent, and no row speaks of that.
    """

    sources: tuple[Crowd, ...]
    destinations: tuple[Crowd, ...]
    services: ServiceSet
    versions: tuple[int, ...]

    @property
    def ends(self) -> tuple[tuple[Crowd, ...], tuple[Crowd, ...]]:
        """Both sides."""
        return (self.sources, self.destinations)

    @property
    def only(self) -> int | None:
        """The one IP version that it holds for, when both ends have addresses of the other one too."""
        ends = [frozenset(version for crowd in end for version in crowd.versions) for end in self.ends]
        return self.versions[0] if self.versions != tuple(sorted(ends[0] & ends[1])) else None

    def pairs(self) -> Iterator[tuple[Crowd, Crowd]]:
        """Every crowd at one end with every crowd at the other, where there is anything to send."""
        for pair in product(self.sources, self.destinations):
            one, other = pair
            same = one.lone is not None and one.lone is other.lone
            if not same and one.versions & other.versions & frozenset(self.versions):
                yield pair


@dataclass(frozen=True)
class Connectivity:
    """The whole answer."""

    crowds: tuple[Crowd, ...]
    """Everybody, each in one crowd."""
    rows: tuple[Row, ...]
    """All that is allowed; of the crowds in a row each is there once, and no packet is in two rows."""

    @cached_property
    def alike(self) -> tuple[tuple[Crowd, ...], ...]:
        """The crowds, those together that stand in the same rows."""
        found: dict[object, list[Crowd]] = {}
        sides = ((row.sources for row in self.rows), (row.destinations for row in self.rows))
        sets = ((bitset(crowd.index for crowd in side) for side in these) for these in sides)
        for crowd, *places in zip(self.crowds, *(blocks_of(these, len(self.crowds)) for these in sets), strict=True):
            found.setdefault(tuple(places), []).append(crowd)
        return tuple(map(tuple, found.values()))

    @property
    def isolated(self) -> tuple[Crowd, ...]:
        """The crowds that no row speaks of."""
        spoken_of = {crowd for row in self.rows for side in row.ends for crowd in side}
        return tuple(crowd for crowd in self.crowds if crowd not in spoken_of)


def connectivity(
    policy_set: PolicySet, grouping: Grouping, services: ServiceSet = EVERYTHING, focus: Party | None = None
) -> Connectivity:
    """What is allowed of these services, in crowds under the headings of a grouping.

    Args:
        policy_set: who decides, and for whom.
        grouping: what is put together.
        services: what is of interest.
        focus: the party that has to be at one end; None means everybody.
    """
    endpoints = tuple(dict.fromkeys((*policy_set.endpoints, *(focus.endpoints if focus else ()))))
    found = cut(Analysis(policy_set, endpoints, focus.networks if focus else ()), services, focus)
    some, examples = pieces(found, grouping)
    lines = without_selves(joined(by_version(found, some, examples), some), some)
    several = crowds_of(some, _alike(lines, some), grouping)
    return Connectivity(several, _rows(lines, some, several))


def _alike(lines: Sequence[Line], some: Sequence[Piece]) -> list[list[int]]:
    """The numbers of pieces that go under one heading and stand in the same lines, together."""
    sides = [[line.sources for line in lines], [line.destinations for line in lines]]
    found: dict[object, list[int]] = {}
    places = zip(*(blocks_of(side, len(some)) for side in sides), strict=True)
    for number, (piece, here) in enumerate(zip(some, places, strict=True)):
        found.setdefault((piece.heading, piece.focused, here), []).append(number)
    return list(found.values())


def _rows(lines: Iterable[Line], some: Sequence[Piece], several: Sequence[Crowd]) -> tuple[Row, ...]:
    """The rows in the order in which they are shown."""
    crowd_of: list[Crowd] = [several[0] for _ in some]
    for crowd in several:
        for number in crowd.pieces:
            crowd_of[number] = crowd
    rows = [
        Row(_side(line.sources, crowd_of), _side(line.destinations, crowd_of), line.services, line.versions)
        for line in lines
    ]
    return tuple(sorted(rows, key=_rank))


def _side(pieces_of_it: int, crowd_of: Sequence[Crowd]) -> tuple[Crowd, ...]:
    crowds = {crowd_of[number] for number in members(pieces_of_it)}
    return tuple(sorted(crowds, key=lambda crowd: crowd.index))


def _rank(row: Row) -> tuple[object, ...]:
    sides = [[crowd.index for crowd in side] for side in row.ends]
    return (*sides, wording.services(row.services), row.versions)
