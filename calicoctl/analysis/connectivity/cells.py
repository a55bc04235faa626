"""Blocks of groups cut down to what is asked for: some services, or what concerns one party."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from calicoctl.analysis.bitsets import bitset, members
from calicoctl.analysis.groups import Group, Member
from calicoctl.analysis.parties import Party
from calicoctl.analysis.relation import Analysis, Block
from calicoctl.analysis.services import EVERYTHING, ServiceSet


class Cell(NamedTuple):
    """A group, or the part of it that a party is or is not."""

    group: Group
    members: Sequence[Member]
    """Its endpoints; none when it is outside."""
    focused: bool


class Cut(NamedTuple):
    """Cells, and what is allowed between them as sets of the numbers of cells."""

    cells: Sequence[Cell]
    blocks: Sequence[Block]


def cut(analysis: Analysis, services: ServiceSet = EVERYTHING, focus: Party | None = None) -> Cut:
    """What is allowed of these services, by cells; with a focus only what one of its own has at one end.

    Equal blocks are one: no two have the same services and sources, or the same services and destinations.
    """
    cells, twins = _cells(analysis.groups, focus)
    blocks = [block._replace(services=block.services & services) for block in analysis.blocks]
    if focus:
        focused = bitset(number for number, cell in enumerate(cells) if cell.focused)
        blocks = [part for block in blocks for part in _concerning(block, twins, focused)]
    return Cut(cells, _merged([block for block in blocks if block.services], len(cells)))


def _cells(groups: Sequence[Group], focus: Party | None) -> tuple[list[Cell], list[int]]:
    """The cells, and for each group the set of its cells."""
    cells: list[Cell] = []
    twins: list[int] = []
    for group in groups:
        start = len(cells)
        if focus is None or not group.members:
            cells.append(Cell(group, group.members, focused=bool(focus and focus.means_outside(group))))
        else:
            meant = [member for member in group.members if focus.means(member)]
            others = [member for member in group.members if not focus.means(member)]
            cells += [Cell(group, some, focused=some is meant) for some in (meant, others) if some]
        twins.append(bitset(range(start, len(cells))))
    return cells, twins


def _concerning(block: Block, twins: Sequence[int], focused: int) -> Iterable[Block]:
    """The parts of a block that have a focused cell at one end."""
    sources, destinations = (_all(twins, bits) for bits in (block.sources, block.destinations))
    ends = ((sources & focused, destinations), (sources & ~focused, destinations & focused))
    return [Block(*pair, block.services) for pair in ends if all(pair)]


def _all(twins: Sequence[int], bits: int) -> int:
    return bitset(cell for index in members(bits) for cell in members(twins[index]))


def _merged(blocks: Sequence[Block], count: int) -> list[Block]:
    """The same with as few blocks as it takes; `count` is the number of cells."""
    alike: dict[tuple[int, ...], list[int]] = {}
    for cell, arriving in enumerate(blocks_of((block.destinations for block in blocks), count)):
        alike.setdefault(arriving, []).append(cell)
    found: dict[tuple[ServiceSet, int], int] = {}
    for arriving, cells in alike.items():
        sources: dict[ServiceSet, int] = {}
        for number in arriving:
            block = blocks[number]
            sources[block.services] = sources.get(block.services, 0) | block.sources
        for services, those in sources.items():
            found[services, those] = found.get((services, those), 0) | bitset(cells)
    return [Block(those, destinations, services) for (services, those), destinations in found.items()]


def blocks_of(sets: Iterable[int], count: int) -> list[tuple[int, ...]]:
    """For each number below `count` the places of the sets that hold it."""
    found: list[list[int]] = [[] for _ in range(count)]
    for place, bits in enumerate(sets):
        for number in members(bits):
            found[number].append(place)
    return [tuple(places) for places in found]
