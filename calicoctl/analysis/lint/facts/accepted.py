"""What is accepted from whom: looked up by services and by senders, since nearly all of it concerns others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from calicoctl.analysis.lint.facts.cases import DecisionCase
from calicoctl.analysis.model.policy_set import Direction
from calicoctl.analysis.sets.bitsets import lowest_bit
from calicoctl.analysis.sets.services import ServiceSet

AcceptedBlock = tuple[int, ServiceSet, int]
"""From whom, what, and by whom it is accepted."""

_MAX_LOOKUPS = 64
"""Where more are meant than so many, they are not looked up one by one."""


class AcceptedTraffic:
    """All that is accepted in one direction, by everybody.

    Args:
        cases: all that is decided.
        direction: of these cases only those of this direction.
    """

    def __init__(self, cases: Iterable[DecisionCase], direction: Direction) -> None:
        accepted = (
            (peers, services, case.classes)
            for case in cases
            if case.direction == direction
            for peers, services in case.decision.allowed.items()
        )
        self._all = _merge_blocks(accepted)
        self._index_by_services: dict[ServiceSet, _SenderIndex] = {}

    def lookup(self, service_set: ServiceSet, classes: int) -> Iterable[AcceptedBlock]:
        """What of some services is accepted from some of these groups, and a little more."""
        if service_set not in self._index_by_services:
            overlapping = (
                (peers, common, others) for peers, services, others in self._all if (common := services & service_set)
            )
            self._index_by_services[service_set] = _SenderIndex(_merge_blocks(overlapping))
        return self._index_by_services[service_set].lookup(classes)


class _SenderIndex:
    """What is accepted, to be looked up by who sends it."""

    def __init__(self, accepted: list[AcceptedBlock]) -> None:
        self._all = accepted
        self._many_senders = [entry for entry in accepted if entry[0].bit_count() > _MAX_LOOKUPS]
        self._by_sender: dict[int, list[AcceptedBlock]] = {}
        for entry in accepted:
            for address_class in _iter_bits(entry[0]) if entry[0].bit_count() <= _MAX_LOOKUPS else ():
                self._by_sender.setdefault(address_class, []).append(entry)

    def lookup(self, classes: int) -> Iterable[AcceptedBlock]:
        """What is accepted from some of these groups, and a little more."""
        if classes.bit_count() > _MAX_LOOKUPS:
            return self._all
        return chain(
            (entry for address_class in _iter_bits(classes) for entry in self._by_sender.get(address_class, ())),
            self._many_senders,
        )


def _merge_blocks(accepted: Iterable[AcceptedBlock]) -> list[AcceptedBlock]:
    """The same, with those who accept the same from the same ones together."""
    result: dict[tuple[int, ServiceSet], int] = {}
    for peers, services, classes in accepted:
        result[peers, services] = result.get((peers, services), 0) | classes
    return [(peers, services, groups) for (peers, services), groups in result.items()]


def _iter_bits(bitset_value: int) -> Iterator[int]:
    """The members of a set that has few of them."""
    while bitset_value:
        yield lowest_bit(bitset_value)
        bitset_value &= bitset_value - 1
