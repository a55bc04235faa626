"""Pieces: endpoints, and what is none, that go under one heading and are treated alike.

An endpoint is in one piece with all its addresses, unless some of them are treated differently from others of the
same IP version. What may have any address, as the outside does, is in as many pieces as there are differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.addresses import SIZES, Address
from calicoctl.analysis.connectivity.cells import Cell, Cut, blocks_of
from calicoctl.analysis.connectivity.grouping import ELSEWHERE, Grouping, Heading
from calicoctl.analysis.groups import Group
from calicoctl.analysis.model import Endpoint
from calicoctl.analysis.parties import EVERYWHERE

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


def _split(places: Sequence[tuple[int, bool, Spot]]) -> Iterable[tuple[bool, Treated, list[Spot]]]:
    """Somebody as a whole where that can be; otherwise by treatment."""
    for focused in (True, False):
        by_version: dict[int, dict[int, list[Spot]]] = {version: {} for version in SIZES}
        for treated, meant, spot in places:
            if meant is focused:
                by_version[spot.group.version].setdefault(treated, []).append(spot)
        main = tuple(map(_main, by_version.values()))
        together = [
            spot
            for found, each in zip(by_version.values(), main, strict=True)
            if each is not None
            for spot in found[each]
        ]
        if together:
            yield focused, main, together
        for version, found in by_version.items():
            for treated, spots in found.items():
                if treated not in main:
                    yield focused, tuple(treated if version == each else None for each in SIZES), spots


def _main(found: Mapping[int, Sequence[Spot]]) -> int | None:
    """The treatment in one IP version that goes together with that in the other.

    It is the only one; or else that of the rest of the world, behind all networks that rules name.
    """
    if len(found) == 1:
        return next(iter(found))
    return next((treated for treated, spots in found.items() if any(map(_is_rest, spots))), None)


def _is_rest(spot: Spot) -> bool:
    return spot.anywhere and all(net in EVERYWHERE for net in spot.group.networks)


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
