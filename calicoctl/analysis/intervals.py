"""Sets of whole numbers as their sorted bounds: (80, 81, 8000, 8081) holds 80 and 8000 to 8080.

An even place begins a run and the odd one behind it ends it, the end not included. There is one such tuple for each
set, so equal sets are equal tuples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

Intervals = tuple[int, ...]
"""Sorted bounds, of an even number."""

Truth = tuple[bool, bool, bool, bool]
"""What an operation keeps: what is in neither set, in the second only, in the first only, in both."""

AND: Final[Truth] = (False, False, False, True)
OR: Final[Truth] = (False, True, True, True)
SUB: Final[Truth] = (False, False, True, False)

EMPTY: Final[Intervals] = ()


def combined(one: Intervals, other: Intervals, keep: Truth) -> Intervals:
    """The set of the numbers that an operation keeps, in one walk over the bounds of both."""
    result: list[int] = []
    at_one = at_other = 0
    inside = False
    while at_one < len(one) or at_other < len(other):
        first = one[at_one] if at_one < len(one) else None
        second = other[at_other] if at_other < len(other) else None
        bound = min(bound for bound in (first, second) if bound is not None)
        at_one += first == bound
        at_other += second == bound
        # An odd count of bounds passed means inside.
        if keep[(at_one & 1) * 2 + (at_other & 1)] != inside:
            inside = not inside
            result.append(bound)
    return tuple(result)


def union(runs: Iterable[tuple[int, int]]) -> Intervals:
    """The numbers that lie in any of these runs, each with its end not included."""
    bounds: list[int] = []
    for start, end in sorted(run for run in runs if run[0] < run[1]):
        if bounds and start <= bounds[-1]:
            bounds[-1] = max(bounds[-1], end)
        else:
            bounds += (start, end)
    return tuple(bounds)


def runs(numbers: Intervals) -> Iterator[tuple[int, int]]:
    """The runs of a set, each with its end not included."""
    return zip(numbers[::2], numbers[1::2], strict=True)


def holds(numbers: Intervals, number: int) -> bool:
    """Whether a number is in a set."""
    from bisect import bisect_right

    return bool(bisect_right(numbers, number) & 1)
