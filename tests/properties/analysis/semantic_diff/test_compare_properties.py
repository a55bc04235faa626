"""Gained and lost traffic agree with an evaluator of single packets on both sides."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from itertools import product
from random import Random
from typing import Any

import pytest

from calicoctl.analysis.evaluation.first_match import FirstMatchEvaluator
from calicoctl.analysis.model.policy_set import Direction
from calicoctl.analysis.semantic_diff.align import align
from calicoctl.analysis.semantic_diff.compare import compare_policy_sets
from calicoctl.analysis.semantic_diff.difference import TrafficDifference
from calicoctl.analysis.semantic_diff.equivalence import RuleEquivalence
from calicoctl.analysis.semantic_diff.refinement import Refinement
from calicoctl.analysis.sets.addresses import Address, parse_address
from calicoctl.analysis.sets.intervals import contains
from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet
from tests.support.boundary_packets import boundary_traffic
from tests.support.policies import Manifest, packet, policy_set_from
from tests.support.policy_rewrites import REWRITES, all_rules
from tests.support.policy_set_pairs import random_pair
from tests.support.random_policies import random_policy_set
from tests.support.reference_evaluator import ReferenceEvaluator

SET_COUNT = 150
BATCH_SIZE = 50
SEEDS = range(30_000, 30_150)
MORE_SEEDS = range(40_000, 40_500)


class BlocksByAddress:
    """Changed services by pairs of addresses."""

    def __init__(self, before: Sequence[Manifest], after: Sequence[Manifest]) -> None:
        refinement = Refinement(align(policy_set_from(before), policy_set_from(after)))
        self._groups = refinement.before.classes
        self.changes = list(TrafficDifference(refinement).decision_changes())
        self._known = {member.address: group.index for group in self._groups for member in group.members}

    def class_index(self, text: str) -> int:
        address = parse_address(text)
        return self._known[address] if address in self._known else self._external_class(address)

    def _external_class(self, address: Address) -> int:
        (found,) = [
            group.index
            for group in self._groups
            if group.version == address.version and contains(group.external_addresses, address.value)
        ]
        return found

    def services(self, kind: str, source: str, destination: str) -> ServiceSet:
        """Return the services gained or lost between two addresses; check that blocks do not overlap."""
        found = NO_SERVICES
        ends = (self.class_index(source), self.class_index(destination))
        for change in self.changes:
            for block in change.blocks:
                if change.kind == kind and block.sources >> ends[0] & 1 and block.destinations >> ends[1] & 1:
                    assert not found & block.services, "blocks overlap"
                    found |= block.services
        return found


@pytest.mark.parametrize("batch", range(SET_COUNT // BATCH_SIZE))
def test_gained_and_lost_traffic_agrees_with_boundary_packets(batch: int) -> None:
    changed = 0
    for seed in range(batch * BATCH_SIZE, (batch + 1) * BATCH_SIZE):
        before, after = random_pair(Random(seed))  # noqa: S311  # no secret
        found, disagreements = _disagreements(before, after)
        assert disagreements == [], f"seed {seed}"
        changed += found
    assert changed > BATCH_SIZE


def _disagreements(before: Sequence[Manifest], after: Sequence[Manifest]) -> tuple[int, list[Any]]:
    """Return the number of boundary packets gained or lost, and the packets that the evaluators disagree on."""
    classes, evaluators = BlocksByAddress(before, after), (ReferenceEvaluator(before), ReferenceEvaluator(after))
    changed, found = 0, []
    for source, destination, services in boundary_traffic(evaluators, all_rules([*before, *after])):
        gained, lost = (classes.services(kind, source, destination) for kind in ("gained", "lost"))
        for service in services:
            one = packet(source, destination, service)
            verdicts = [evaluator.allowed(one) for evaluator in evaluators]
            changed += verdicts[0] != verdicts[1]
            if (service in gained, service in lost) != (verdicts == [False, True], verdicts == [True, False]):
                found.append(one)
    return changed, found


def test_examples_have_their_stated_decisions() -> None:
    """Both evaluators agree on the examples of both sides, and the decisions differ in the stated direction."""
    count = 0
    for seed in MORE_SEEDS:
        before, after = random_pair(Random(seed))  # noqa: S311  # no secret
        evaluators = (ReferenceEvaluator(before), ReferenceEvaluator(after))
        for change in compare_policy_sets(policy_set_from(before), policy_set_from(after)).changes:
            count += 1
            source, destination = (str(place.address) for place in change.packet[:2])
            one = packet(source, destination, change.packet.service)
            verdicts = [evaluator.allowed(one) for evaluator in evaluators]
            assert (
                verdicts
                == [change.before.allowed, change.after.allowed]
                == [change.kind == "lost", change.kind == "gained"]
            ), f"seed {seed}"
            halves = [getattr(verdict, change.direction) for verdict in (change.before, change.after)]
            assert halves[0].action != halves[1].action
    assert count > 100


def test_examples_of_placeholders_have_their_stated_decisions() -> None:
    """Compare sides without endpoints, and with endpoints of one side only."""
    count = 0
    for seed in MORE_SEEDS:
        before, after = random_pair(Random(seed))  # noqa: S311  # no secret
        bare = [manifest for manifest in before if "Endpoint" not in manifest["kind"]]
        none = [manifest for manifest in after if "Endpoint" not in manifest["kind"]]
        for sides in ((bare, none), (bare, after), (before, none)):
            for change in compare_policy_sets(*map(policy_set_from, sides)).changes:
                count += 1
                verdicts = [change.before.allowed, change.after.allowed]
                assert verdicts == [change.kind == "lost", change.kind == "gained"], f"seed {seed}"
                assert all(block.sources and block.destinations and block.services for block in change.blocks)
    assert count > 100


def test_equivalent_rules_allow_the_same_traffic() -> None:
    counts = {True: 0, False: 0}
    for seed in SEEDS:
        before, after = random_pair(Random(seed))  # noqa: S311  # no secret
        refinement = Refinement(align(policy_set_from(before), policy_set_from(after)))
        sides = (refinement.before, refinement.after)
        equivalence, matches = RuleEquivalence(*sides), [FirstMatchEvaluator(side) for side in sides]
        for number, direction in product(range(refinement.class_count), _DIRECTIONS):
            same = equivalence.is_equivalent(number, direction)
            counts[same] += 1
            outcomes = [
                match.decide(side.classes[number], direction) for match, side in zip(matches, sides, strict=True)
            ]
            assert not same or outcomes[0].allowed == outcomes[1].allowed, f"seed {seed}"
    assert min(counts.values()) > 100


_DIRECTIONS: tuple[Direction, Direction] = ("ingress", "egress")


def test_a_policy_set_does_not_differ_from_itself() -> None:
    for seed in SEEDS:
        manifests = random_policy_set(Random(seed))  # noqa: S311  # no secret
        assert compare_policy_sets(policy_set_from(manifests), policy_set_from(manifests)).unchanged


def test_swapped_sides_swap_gained_and_lost() -> None:
    for seed in SEEDS:
        before, after = random_pair(Random(seed))  # noqa: S311  # no secret
        forward, backward = BlocksByAddress(before, after), BlocksByAddress(after, before)
        places = [
            *ReferenceEvaluator(before).endpoints_by_address,
            "198.51.100.1",
            "10.0.0.0",
            "10.0.0.9",
            "192.0.2.0",
            "2001:db8::1",
        ]
        for ends in product(places, repeat=2):
            for kind, opposite in (("gained", "lost"), ("lost", "gained")):
                assert forward.services(kind, *ends) is backward.services(opposite, *ends), f"seed {seed}"


@pytest.mark.parametrize("change", REWRITES, ids=lambda one: one.__name__)
def test_equivalent_rewrites_change_no_traffic(change: Callable[[list[Any]], None]) -> None:
    changed = 0
    for seed in SEEDS:
        before = random_policy_set(Random(seed))  # noqa: S311  # no secret
        after = copy.deepcopy(before)
        change(after)
        changed += after != before
        assert compare_policy_sets(policy_set_from(before), policy_set_from(after)).unchanged, f"seed {seed}"
    assert changed > 10
