"""Collections of sets: their unions by key, and the sets that contain a number."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

from calicoctl.analysis.sets.bitsets import bit_indexes
from calicoctl.analysis.sets.services import ServiceSet

_Key = TypeVar("_Key", bound=Hashable)
_Set = TypeVar("_Set", int, ServiceSet)


def union_by_key(items: Iterable[tuple[_Key, _Set]]) -> dict[_Key, _Set]:
    """Return the union of the sets of each key; keys keep the order in which they first occur.

    Args:
        items: keys, each with a bitset or a set of services.
    """
    unions: dict[_Key, _Set] = {}
    for key, members in items:
        unions[key] = unions[key] | members if key in unions else members
    return unions


def positions_by_key(keys: Iterable[_Key]) -> dict[_Key, list[int]]:
    """Return the positions of each key in ascending order; keys keep the order in which they first occur."""
    positions: dict[_Key, list[int]] = {}
    for position, key in enumerate(keys):
        positions.setdefault(key, []).append(position)
    return positions


def containing_sets(bitsets: Iterable[int], member_count: int) -> list[tuple[int, ...]]:
    """Return, for each number below `member_count`, the positions of the bitsets that contain it."""
    positions: list[list[int]] = [[] for _ in range(member_count)]
    for position, bitset in enumerate(bitsets):
        for member in bit_indexes(bitset):
            positions[member].append(position)
    return list(map(tuple, positions))


def containing_pairs(
    pairs: Iterable[tuple[int, int]], member_count: int
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return, for each number below `member_count`, the positions of the pairs of bitsets that contain it.

    Returns:
        For each number two tuples: positions where the first bitset contains it, and where the second one does.
    """
    firsts, seconds = zip(*pairs, strict=True) if (pairs := list(pairs)) else ((), ())
    return list(zip(containing_sets(firsts, member_count), containing_sets(seconds, member_count), strict=True))
