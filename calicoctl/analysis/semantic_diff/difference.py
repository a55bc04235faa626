"""Traffic that only one of two policy sets allows, as exact blocks of classes with the deciding rules.

A packet is gained if it is allowed after the change only, lost if it is allowed before only. A direction that decides
differently is combined with the traffic that the other direction allows. Equal directions are not evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from calicoctl.analysis.evaluation.first_match import ClassDecision, FirstMatchEvaluator
from calicoctl.analysis.evaluation.reachability import Block
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Direction, Rule
from calicoctl.analysis.model.source import PACKET_DIRECTIONS
from calicoctl.analysis.semantic_diff.equivalence import RuleEquivalence
from calicoctl.analysis.semantic_diff.interface_changes import hidden_changes
from calicoctl.analysis.semantic_diff.refinement import Refinement
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset, union_bits
from calicoctl.analysis.sets.services import ServiceSet
from calicoctl.analysis.sets.set_index import positions_by_key, union_by_key

ChangeKind = Literal["gained", "lost"]
WhichSide = Literal["before", "after", "both"]
AllowedServices = Mapping[int, ServiceSet]
"""Disjoint bitsets of peer classes, each with the services allowed with these peers."""

_CHANGE_KINDS: tuple[ChangeKind, ChangeKind] = ("gained", "lost")


@dataclass(frozen=True)
class DecisionChange:
    """Traffic gained or lost because other rules than before decide on one direction of it."""

    kind: ChangeKind
    direction: Direction
    """Direction whose decision differs; egress if both differ."""
    before: Rule | DefaultDecision
    """Decision on this direction before the change."""
    after: Rule | DefaultDecision
    """Decision on this direction after the change."""
    blocks: tuple[Block, ...]


class _DecidingRules(NamedTuple):
    """Deciding rules, or defaults, of a direction on each side."""

    before: Rule | DefaultDecision
    after: Rule | DefaultDecision


_ClassesByTraffic = Mapping[tuple[int, ServiceSet], int]
"""Bitsets of peer classes with services, each with the bitset of the classes whose traffic with these changed."""


class TrafficDifference:
    """Difference in allowed traffic between the two sides of a refinement."""

    def __init__(self, refinement: Refinement) -> None:
        self._sides = (refinement.before, refinement.after)
        self._evaluators = tuple(map(FirstMatchEvaluator, self._sides))
        self._equivalence = RuleEquivalence(*self._sides)
        self._class_count = refinement.class_count
        self._allowed_by_both: dict[tuple[ClassDecision, ClassDecision], AllowedServices] = {}
        self.hidden_changes: dict[ChangeKind, set[str]] = {kind: set() for kind in _CHANGE_KINDS}
        """Names of nodes with changes of single interfaces, which `decision_changes` does not contain."""
        self._changed_decisions = {
            direction: self._find_changed_decisions(direction) for direction in PACKET_DIRECTIONS
        }
        self._changed_classes = {
            direction: union_bits(classes_by_decisions.values())
            for direction, classes_by_decisions in self._changed_decisions.items()
        }

    def decision_changes(self) -> Iterator[DecisionChange]:
        """Yield all gained and lost traffic; each packet of it is in one block."""
        for kind in _CHANGE_KINDS:
            for direction in PACKET_DIRECTIONS:
                for rules, classes_by_traffic in self._changed_traffic(kind, direction).items():
                    if blocks := tuple(self._changed_blocks(kind, direction, classes_by_traffic)):
                        yield DecisionChange(kind, direction, *rules, blocks)

    def _decision(self, number: int, direction: Direction, side: int) -> ClassDecision:
        return self._evaluators[side].decide(self._sides[side].classes[number], direction)

    def _find_changed_decisions(self, direction: Direction) -> dict[tuple[ClassDecision, ClassDecision], int]:
        """Return pairs of decisions before and after that allow different traffic, with the bitset of their classes."""
        numbers_by_decisions: dict[tuple[ClassDecision, ClassDecision], list[int]] = {}
        for number in range(self._class_count):
            if not self._equivalence.is_equivalent(number, direction):
                decisions = (self._decision(number, direction, 0), self._decision(number, direction, 1))
                numbers_by_decisions.setdefault(decisions, []).append(number)
        for decisions, numbers in numbers_by_decisions.items():
            for kind in hidden_changes(*decisions):
                self.hidden_changes[kind] |= set(self._node_names(numbers))
        return {
            (before, after): bitset(numbers)
            for (before, after), numbers in numbers_by_decisions.items()
            if before.allowed != after.allowed
        }

    def _node_names(self, numbers: Iterable[int]) -> Iterator[str]:
        """Yield the names of the nodes of classes."""
        for side in self._sides:
            yield from (place.node.name for number in numbers if (place := side.classes[number].place))

    def _changed_traffic(self, kind: ChangeKind, direction: Direction) -> dict[_DecidingRules, _ClassesByTraffic]:
        """Return the traffic that a direction allows on one side only, by its deciding rules."""
        traffic_by_rules: dict[_DecidingRules, list[tuple[tuple[int, ServiceSet], int]]] = {}
        for (before, after), classes in self._changed_decisions[direction].items():
            for rules, peers, services in _matches_of_one_side(before, after, kind):
                traffic_by_rules.setdefault(rules, []).append(((peers, services), classes))
        return {rules: union_by_key(traffic) for rules, traffic in traffic_by_rules.items()}

    def _changed_blocks(
        self, kind: ChangeKind, direction: Direction, classes_by_traffic: _ClassesByTraffic
    ) -> Iterator[Block]:
        """Yield the part of the changed traffic of one direction that the other direction allows.

        If both directions of a packet changed in the same way, only egress yields it.
        """
        which_side: WhichSide = "both" if direction == "ingress" else "after" if kind == "gained" else "before"
        peers_by_traffic = union_by_key(self._allowed_traffic(direction, which_side, classes_by_traffic))
        for (classes, peers), services in _merge_traffic(peers_by_traffic).items():
            yield Block(classes, peers, services) if direction == "egress" else Block(peers, classes, services)

    def _allowed_traffic(
        self, direction: Direction, which_side: WhichSide, classes_by_traffic: _ClassesByTraffic
    ) -> Iterator[tuple[tuple[int, ServiceSet], int]]:
        """Yield the part of some traffic that the peers allow: classes and services, with the bitset of the peers."""
        all_peers = union_bits(peers for peers, _ in classes_by_traffic)
        peer_direction: Direction = "ingress" if direction == "egress" else "egress"
        for allowed, allowing_peers in self._peers_by_allowed(all_peers, peer_direction, which_side):
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
            return self._decision(number, direction, 1).allowed
        before = self._decision(number, direction, 0)
        if which_side == "before":
            return before.allowed
        after = self._decision(number, direction, 1)
        if (before, after) not in self._allowed_by_both:
            self._allowed_by_both[before, after] = _intersect(before.allowed, after.allowed)
        return self._allowed_by_both[before, after]


def _matches_of_one_side(
    before: ClassDecision, after: ClassDecision, kind: ChangeKind
) -> Iterator[tuple[_DecidingRules, int, ServiceSet]]:
    """Yield peers and services that are allowed on one side only, with the deciding rule of each side."""
    before_action, after_action = ("deny", "allow") if kind == "gained" else ("allow", "deny")
    after_matches = [match for match in after.matches if match.action == after_action]
    for before_match in before.matches:
        if before_match.action == before_action:
            for after_match in after_matches:
                peers = before_match.peers & after_match.peers
                if peers and (services := before_match.services & after_match.services):
                    yield _DecidingRules(before_match.matched_by, after_match.matched_by), peers, services


def _intersect(before: AllowedServices, after: AllowedServices) -> AllowedServices:
    """Return the services allowed by both."""
    intersection: dict[int, ServiceSet] = {}
    for peers, services in before.items():
        for after_peers, after_services in after.items():
            if (common_peers := peers & after_peers) and (common_services := services & after_services):
                intersection[common_peers] = common_services
    return intersection


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
