"""Traffic blocks restricted to some services and to the traffic of one peer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass, ClassMember
from calicoctl.analysis.evaluation.reachability import Block, Reachability
from calicoctl.analysis.peers.peer import Peer
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset
from calicoctl.analysis.sets.services import ALL_SERVICES, ServiceSet
from calicoctl.analysis.sets.set_index import containing_sets, positions_by_key, union_by_key


class ClassPart(NamedTuple):
    """An address class, or the members of it that belong, or do not belong, to the focused peer."""

    address_class: AddressClass
    members: Sequence[ClassMember]
    """Endpoints; empty for external addresses."""
    focused: bool
    """Whether it belongs to the focused peer; False without a focus."""


class FocusedBlocks(NamedTuple):
    """Parts of address classes, and the allowed traffic between them."""

    parts: Sequence[ClassPart]
    blocks: Sequence[Block]
    """Sources and destinations are bitsets of positions in `parts`."""


def restrict(
    reachability: Reachability, services: ServiceSet = ALL_SERVICES, focus: Peer | None = None
) -> FocusedBlocks:
    """Return the allowed traffic of these services, in as few blocks as possible.

    No two blocks have the same services and the same sources, or the same services and overlapping destinations.

    Args:
        reachability: allowed traffic between address classes.
        services: services to keep.
        focus: peer that must be the source or the destination; None keeps all traffic.
    """
    parts_of_classes = [split_class(address_class, focus) for address_class in reachability.classes]
    parts = [part for class_parts in parts_of_classes for part in class_parts]
    blocks = [block._replace(services=block.services & services) for block in reachability.blocks]
    if focus:
        blocks = list(_restrict_to_focus(blocks, parts_of_classes))
    return FocusedBlocks(parts, _merge_blocks([block for block in blocks if block.services], len(parts)))


def split_class(address_class: AddressClass, focus: Peer | None) -> list[ClassPart]:
    """Return the parts of an address class that belong, or do not belong, to the focused peer."""
    members = address_class.members
    if focus is None or not members:
        focused = focus is not None and focus.contains_external(address_class)
        return [ClassPart(address_class, members, focused)]
    focused_members = [member for member in members if focus.contains(member)]
    other_members = [member for member in members if not focus.contains(member)]
    return [
        ClassPart(address_class, subset, focused)
        for subset, focused in ((focused_members, True), (other_members, False))
        if subset
    ]


def _restrict_to_focus(blocks: Iterable[Block], parts_of_classes: Sequence[Sequence[ClassPart]]) -> Iterator[Block]:
    """Yield blocks of parts instead of classes, without traffic between parts that are not focused."""
    focused = bitset(
        number
        for number, part in enumerate(part for class_parts in parts_of_classes for part in class_parts)
        if part.focused
    )
    part_bits: list[int] = []
    part_count = 0
    for class_parts in parts_of_classes:
        part_bits.append(bitset(range(part_count, part_count + len(class_parts))))
        part_count += len(class_parts)
    for block in blocks:
        sources, destinations = (
            bitset(part for index in bit_indexes(classes) for part in bit_indexes(part_bits[index]))
            for classes in (block.sources, block.destinations)
        )
        for ends in ((sources & focused, destinations), (sources & ~focused, destinations & focused)):
            if all(ends):
                yield Block(*ends, block.services)


def _merge_blocks(blocks: Sequence[Block], part_count: int) -> list[Block]:
    """Return the same traffic in as few blocks as possible."""
    incoming_blocks = containing_sets((block.destinations for block in blocks), part_count)
    parts_by_incoming = {numbers: bitset(parts) for numbers, parts in positions_by_key(incoming_blocks).items()}
    destinations_by_key = union_by_key(
        ((services, sources), destinations)
        for numbers, destinations in parts_by_incoming.items()
        for services, sources in union_by_key(
            (blocks[number].services, blocks[number].sources) for number in numbers
        ).items()
    )
    return [Block(sources, destinations, services) for (services, sources), destinations in destinations_by_key.items()]
