"""Blocks of groups cut down to what is asked for: some services, or what concerns one party."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass, ClassMember
from calicoctl.analysis.evaluation.reachability import Block, Reachability
from calicoctl.analysis.peers.peer import Peer
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset
from calicoctl.analysis.sets.services import ALL_SERVICES, ServiceSet


class ClassPart(NamedTuple):
    """A group, or the part of it that a party is or is not."""

    address_class: AddressClass
    members: Sequence[ClassMember]
    """Its endpoints; none when it is outside."""
    focused: bool


class FocusedBlocks(NamedTuple):
    """Cells, and what is allowed between them as sets of the numbers of cells."""

    parts: Sequence[ClassPart]
    blocks: Sequence[Block]


def restrict(
    reachability: Reachability, services: ServiceSet = ALL_SERVICES, focus: Peer | None = None
) -> FocusedBlocks:
    """What is allowed of these services, by cells; with a focus only what one of its own has at one end.

    Equal blocks are one: no two have the same services and sources, or the same services and destinations.
    """
    parts, parts_by_class = _split_classes(reachability.classes, focus)
    blocks = [block._replace(services=block.services & services) for block in reachability.blocks]
    if focus:
        focused_parts = bitset(number for number, cell in enumerate(parts) if cell.focused)
        blocks = [
            focused_block
            for block in blocks
            for focused_block in _restrict_to_focus(block, parts_by_class, focused_parts)
        ]
    return FocusedBlocks(parts, _merge_blocks([block for block in blocks if block.services], len(parts)))


def _split_classes(classes: Sequence[AddressClass], focus: Peer | None) -> tuple[list[ClassPart], list[int]]:
    """The cells, and for each group the set of its cells."""
    parts: list[ClassPart] = []
    parts_by_class: list[int] = []
    for address_class in classes:
        start = len(parts)
        if focus is None or not address_class.members:
            parts.append(
                ClassPart(
                    address_class, address_class.members, focused=bool(focus and focus.contains_external(address_class))
                )
            )
        else:
            focused_members = [member for member in address_class.members if focus.contains(member)]
            other_members = [member for member in address_class.members if not focus.contains(member)]
            parts += [
                ClassPart(address_class, subset, focused=subset is focused_members)
                for subset in (focused_members, other_members)
                if subset
            ]
        parts_by_class.append(bitset(range(start, len(parts))))
    return parts, parts_by_class


def _restrict_to_focus(block: Block, parts_by_class: Sequence[int], focused_parts: int) -> Iterable[Block]:
    """The parts of a block that have a focused cell at one end."""
    sources, destinations = (_parts_of_classes(parts_by_class, bits) for bits in (block.sources, block.destinations))
    pairs = ((sources & focused_parts, destinations), (sources & ~focused_parts, destinations & focused_parts))
    return [Block(*pair, block.services) for pair in pairs if all(pair)]


def _parts_of_classes(parts_by_class: Sequence[int], classes: int) -> int:
    return bitset(part for index in bit_indexes(classes) for part in bit_indexes(parts_by_class[index]))


def _merge_blocks(blocks: Sequence[Block], part_count: int) -> list[Block]:
    """The same with as few blocks as it takes; `part_count` is the number of cells."""
    parts_by_incoming: dict[tuple[int, ...], list[int]] = {}
    for part, incoming in enumerate(containing_sets((block.destinations for block in blocks), part_count)):
        parts_by_incoming.setdefault(incoming, []).append(part)
    destinations_by_key: dict[tuple[ServiceSet, int], int] = {}
    for incoming, parts in parts_by_incoming.items():
        sources: dict[ServiceSet, int] = {}
        for block_index in incoming:
            block = blocks[block_index]
            sources[block.services] = sources.get(block.services, 0) | block.sources
        for services, source_bits in sources.items():
            destinations_by_key[services, source_bits] = destinations_by_key.get((services, source_bits), 0) | bitset(
                parts
            )
    return [
        Block(source_bits, destinations, services)
        for (services, source_bits), destinations in destinations_by_key.items()
    ]


def containing_sets(sets: Iterable[int], member_count: int) -> list[tuple[int, ...]]:
    """For each number below `member_count` the places of the sets that hold it."""
    indices: list[list[int]] = [[] for _ in range(member_count)]
    for set_index, bits in enumerate(sets):
        for member in bit_indexes(bits):
            indices[member].append(set_index)
    return [tuple(set_indices) for set_indices in indices]
