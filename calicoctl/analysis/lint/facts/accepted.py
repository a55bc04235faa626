"""Accepted traffic of all endpoints, with an index by services and peers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from calicoctl.analysis.lint.facts.cases import DecisionCase
from calicoctl.analysis.model.policy_set import Direction
from calicoctl.analysis.sets.bitsets import lowest_bit
from calicoctl.analysis.sets.services import ServiceSet

AcceptedBlock = tuple[int, ServiceSet, int]
"""Peers, services, and the address classes that accept them; peers and classes are bit sets."""

_MAX_LOOKUPS = 64
"""Maximum number of peers to look up one by one."""


class AcceptedTraffic:
    """Traffic that all endpoints accept in one direction.

    Args:
        cases: all decision cases; those of other directions are ignored.
        direction: `ingress` for traffic from the peers, `egress` for traffic to them.
    """

    def __init__(self, cases: Iterable[DecisionCase], direction: Direction) -> None:
        accepted = (
            (peers, services, case.classes)
            for case in cases
            if case.direction == direction
            for peers, services in case.decision.allowed.items()
        )
        self._all = _merge_blocks(accepted)
        self._index_by_services: dict[ServiceSet, _PeerIndex] = {}

    def lookup(self, service_set: ServiceSet, classes: int) -> Iterable[AcceptedBlock]:
        """Return all accepted blocks of the services with peers in `classes`, and possibly some with other peers."""
        if service_set not in self._index_by_services:
            overlapping = (
                (peers, common, acceptors)
                for peers, services, acceptors in self._all
                if (common := services & service_set)
            )
            self._index_by_services[service_set] = _PeerIndex(_merge_blocks(overlapping))
        return self._index_by_services[service_set].lookup(classes)


class _PeerIndex:
    """Accepted blocks by peer."""

    def __init__(self, accepted: list[AcceptedBlock]) -> None:
        self._all = accepted
        self._many_peers = [block for block in accepted if block[0].bit_count() > _MAX_LOOKUPS]
        self._by_peer: dict[int, list[AcceptedBlock]] = {}
        for block in accepted:
            for peer in _iter_bits(block[0]) if block[0].bit_count() <= _MAX_LOOKUPS else ():
                self._by_peer.setdefault(peer, []).append(block)

    def lookup(self, classes: int) -> Iterable[AcceptedBlock]:
        if classes.bit_count() > _MAX_LOOKUPS:
            return self._all
        by_peer = (self._by_peer.get(peer, ()) for peer in _iter_bits(classes))
        return chain(chain.from_iterable(by_peer), self._many_peers)


def _merge_blocks(accepted: Iterable[AcceptedBlock]) -> list[AcceptedBlock]:
    """Return the blocks with one block for equal peers and services."""
    result: dict[tuple[int, ServiceSet], int] = {}
    for peers, services, classes in accepted:
        result[peers, services] = result.get((peers, services), 0) | classes
    return [(peers, services, acceptors) for (peers, services), acceptors in result.items()]


def _iter_bits(bitset_value: int) -> Iterator[int]:
    """Yield the members of a set; faster than `bit_indexes` for a few large members."""
    while bitset_value:
        yield lowest_bit(bitset_value)
        bitset_value &= bitset_value - 1
