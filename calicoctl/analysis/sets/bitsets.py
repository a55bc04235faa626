"""Sets of small whole numbers as the bits of one Python int: quick to unite and to intersect by the thousand."""

from __future__ import annotations

from collections.abc import Iterable


def bitset(numbers: Iterable[int]) -> int:
    """The set of these numbers."""
    members = list(numbers)
    if not members:
        return 0
    octets = bytearray(max(members) // 8 + 1)
    for number in members:
        octets[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(octets, "little")


def bit_indexes(bitset_value: int) -> list[int]:
    """The numbers of a set, in their order."""
    result: list[int] = []
    octets = bitset_value.to_bytes((bitset_value.bit_length() + 7) // 8, "little")
    for index, octet in enumerate(octets):
        if octet:
            result += [index * 8 + bit for bit in _BITS_OF_OCTET[octet]]
    return result


_BITS_OF_OCTET = [[bit for bit in range(8) if octet >> bit & 1] for octet in range(256)]


def lowest_bit(bits: int) -> int:
    """The lowest number of a set, which must not be empty."""
    return (bits & -bits).bit_length() - 1
