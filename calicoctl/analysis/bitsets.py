"""Sets of small whole numbers as the bits of one Python int: quick to unite and to intersect by the thousand."""

from __future__ import annotations

from collections.abc import Iterable


def bitset(numbers: Iterable[int]) -> int:
    """The set of these numbers."""
    listed = list(numbers)
    if not listed:
        return 0
    octets = bytearray(max(listed) // 8 + 1)
    for number in listed:
        octets[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(octets, "little")


def members(bits: int) -> list[int]:
    """The numbers of a set, in their order."""
    found: list[int] = []
    octets = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    for place, octet in enumerate(octets):
        if octet:
            found += [place * 8 + bit for bit in _BITS[octet]]
    return found


_BITS = [[bit for bit in range(8) if octet >> bit & 1] for octet in range(256)]


def first(bits: int) -> int:
    """The lowest number of a set, which must not be empty."""
    return (bits & -bits).bit_length() - 1
