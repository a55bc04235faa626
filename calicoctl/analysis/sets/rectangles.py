"""Sets of pairs of numbers, such as source and destination port, or ICMP type and code.

A set is a tuple of steps (start, seconds). From `start` up to the start of the next step, the first number of a pair
allows the second numbers `seconds`. Adjacent steps differ and the last one is empty, so equal sets are equal tuples.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from calicoctl.analysis.sets import intervals
from calicoctl.analysis.sets.intervals import Intervals, TruthTable

PairSet = tuple[tuple[int, Intervals], ...]
"""Steps: first number of each step, and its set of second numbers."""

EMPTY: Final[PairSet] = ()


def cartesian_product(firsts: Intervals, seconds: Intervals) -> PairSet:
    """Return all pairs of a number of one set with a number of the other."""
    if not seconds:
        return EMPTY
    return tuple((bound, intervals.EMPTY if index & 1 else seconds) for index, bound in enumerate(firsts))


def combine(left: PairSet, right: PairSet, keep: TruthTable) -> PairSet:
    """Return the result of an operation on two sets."""
    result: list[tuple[int, Intervals]] = []
    left_row = right_row = last = intervals.EMPTY
    left_index = right_index = 0
    while left_index < len(left) or right_index < len(right):
        start = min(
            steps[index][0] for steps, index in ((left, left_index), (right, right_index)) if index < len(steps)
        )
        if left_index < len(left) and left[left_index][0] == start:
            left_row = left[left_index][1]
            left_index += 1
        if right_index < len(right) and right[right_index][0] == start:
            right_row = right[right_index][1]
            right_index += 1
        row = intervals.combine(left_row, right_row, keep)
        if row != last:
            result.append((start, row))
            last = row
    return tuple(result)


def iter_rectangles(pairs: PairSet) -> Iterator[tuple[tuple[int, int], Intervals]]:
    """Yield ranges of first numbers (ends are excluded), each with its set of second numbers."""
    for (start, row), (end, _) in pairwise(pairs):
        if row:
            yield (start, end), row


def contains(pairs: PairSet, first: int, second: int) -> bool:
    """Whether a set contains a pair."""
    return intervals.contains(row_of(pairs, first), second)


def row_of(pairs: PairSet, first: int) -> Intervals:
    """Return the second numbers that a first number allows."""
    index = bisect_right(pairs, first, key=lambda step: step[0])
    return pairs[index - 1][1] if index > 0 else intervals.EMPTY


def transpose(pairs: PairSet) -> PairSet:
    """Return the pairs with first and second number swapped."""
    result = EMPTY
    for firsts, seconds in iter_rectangles(pairs):
        result = combine(result, cartesian_product(seconds, firsts), intervals.OR)
    return result
