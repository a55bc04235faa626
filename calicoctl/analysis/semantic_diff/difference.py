"""Traffic that only one of two policy sets allows, as exact blocks of classes with the deciding rules.

A packet is gained if it is allowed after the change only, lost if it is allowed before only, each through the same
interfaces of the nodes. A direction that decides differently is combined with the traffic that the other direction
allows. Equal directions are not evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from calicoctl.analysis.evaluation.reachability import Block
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Direction, Rule
from calicoctl.analysis.model.source import PACKET_DIRECTIONS, opposite_direction
from calicoctl.analysis.semantic_diff.decision_pair import (
    AllowedServices,
    DecidingRules,
    DecisionPair,
    Transition,
)
from calicoctl.analysis.semantic_diff.equivalence import RuleEquivalence
from calicoctl.analysis.semantic_diff.refinement import Refinement
from calicoctl.analysis.semantic_diff.side_decisions import SideDecisions
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset, union_bits
from calicoctl.analysis.sets.services import ServiceSet
from calicoctl.analysis.sets.set_index import positions_by_key, union_by_key

ChangeKind = Literal["gained", "lost"]
WhichSide = Literal["before", "after", "both"]

CHANGE_KINDS: tuple[ChangeKind, ChangeKind] = ("gained", "lost")


@dataclass(frozen=True)
class DecisionChange:
    """Traffic gained or lost because other rules than before decide on one direction of it."""

    kind: Transition
    direction: Direction
    """Direction whose decision differs; egress if both differ."""
    before: Rule | DefaultDecision
    """Decision on this direction before the change."""
    after: Rule | DefaultDecision
    """Decision on this direction after the change."""
    interfaces: tuple[str, ...]
    """Interfaces of the node at this end through which it changes, by name; empty if it changes through all."""
    blocks: tuple[Block, ...]


class _ChangeKey(NamedTuple):
    """Traffic with the same key is in one change."""

    rules: DecidingRules
    interfaces: tuple[str, ...]


_ClassesByTraffic = Mapping[tuple[int, ServiceSet], int]
"""Bitsets of peer classes with services, each with the bitset of the classes whose traffic with these changed."""


class TrafficDifference:
    """Difference in allowed traffic between the two sides of a refinement."""

    def __init__(self, refinement: Refinement) -> None:
        self.decisions = SideDecisions(refinement)
        """Decisions of both sides."""
        self._equivalence = RuleEquivalence(refinement.before, refinement.after)
        self._class_count = refinement.class_count
        self._changed = {direction: self._find_changed(direction) for direction in PACKET_DIRECTIONS}
        self._changed_classes = {
            direction: union_bits(classes_by_pair.values()) for direction, classes_by_pair in self._changed.items()
        }

    def decision_changes(self) -> Iterator[DecisionChange]:
        """Yield all gained and lost traffic; each packet through each interface is in one block of a direction."""
        for kind in CHANGE_KINDS:
            yield from self.changes_of_kind(kind)

    def changes_of_kind(self, kind: ChangeKind) -> Iterator[DecisionChange]:
        """Yield all gained or all lost traffic."""
        for direction in PACKET_DIRECTIONS:
            yield from self._decision_changes(kind, direction, self._changed[direction])

    def kept_traffic(self) -> Iterator[DecisionChange]:
        """Yield the traffic that both sides allow through the same interfaces."""
        pairs = union_by_key(
            (self.decisions.pair(number, "egress"), 1 << number) for number in range(self._class_count)
        )
        yield from self._decision_changes("kept", "egress", pairs)

    def _find_changed(self, direction: Direction) -> dict[DecisionPair, int]:
        """Return the decisions of both sides that may allow different traffic, with the bitset of their classes."""
        numbers_by_pair: dict[DecisionPair, list[int]] = {}
        for number in range(self._class_count):
            if not self._equivalence.is_equivalent(number, direction):
                numbers_by_pair.setdefault(self.decisions.pair(number, direction), []).append(number)
        return {pair: bitset(numbers) for pair, numbers in numbers_by_pair.items() if pair.may_differ}

    def _decision_changes(
        self, kind: Transition, direction: Direction, classes_by_pair: Mapping[DecisionPair, int]
    ) -> Iterator[DecisionChange]:
        for (rules, interfaces), classes_by_traffic in _traffic_by_key(kind, classes_by_pair).items():
            if blocks := tuple(self._blocks(kind, direction, classes_by_traffic)):
                yield DecisionChange(kind, direction, *rules, interfaces, blocks)

    def _blocks(self, kind: Transition, direction: Direction, classes_by_traffic: _ClassesByTraffic) -> Iterator[Block]:
        """Yield the part of some traffic of one direction that the other direction allows.

        If both directions of a packet changed in the same way, only egress yields it.
        """
        is_both = direction == "ingress" or kind == "kept"
        which_side: WhichSide = "both" if is_both else "after" if kind == "gained" else "before"
        peers_by_traffic = union_by_key(self._allowed_traffic(direction, which_side, classes_by_traffic))
        for (classes, peers), services in _merge_traffic(peers_by_traffic).items():
            yield Block(classes, peers, services) if direction == "egress" else Block(peers, classes, services)

    def _allowed_traffic(
        self, direction: Direction, which_side: WhichSide, classes_by_traffic: _ClassesByTraffic
    ) -> Iterator[tuple[tuple[int, ServiceSet], int]]:
        """Yield the part of some traffic that the peers allow: classes and services, with the bitset of the peers."""
        all_peers = union_bits(peers for peers, _ in classes_by_traffic)
        for allowed, allowing_peers in self._peers_by_allowed(all_peers, opposite_direction(direction), which_side):
            for (peers, services), classes in classes_by_traffic.items():
                if not peers & allowing_peers:
                    continue
                for allowed_classes, allowed_services in allowed.items():
                    if (common_classes := classes & allowed_classes) and (common := services & allowed_services):
                        yield (common_classes, common), peers & allowing_peers

    def _peers_by_allowed(
        self, peers: int, direction: Direction, which_side: WhichSide
    ) -> list[tuple[AllowedServices, int]]:
        """Return what the peers allow in a direction; peers that share a decision are in one bitset."""
        numbers = bit_indexes(peers)
        allowed = [self._allowed(number, direction, which_side) for number in numbers]
        return [
            (allowed[positions[0]], bitset(numbers[position] for position in positions))
            for positions in positions_by_key(map(id, allowed)).values()
        ]

    def _allowed(self, number: int, direction: Direction, which_side: WhichSide) -> AllowedServices:
        """Return what a class allows in a direction; an unchanged direction is evaluated on one side only."""
        if which_side == "after" or not self._changed_classes[direction] >> number & 1:
            return self.decisions.of_side(number, direction, 1).allowed
        if which_side == "before":
            return self.decisions.of_side(number, direction, 0).allowed
        return self.decisions.pair(number, direction).kept


def _traffic_by_key(
    kind: Transition, classes_by_pair: Mapping[DecisionPair, int]
) -> dict[_ChangeKey, _ClassesByTraffic]:
    """Return the traffic of a direction with a transition, by its deciding rules and interfaces."""
    traffic: dict[_ChangeKey, list[tuple[tuple[int, ServiceSet], int]]] = {}
    for pair, classes in classes_by_pair.items():
        for rules, interfaces, peers, services in pair.decided_traffic(kind):
            traffic.setdefault(_ChangeKey(rules, interfaces), []).append(((peers, services), classes))
    return {key: union_by_key(each) for key, each in traffic.items()}


def _merge_traffic(peers_by_traffic: Mapping[tuple[int, ServiceSet], int]) -> dict[tuple[int, int], ServiceSet]:
    """Merge traffic that differs in the classes only, then traffic that differs in the services only.

    Args:
        peers_by_traffic: bitsets of classes with services, each with the bitset of their peers.

    Returns:
        Services of each pair of classes and peers.
    """
    classes_by_peers = union_by_key(
        ((peers, services), classes) for (classes, services), peers in peers_by_traffic.items()
    )
    return union_by_key(((classes, peers), services) for (peers, services), classes in classes_by_peers.items())
