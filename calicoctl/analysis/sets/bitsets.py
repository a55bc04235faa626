"""Sets of small numbers as the bits of one `int`, for fast unions and intersections of thousands of members."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import TypeVar

_Key = TypeVar("_Key")


def bitset(numbers: Iterable[int]) -> int:
    """Return the set of some numbers."""
    members = list(numbers)
    if not members:
        return 0
    octets = bytearray(max(members) // 8 + 1)
    for number in members:
        octets[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(octets, "little")


def bit_indexes(bitset_value: int) -> list[int]:
    """Return the numbers of a set in ascending order."""
    result: list[int] = []
    octets = bitset_value.to_bytes((bitset_value.bit_length() + 7) // 8, "little")
    for index, octet in enumerate(octets):
        if octet:
            result += [index * 8 + bit for bit in _BITS_OF_OCTET[octet]]
    return result


_BITS_OF_OCTET = [[bit for bit in range(8) if octet >> bit & 1] for octet in range(256)]


def lowest_bit(bits: int) -> int:
    """Return the lowest number of a non-empty set."""
    return (bits & -bits).bit_length() - 1


def add_bits(sets: MutableMapping[_Key, int], key: _Key, bits: int) -> None:
    """Add members to the set of a key; a missing set is empty."""
    sets[key] = sets.get(key, 0) | bits


def union_bits(sets: Iterable[int]) -> int:
    """Return the union of some sets."""
    result = 0
    for bits in sets:
        result |= bits
    return result
