"""Sets of numbers as sorted bounds: (80, 81, 8000, 8081) contains 80 and 8000 to 8080.

Each range is two bounds, of which the second is excluded. Equal sets are equal tuples.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

Intervals = tuple[int, ...]
"""Sorted bounds, two for each range."""

TruthTable = tuple[bool, bool, bool, bool]
"""Numbers in the result of an operation: in neither set, in the second only, in the first only, in both."""

AND: Final[TruthTable] = (False, False, False, True)
OR: Final[TruthTable] = (False, True, True, True)
SUB: Final[TruthTable] = (False, False, True, False)

EMPTY: Final[Intervals] = ()


def combine(left: Intervals, right: Intervals, keep: TruthTable) -> Intervals:
    """Return the result of an operation on two sets."""
    result: list[int] = []
    left_index = right_index = 0
    inside = False
    while left_index < len(left) or right_index < len(right):
        left_bound = left[left_index] if left_index < len(left) else None
        right_bound = right[right_index] if right_index < len(right) else None
        bound = min(bound for bound in (left_bound, right_bound) if bound is not None)
        left_index += left_bound == bound
        right_index += right_bound == bound
        # After an odd number of bounds, the position is inside a set.
        if keep[(left_index & 1) * 2 + (right_index & 1)] != inside:
            inside = not inside
            result.append(bound)
    return tuple(result)


def union(ranges: Iterable[tuple[int, int]]) -> Intervals:
    """Return the numbers in any of some ranges; ends are excluded."""
    bounds: list[int] = []
    for start, end in sorted(run for run in ranges if run[0] < run[1]):
        if bounds and start <= bounds[-1]:
            bounds[-1] = max(bounds[-1], end)
        else:
            bounds += (start, end)
    return tuple(bounds)


def iter_ranges(numbers: Intervals) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a set; ends are excluded."""
    return zip(numbers[::2], numbers[1::2], strict=True)


def contains(numbers: Intervals, number: int) -> bool:
    """Whether a set contains a number."""
    return bool(bisect_right(numbers, number) & 1)
