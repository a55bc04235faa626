"""Accepted traffic of all endpoints, with an index by services and senders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from calicoctl.analysis.lint.facts.cases import DecisionCase
from calicoctl.analysis.model.policy_set import Direction
from calicoctl.analysis.sets.bitsets import lowest_bit
from calicoctl.analysis.sets.services import ServiceSet

AcceptedBlock = tuple[int, ServiceSet, int]
"""Senders, services and receivers; senders and receivers are bit sets of address classes."""

_MAX_LOOKUPS = 64
"""Maximum number of senders to look up one by one."""


class AcceptedTraffic:
    """Traffic that all endpoints accept in one direction.

    Args:
        cases: all decision cases; those of other directions are ignored.
        direction: `ingress`: traffic that receivers accept; `egress`: traffic that may leave its source.
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
        """Return all accepted blocks of the services from the address classes, and possibly some of other classes."""
        if service_set not in self._index_by_services:
            overlapping = (
                (peers, common, others) for peers, services, others in self._all if (common := services & service_set)
            )
            self._index_by_services[service_set] = _SenderIndex(_merge_blocks(overlapping))
        return self._index_by_services[service_set].lookup(classes)


class _SenderIndex:
    """Accepted blocks by sender."""

    def __init__(self, accepted: list[AcceptedBlock]) -> None:
        self._all = accepted
        self._many_senders = [block for block in accepted if block[0].bit_count() > _MAX_LOOKUPS]
        self._by_sender: dict[int, list[AcceptedBlock]] = {}
        for block in accepted:
            for sender in _iter_bits(block[0]) if block[0].bit_count() <= _MAX_LOOKUPS else ():
                self._by_sender.setdefault(sender, []).append(block)

    def lookup(self, classes: int) -> Iterable[AcceptedBlock]:
        if classes.bit_count() > _MAX_LOOKUPS:
            return self._all
        by_sender = (self._by_sender.get(sender, ()) for sender in _iter_bits(classes))
        return chain(chain.from_iterable(by_sender), self._many_senders)


def _merge_blocks(accepted: Iterable[AcceptedBlock]) -> list[AcceptedBlock]:
    """Return the blocks with one block for equal senders and services."""
    result: dict[tuple[int, ServiceSet], int] = {}
    for peers, services, classes in accepted:
        result[peers, services] = result.get((peers, services), 0) | classes
    return [(peers, services, receivers) for (peers, services), receivers in result.items()]


def _iter_bits(bitset_value: int) -> Iterator[int]:
    """Yield the members of a set; faster than `bit_indexes` for a few large members."""
    while bitset_value:
        yield lowest_bit(bitset_value)
        bitset_value &= bitset_value - 1
