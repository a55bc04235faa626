"""What is accepted from whom: looked up by services and by senders, since nearly all of it concerns others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from calicoctl.analysis.bitsets import first
from calicoctl.analysis.lint.cases import Case
from calicoctl.analysis.model import Direction
from calicoctl.analysis.services import ServiceSet

Accepted = tuple[int, ServiceSet, int]
"""From whom, what, and by whom it is accepted."""

_BROAD = 64
"""Where more are meant than so many, they are not looked up one by one."""


class Accepting:
    """All that is accepted in one direction, by everybody.

    Args:
        cases: all that is decided.
        direction: of these cases only those of this direction.
    """

    def __init__(self, cases: Iterable[Case], direction: Direction) -> None:
        accepted = (
            (peers, services, case.groups)
            for case in cases
            if case.direction == direction
            for peers, services in case.outcome.allowed.items()
        )
        self._all = _united(accepted)
        self._parts: dict[ServiceSet, _Looked] = {}

    def of(self, part: ServiceSet, groups: int) -> Iterable[Accepted]:
        """What of some services is accepted from some of these groups, and a little more."""
        if part not in self._parts:
            within = ((peers, common, others) for peers, services, others in self._all if (common := services & part))
            self._parts[part] = _Looked(_united(within))
        return self._parts[part].of(groups)


class _Looked:
    """What is accepted, to be looked up by who sends it."""

    def __init__(self, accepted: list[Accepted]) -> None:
        self._all = accepted
        self._broad = [entry for entry in accepted if entry[0].bit_count() > _BROAD]
        self._of: dict[int, list[Accepted]] = {}
        for entry in accepted:
            for group in _few(entry[0]) if entry[0].bit_count() <= _BROAD else ():
                self._of.setdefault(group, []).append(entry)

    def of(self, groups: int) -> Iterable[Accepted]:
        """What is accepted from some of these groups, and a little more."""
        if groups.bit_count() > _BROAD:
            return self._all
        return chain((entry for group in _few(groups) for entry in self._of.get(group, ())), self._broad)


def _united(accepted: Iterable[Accepted]) -> list[Accepted]:
    """The same, with those who accept the same from the same ones together."""
    found: dict[tuple[int, ServiceSet], int] = {}
    for peers, services, groups in accepted:
        found[peers, services] = found.get((peers, services), 0) | groups
    return [(peers, services, groups) for (peers, services), groups in found.items()]


def _few(bits: int) -> Iterator[int]:
    """The members of a set that has few of them."""
    while bits:
        yield first(bits)
        bits &= bits - 1
