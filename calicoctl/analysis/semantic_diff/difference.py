"""What traffic two policy sets treat differently: gained and lost, as exact blocks of classes, each with who decides.

A packet is gained when it is allowed after and was not before, lost the other way round. Only the halves that differ
are multiplied out, with what the other half lets through; halves that are the same are not even worked out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from calicoctl.analysis.evaluation.first_match import ClassDecision, FirstMatchEvaluator
from calicoctl.analysis.evaluation.reachability import Block
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Direction, Rule
from calicoctl.analysis.semantic_diff.equivalence import RuleEquivalence
from calicoctl.analysis.semantic_diff.refinement import Refinement
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset
from calicoctl.analysis.sets.services import ServiceSet

ChangeKind = Literal["gained", "lost"]
WhichSide = Literal["before", "after", "both"]
AllowedServices = Mapping[int, ServiceSet]
"""Peers, and the services that are allowed with each of them; no peer is in two of the sets."""


@dataclass(frozen=True)
class DecisionChange:
    """Traffic that is gained or lost because other rules than before decide on one half of it."""

    kind: ChangeKind
    direction: Direction
    """The half that differs. Where both do it is the egress."""
    before: Rule | DefaultDecision
    """What decides on this half before."""
    after: Rule | DefaultDecision
    blocks: tuple[Block, ...]


class _DirectionChange(NamedTuple):
    """Who decides on a half before and after."""

    before: Rule | DefaultDecision
    after: Rule | DefaultDecision


_ClassesByTraffic = dict[tuple[int, ServiceSet], int]
"""Peers and services, and the classes that a half differs for with these."""


class TrafficDifference:
    """The difference that it makes to have the rules of the one side or of the other."""

    def __init__(self, refinement: Refinement) -> None:
        self._sides = (refinement.before, refinement.after)
        self._first_matches = tuple(map(FirstMatchEvaluator, self._sides))
        self._equivalence = RuleEquivalence(*self._sides)
        self._class_count = refinement.class_count
        self._allowed_by_both: dict[tuple[ClassDecision, ClassDecision], AllowedServices] = {}
        self._changed_outcomes = {direction: self._find_changed_outcomes(direction) for direction in _DIRECTIONS}
        self._changed_classes = {
            direction: _union(classes_by_outcomes.values())
            for direction, classes_by_outcomes in self._changed_outcomes.items()
        }

    def decision_changes(self) -> Iterator[DecisionChange]:
        """All traffic that is gained or lost; every packet of it is in one block."""
        for kind in _CHANGE_KINDS:
            for direction in _DIRECTIONS:
                for direction_change, classes_by_traffic in self._direction_changes(kind, direction).items():
                    if blocks := tuple(self._changed_blocks(kind, direction, classes_by_traffic)):
                        yield DecisionChange(kind, direction, *direction_change, blocks)

    def _outcome(self, number: int, direction: Direction, side: int) -> ClassDecision:
        return self._first_matches[side].decide(self._sides[side].classes[number], direction)

    def _find_changed_outcomes(self, direction: Direction) -> dict[tuple[ClassDecision, ClassDecision], int]:
        """The outcomes before and after that allow different things, and the classes that have them."""
        numbers_by_outcomes: dict[tuple[ClassDecision, ClassDecision], list[int]] = {}
        for number in range(self._class_count):
            if not self._equivalence.is_equivalent(number, direction):
                pair = (self._outcome(number, direction, 0), self._outcome(number, direction, 1))
                numbers_by_outcomes.setdefault(pair, []).append(number)
        return {
            pair: bitset(numbers) for pair, numbers in numbers_by_outcomes.items() if pair[0].allowed != pair[1].allowed
        }

    def _direction_changes(self, kind: ChangeKind, direction: Direction) -> dict[_DirectionChange, _ClassesByTraffic]:
        """What is allowed by a half on one side only, by who decides."""
        traffic_by_change: dict[_DirectionChange, _ClassesByTraffic] = {}
        for (before, after), classes in self._changed_outcomes[direction].items():
            for direction_change, peers, services in _changed_traffic(before, after, kind):
                classes_by_traffic = traffic_by_change.setdefault(direction_change, {})
                classes_by_traffic[peers, services] = classes_by_traffic.get((peers, services), 0) | classes
        return traffic_by_change

    def _changed_blocks(
        self, kind: ChangeKind, direction: Direction, classes_by_traffic: _ClassesByTraffic
    ) -> Iterator[Block]:
        """What of it the other half lets through.

        Of what differs in ingress, that whose egress differs the same way is left out: it is told there.
        """
        other_direction: Direction = "ingress" if direction == "egress" else "egress"
        which_side: WhichSide = "both" if direction == "ingress" else "after" if kind == "gained" else "before"
        peers_by_traffic: _ClassesByTraffic = {}
        for allowed, allowing_peers in self._classes_by_allowed(
            other_direction, which_side, _union(peers for peers, _ in classes_by_traffic)
        ):
            for (peers, services), classes in classes_by_traffic.items():
                if allowed_peers := peers & allowing_peers:
                    for accepted_classes, accepted_services in allowed.items():
                        if (changed_classes := classes & accepted_classes) and (
                            common_services := services & accepted_services
                        ):
                            peers_by_traffic[changed_classes, common_services] = (
                                peers_by_traffic.get((changed_classes, common_services), 0) | allowed_peers
                            )
        for (changed_classes, peers_of_block), services in _merge_traffic(peers_by_traffic).items():
            yield (
                Block(changed_classes, peers_of_block, services)
                if direction == "egress"
                else Block(peers_of_block, changed_classes, services)
            )

    def _classes_by_allowed(
        self, direction: Direction, which_side: WhichSide, classes: int
    ) -> Iterable[tuple[AllowedServices, int]]:
        """What classes allow in a direction, those together that allow the same."""
        numbers_by_allowed: dict[int, tuple[AllowedServices, list[int]]] = {}
        for number in bit_indexes(classes):
            allowed = self._allowed(number, direction, which_side)
            numbers_by_allowed.setdefault(id(allowed), (allowed, []))[1].append(number)
        return [(allowed, bitset(allowing)) for allowed, allowing in numbers_by_allowed.values()]

    def _allowed(self, number: int, direction: Direction, which_side: WhichSide) -> AllowedServices:
        """What does not differ is worked out for one side only."""
        if which_side == "after" or not self._changed_classes[direction] >> number & 1:
            return self._outcome(number, direction, 1).allowed
        before = self._outcome(number, direction, 0)
        if which_side == "before":
            return before.allowed
        after = self._outcome(number, direction, 1)
        if (before, after) not in self._allowed_by_both:
            self._allowed_by_both[before, after] = _intersect(before.allowed, after.allowed)
        return self._allowed_by_both[before, after]

    @cached_property
    def unchanged(self) -> bool:
        """Whether both sides allow the same in every half: then nothing is gained and nothing lost."""
        return not any(self._changed_outcomes.values())


_DIRECTIONS: tuple[Direction, Direction] = ("egress", "ingress")
_CHANGE_KINDS: tuple[ChangeKind, ChangeKind] = ("gained", "lost")


def _union(sets: Iterable[int]) -> int:
    union = 0
    for bits in sets:
        union |= bits
    return union


def _changed_traffic(
    before: ClassDecision, after: ClassDecision, kind: ChangeKind
) -> Iterator[tuple[_DirectionChange, int, ServiceSet]]:
    """Peers and services that are allowed on one side only, with who decides on each side."""
    actions = ("deny", "allow") if kind == "gained" else ("allow", "deny")
    after_hits = [hit for hit in after.matches if hit.action == actions[1]]
    for before_hit in before.matches:
        if before_hit.action == actions[0]:
            for after_hit in after_hits:
                if (peers := before_hit.peers & after_hit.peers) and (
                    services := before_hit.services & after_hit.services
                ):
                    yield _DirectionChange(before_hit.matched_by, after_hit.matched_by), peers, services


def _intersect(before: AllowedServices, after: AllowedServices) -> AllowedServices:
    """What is allowed by both."""
    intersection: dict[int, ServiceSet] = {}
    for peers, services in before.items():
        for after_peers, after_services in after.items():
            if (common_peers := peers & after_peers) and (common_services := services & after_services):
                intersection[common_peers] = common_services
    return intersection


def _merge_traffic(classes_by_traffic: _ClassesByTraffic) -> dict[tuple[int, int], ServiceSet]:
    """The same in fewer pieces: those with the same classes on both ends are one, and those of one end and services."""
    near_by_far: dict[tuple[int, ServiceSet], int] = {}
    for (near, services), far in classes_by_traffic.items():
        near_by_far[far, services] = near_by_far.get((far, services), 0) | near
    services_by_ends: dict[tuple[int, int], ServiceSet] = {}
    for (far, services), near in near_by_far.items():
        services_by_ends[near, far] = (
            services_by_ends[near, far] | services if (near, far) in services_by_ends else services
        )
    return services_by_ends
