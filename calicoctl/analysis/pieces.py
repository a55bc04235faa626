"""Pieces: endpoints, and what is none, that go under one heading and are treated alike.

An endpoint is in one piece with all its addresses, unless some of them are treated differently from others of the
same IP version. What may have any address, as the outside does, is in as many pieces as there are differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from calicoctl.analysis.addresses import SIZES, Address
from calicoctl.analysis.cells import Cell, Cut, blocks_of
from calicoctl.analysis.grouping import ELSEWHERE, Grouping, Heading
from calicoctl.analysis.groups import Group
from calicoctl.analysis.model import Endpoint

Treated = tuple["int | None", ...]
"""The class of treatment in each IP version; None where there is no address."""


class Spot(NamedTuple):
    """Somebody with one of the addresses: a known one, or any of a group where the address is not known."""

    group: Group
    endpoint: Endpoint | None
    """None for what is no endpoint."""
    address: Address | None

    @property
    def anywhere(self) -> bool:
        """Whether it stands for all addresses of its group."""
        return self.address is None


class Piece(NamedTuple):
    """Spots that are treated alike."""

    heading: Heading
    spots: tuple[Spot, ...]
    focused: bool
    classes: Treated


Found = dict[tuple[Heading, bool, Treated], list[Spot]]
"""Spots by their heading, by whether they are focused, and by how they are treated."""


def pieces(cut: Cut, grouping: Grouping) -> tuple[list[Piece], list[int]]:
    """The pieces under all headings, and for each class of treatment a cell that has it."""
    classes, examples = _classes(cut)
    somebody: dict[Endpoint | None, list[tuple[int, bool, Spot]]] = {}
    for number, cell in enumerate(cut.cells):
        for spot in _spots(cell):
            somebody.setdefault(spot.endpoint, []).append((classes[number], cell.focused, spot))
    found: Found = {}
    for endpoint, places in somebody.items():
        heading = grouping.heading(endpoint) if endpoint else ELSEWHERE
        for focused, treated, spots in _split(places):
            found.setdefault((heading, focused, treated), []).extend(spots)
    _settle(found)
    return list(_filled(found)), examples


def _classes(cut: Cut) -> tuple[list[int], list[int]]:
    """The class of each cell, and an example of each class. Cells of one class are in the same blocks."""
    count = len(cut.cells)
    sides = ([block.sources for block in cut.blocks], [block.destinations for block in cut.blocks])
    numbers: dict[object, int] = {}
    found: list[int] = []
    examples: list[int] = []
    for number, (cell, sending, receiving) in enumerate(
        zip(cut.cells, *(blocks_of(side, count) for side in sides), strict=True)
    ):
        key = (cell.group.version, sending, receiving)
        found.append(numbers.setdefault(key, len(numbers)))
        if found[-1] == len(examples):
            examples.append(number)
    return found, examples


def _spots(cell: Cell) -> Iterator[Spot]:
    for endpoint, address in cell.members:
        yield Spot(cell.group, endpoint, address if endpoint.addresses is not None else None)
    if cell.group.outside:
        yield Spot(cell.group, None, None)


def _split(
    places: Sequence[tuple[int, bool, Spot]],
) -> Iterable[tuple[bool, Treated, list[Spot]]]:
    """Somebody as a whole where that can be; otherwise by treatment."""
    for focused in (True, False):
        by_version: dict[int, dict[int, list[Spot]]] = {version: {} for version in SIZES}
        for treated, meant, spot in places:
            if meant is focused:
                by_version[spot.group.version].setdefault(treated, []).append(spot)
        if all(len(found) <= 1 for found in by_version.values()):
            treatments = tuple(next(iter(found), None) for found in by_version.values())
            if spots := [spot for found in by_version.values() for some in found.values() for spot in some]:
                yield focused, treatments, spots
            continue
        for version, found in by_version.items():
            for treated, spots in found.items():
                yield focused, tuple(treated if version == each else None for each in SIZES), spots


def _settle(found: Found) -> None:
    """Put what is outside, in an IP version that no endpoint has, with the rest of it: nothing can be said of it."""
    spoken = {spot.group.version for (heading, *_), spots in found.items() for spot in spots if heading != ELSEWHERE}
    outside = [key for key in found if key[0] == ELSEWHERE]
    idle = [key for key in outside if found[key][0].group.version not in spoken]
    for key in idle:
        others = [other for other in outside if other not in idle and other[1] == key[1]]
        if others:
            home = min(others, key=lambda other: min(len(spot.group.networks) for spot in found[other]))
            found[home] += found.pop(key)


def _filled(found: Found) -> Iterator[Piece]:
    """The pieces; who has no address of an IP version joins those who are treated alike in the other one."""
    whole: dict[object, Treated] = {}
    for heading, focused, treated in found:
        if None not in treated:
            for place, each in enumerate(treated):
                whole.setdefault((heading, focused, place, each), treated)
    joined: Found = {}
    for (heading, focused, treated), spots in found.items():
        wider = treated
        if None in treated:
            place = next(place for place, each in enumerate(treated) if each is not None)
            wider = whole.get((heading, focused, place, treated[place]), treated)
        joined.setdefault((heading, focused, wider), []).extend(spots)
    for (heading, focused, treated), spots in joined.items():
        yield Piece(heading, tuple(spots), focused, treated)
