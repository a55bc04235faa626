"""What is gained and lost, packet by packet: the comparison agrees with an evaluator of one packet on both sides."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
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
from calicoctl.kinds.values.protocols import ICMP, ICMPV6
from tests.support.boundary_packets import boundary_addresses, boundary_services
from tests.support.policies import Manifest, packet, policy_set_from
from tests.support.policy_rewrites import (
    duplicate_rules,
    prepend_log_rules,
    reorder_manifests,
    split_networks,
    split_ports,
)
from tests.support.policy_set_pairs import random_pair
from tests.support.random_policies import random_policy_set
from tests.support.reference_evaluator import ReferenceEvaluator

SET_COUNT = 600
BATCH_SIZE = 200
SEEDS = range(30_000, 30_150)
MORE_SEEDS = range(40_000, 40_500)
Shifted = Mapping[str, Mapping[tuple[int, int], ServiceSet]]


class BlocksByAddress:
    """The blocks of a comparison, pair by pair."""

    def __init__(self, before: Sequence[Manifest], after: Sequence[Manifest]) -> None:
        refinement = Refinement(align(policy_set_from(before), policy_set_from(after)))
        self._groups = refinement.before.classes
        self.difference = TrafficDifference(refinement)
        self.shifts = list(self.difference.decision_changes())
        self._known = {member.address: group.index for group in self._groups for member in group.members}

    def at(self, text: str) -> int:
        place = parse_address(text)
        return self._known[place] if place in self._known else self._outside(place)

    def _outside(self, place: Address) -> int:
        (found,) = [
            group.index
            for group in self._groups
            if group.version == place.version and contains(group.external_addresses, place.value)
        ]
        return found

    def services(self, sort: str, source: str, destination: str) -> ServiceSet:
        """What is gained or lost from one address to another; no service in two blocks."""
        found = NO_SERVICES
        ends = (self.at(source), self.at(destination))
        for shift in self.shifts:
            for block in shift.blocks:
                if shift.kind == sort and block.sources >> ends[0] & 1 and block.destinations >> ends[1] & 1:
                    assert not found & block.services, "blocks overlap"
                    found |= block.services
        return found


@pytest.mark.parametrize("batch", range(SET_COUNT // BATCH_SIZE))
def test_gained_and_lost_agree_with_one_packet_at_every_corner(batch: int) -> None:
    changed = 0
    for seed in range(batch * BATCH_SIZE, (batch + 1) * BATCH_SIZE):
        before, after = random_pair(Random(seed))  # noqa: S311  # no secret
        found, disagreements = _disagreements(before, after)
        assert disagreements == [], f"seed {seed}"
        changed += found
    assert changed > BATCH_SIZE


def _disagreements(before: Sequence[Manifest], after: Sequence[Manifest]) -> tuple[int, list[Any]]:
    """How many corners are gained or lost, and those that the two give different verdicts on."""
    classes, worlds = BlocksByAddress(before, after), (ReferenceEvaluator(before), ReferenceEvaluator(after))
    rules = [
        rule
        for manifest in (*before, *after)
        for direction in ("ingress", "egress")
        for rule in manifest["spec"].get(direction, ())
    ]
    services = {4: list(boundary_services(rules, ICMP)), 6: list(boundary_services(rules, ICMPV6))}
    places = sorted({*boundary_addresses(worlds[0], rules), *boundary_addresses(worlds[1], rules)})
    changed, found = 0, []
    for source, destination in product(places, repeat=2):
        inside = source in worlds[0].endpoints_by_address or destination in worlds[0].endpoints_by_address
        version = 6 if ":" in source else 4
        if source != destination and inside and (":" in destination) == (version == 6):
            gained, lost = (classes.services(sort, source, destination) for sort in ("gained", "lost"))
            for service in services[version]:
                one = packet(source, destination, service)
                verdicts = [world.allowed(one) for world in worlds]
                changed += verdicts[0] != verdicts[1]
                if (service in gained, service in lost) != (verdicts == [False, True], verdicts == [True, False]):
                    found.append(one)
    return changed, found


def test_every_example_is_what_it_is_said_to_be() -> None:
    """Both evaluators agree on it, on both sides, and the rules that are named are those that differ."""
    told = 0
    for seed in MORE_SEEDS:
        before, after = random_pair(Random(seed))  # noqa: S311  # no secret
        worlds = (ReferenceEvaluator(before), ReferenceEvaluator(after))
        for change in compare_policy_sets(policy_set_from(before), policy_set_from(after)).changes:
            told += 1
            source, destination = (str(place.address) for place in change.packet[:2])
            one = packet(source, destination, change.packet.service)
            verdicts = [world.allowed(one) for world in worlds]
            assert (
                verdicts
                == [change.before.allowed, change.after.allowed]
                == [change.kind == "lost", change.kind == "gained"]
            ), f"seed {seed}"
            halves = [getattr(verdict, change.direction) for verdict in (change.before, change.after)]
            assert halves[0].action != halves[1].action
    assert told > 100


def test_every_example_of_those_that_stand_in_is_what_it_is_said_to_be() -> None:
    """Without endpoints, and with those of one side: what is told rule by rule is what the cells have said."""
    told = 0
    for seed in MORE_SEEDS:
        before, after = random_pair(Random(seed))  # noqa: S311  # no secret
        bare = [manifest for manifest in before if "Endpoint" not in manifest["kind"]]
        none = [manifest for manifest in after if "Endpoint" not in manifest["kind"]]
        for sides in ((bare, none), (bare, after), (before, none)):
            for change in compare_policy_sets(*map(policy_set_from, sides)).changes:
                told += 1
                verdicts = [change.before.allowed, change.after.allowed]
                assert verdicts == [change.kind == "lost", change.kind == "gained"], f"seed {seed}"
                assert all(share.sources and share.destinations and share.services for share in change.blocks)
    assert told > 100


def test_what_says_the_same_allows_the_same() -> None:
    """That rules are the same is seen from their words; it has to hold for what comes of them."""
    said = {True: 0, False: 0}
    for seed in SEEDS:
        before, after = random_pair(Random(seed))  # noqa: S311  # no secret
        refinement = Refinement(align(policy_set_from(before), policy_set_from(after)))
        faces = (refinement.before, refinement.after)
        sameness, matches = RuleEquivalence(*faces), [FirstMatchEvaluator(face) for face in faces]
        for number, way in product(range(refinement.class_count), _REWRITES):
            same = sameness.is_equivalent(number, way)
            said[same] += 1
            outcomes = [match.decide(face.classes[number], way) for match, face in zip(matches, faces, strict=True)]
            assert not same or outcomes[0].allowed == outcomes[1].allowed, f"seed {seed}"
    assert min(said.values()) > 100


_REWRITES: tuple[Direction, Direction] = ("ingress", "egress")


def test_nothing_differs_from_itself() -> None:
    for seed in SEEDS:
        manifests = random_policy_set(Random(seed))  # noqa: S311  # no secret
        assert compare_policy_sets(policy_set_from(manifests), policy_set_from(manifests)).unchanged


def test_the_other_way_round_gains_and_losses_are_exchanged() -> None:
    for seed in SEEDS:
        before, after = random_pair(Random(seed))  # noqa: S311  # no secret
        forth, back = BlocksByAddress(before, after), BlocksByAddress(after, before)
        places = [
            *ReferenceEvaluator(before).endpoints_by_address,
            "198.51.100.1",
            "10.0.0.0",
            "10.0.0.9",
            "192.0.2.0",
            "2001:db8::1",
        ]
        for ends in product(places, repeat=2):
            for sort, other in (("gained", "lost"), ("lost", "gained")):
                assert forth.services(sort, *ends) is back.services(other, *ends), f"seed {seed}"


@pytest.mark.parametrize(
    "change",
    [split_ports, split_networks, prepend_log_rules, duplicate_rules, reorder_manifests],
    ids=lambda one: one.__name__,
)
def test_a_change_of_words_is_no_change_of_traffic(change: Callable[[list[Any]], None]) -> None:
    changed = 0
    for seed in SEEDS:
        before = random_policy_set(Random(seed))  # noqa: S311  # no secret
        after = copy.deepcopy(before)
        change(after)
        changed += after != before
        assert compare_policy_sets(policy_set_from(before), policy_set_from(after)).unchanged, f"seed {seed}"
    assert changed > 10
