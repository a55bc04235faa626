"""Sets of pairs of numbers, such as source and destination ports, or type and code of ICMP.

A plane is a tuple of steps: from the first number of a step on, up to that of the next, the second number of a pair
may be any of the step's set. Neighbours differ and the last set is empty, so equal sets are equal tuples.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from calicoctl.analysis import intervals
from calicoctl.analysis.intervals import Intervals, Truth

Plane = tuple[tuple[int, Intervals], ...]
"""Steps: where each begins, and the set of second numbers from there on."""

EMPTY: Final[Plane] = ()


def product(firsts: Intervals, seconds: Intervals) -> Plane:
    """All pairs of a number of one set with a number of the other."""
    if not seconds:
        return EMPTY
    return tuple((bound, intervals.EMPTY if index & 1 else seconds) for index, bound in enumerate(firsts))


def combined(one: Plane, other: Plane, keep: Truth) -> Plane:
    """The pairs that an operation keeps, in one walk over the steps of both."""
    result: list[tuple[int, Intervals]] = []
    row_one = row_other = last = intervals.EMPTY
    at_one = at_other = 0
    while at_one < len(one) or at_other < len(other):
        starts = [plane[at][0] for plane, at in ((one, at_one), (other, at_other)) if at < len(plane)]
        start = min(starts)
        if at_one < len(one) and one[at_one][0] == start:
            row_one = one[at_one][1]
            at_one += 1
        if at_other < len(other) and other[at_other][0] == start:
            row_other = other[at_other][1]
            at_other += 1
        row = intervals.combined(row_one, row_other, keep)
        if row != last:
            result.append((start, row))
            last = row
    return tuple(result)


def rectangles(plane: Plane) -> Iterator[tuple[tuple[int, int], Intervals]]:
    """The steps as runs of first numbers, the end not included, each with its set of second numbers."""
    for (start, row), (end, _) in pairwise(plane):
        if row:
            yield (start, end), row


def holds(plane: Plane, first: int, second: int) -> bool:
    """Whether a pair is in a set."""
    at = bisect_right(plane, first, key=lambda step: step[0])
    return at > 0 and intervals.holds(plane[at - 1][1], second)
