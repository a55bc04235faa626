"""Gained and lost traffic through each interface of a node agrees with an evaluator of single packets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import permutations, product
from random import Random
from typing import Any

import pytest

from calicoctl.analysis import PolicySet, Reachability
from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.semantic_diff.align import align
from calicoctl.analysis.semantic_diff.compare import compare_policy_sets
from calicoctl.analysis.semantic_diff.containment import Requirement, compare_with_baseline
from calicoctl.analysis.semantic_diff.difference import DecisionChange, TrafficDifference
from calicoctl.analysis.semantic_diff.refinement import Refinement
from calicoctl.analysis.sets.addresses import parse_address, parse_network
from calicoctl.analysis.sets.services import ServiceSet, union_all
from calicoctl.kinds.values.protocols import TCP, UDP
from tests.support.boundary_packets import boundary_addresses, boundary_traffic
from tests.support.policies import packet, policy_set_from
from tests.support.policy_rewrites import all_rules
from tests.support.policy_set_pairs import random_node_pair
from tests.support.random_policies import Manifest
from tests.support.reference_evaluator import ReferenceEvaluator
from tests.support.reference_hosts import Packet

SET_COUNT = 16
BATCH_SIZE = 8
DIRECTIONS = ("egress", "ingress")
_Paths = set[tuple[str, str, str]]
"""Kinds of change and directions, each with the name of a host endpoint of the interface."""


class FoundPaths:
    """Changes through each interface that the comparison contains, by packet."""

    def __init__(self, before: PolicySet, after: PolicySet) -> None:
        refinement = Refinement(align(before, after))
        self._side = refinement.before
        self._changes = list(TrafficDifference(refinement).decision_changes())

    def class_of(self, text: str) -> AddressClass:
        found = self._side.class_of(parse_address(text))
        assert found
        return found

    def services(self, kind: str, ends: tuple[str, str]) -> ServiceSet:
        """Return the services that change between two addresses, through some interfaces."""
        sender, receiver = map(self.class_of, ends)
        return union_all(
            block.services
            for change in self._changes
            for block in change.blocks
            if change.kind == kind and block.sources >> sender.index & 1 and block.destinations >> receiver.index & 1
        )

    def of_packet(self, one: Packet, service: Any, interfaces: Mapping[str, Sequence[str]]) -> _Paths:
        """Return the changes of a packet.

        Args:
            one: the packet.
            service: its service.
            interfaces: host endpoints of all interfaces that it may use, by direction.
        """
        ends = self.class_of(one.source), self.class_of(one.destination)
        found: list[tuple[str, str, str]] = []
        for change in self._changes:
            if any(
                block.sources >> ends[0].index & 1 and block.destinations >> ends[1].index & 1
                for block in change.blocks
                if service in block.services
            ):
                own = ends[change.direction == "ingress"]
                names = _host_names(change, own) if change.interfaces else interfaces[change.direction]
                found += ((change.kind, change.direction, name) for name in names)
        assert len(found) == len(set(found)), "blocks overlap"
        return set(found)


def _host_names(change: DecisionChange, own: AddressClass) -> list[str]:
    assert own.place
    named = {each.name: each.endpoint for each in own.place.node.interfaces}
    return [end.identifier.values[-1] if (end := named[name]) else "" for name in change.interfaces]


def _expected(verdicts: Sequence[Mapping[str, Mapping[str, bool]]]) -> _Paths:
    """Return the changes of a packet by the decisions of both sides, by direction and interface."""
    before, after = verdicts
    result: _Paths = set()
    for kind, (first, second) in (("gained", (before, after)), ("lost", (after, before))):
        paths = [
            path
            for path in product(before["egress"], before["ingress"])
            if not _passes(first, path) and _passes(second, path)
        ]
        for sender, receiver in paths:
            is_egress = not first["egress"][sender]
            result.add((kind, "egress", sender) if is_egress else (kind, "ingress", receiver))
    return result


def _passes(verdicts: Mapping[str, Mapping[str, bool]], path: tuple[str, str]) -> bool:
    return all(verdicts[direction][name] for direction, name in zip(DIRECTIONS, path, strict=True))


@pytest.mark.parametrize("batch", range(SET_COUNT // BATCH_SIZE))
def test_changes_of_each_interface_agree_with_boundary_packets(batch: int) -> None:
    partial = 0
    for seed in range(batch * BATCH_SIZE, (batch + 1) * BATCH_SIZE):
        before, after = random_node_pair(Random(seed))  # noqa: S311  # no secret
        found = FoundPaths(policy_set_from(before), policy_set_from(after))
        for one, service, verdicts in _packets(before, after):
            expected = _expected(verdicts)
            interfaces = {direction: [*verdicts[0][direction]] for direction in DIRECTIONS}
            assert found.of_packet(one, service, interfaces) == expected, f"seed {seed}: {one}"
            is_decided = [[any(each[direction].values()) for direction in DIRECTIONS] for each in verdicts]
            partial += bool(expected) and is_decided[0] == is_decided[1]
    assert partial > 150


def _packets(
    before: Sequence[Manifest], after: Sequence[Manifest]
) -> Iterator[tuple[Packet, Any, list[dict[str, dict[str, bool]]]]]:
    """Yield packets with an endpoint, and the decisions of both sides by direction and interface."""
    evaluators = (ReferenceEvaluator(before), ReferenceEvaluator(after))
    for source, destination, services in boundary_traffic(evaluators, all_rules([*before, *after])):
        for service in services:
            one = packet(source, destination, service)
            verdicts = [
                {direction: evaluator.verdicts_by_host(one, (0, 0), direction) for direction in DIRECTIONS}
                for evaluator in evaluators
            ]
            yield one, service, verdicts


def test_examples_have_the_decisions_of_their_interface() -> None:
    partial = 0
    for seed in range(300, 400):
        before, after = random_node_pair(Random(seed))  # noqa: S311  # no secret
        references = (ReferenceEvaluator(before), ReferenceEvaluator(after))
        for change in compare_policy_sets(policy_set_from(before), policy_set_from(after)).changes:
            decision = (False, True) if change.kind == "gained" else (True, False)
            halves = [getattr(each, change.direction) for each in (change.before, change.after)]
            assert tuple(half.action == "allow" for half in halves) == decision
            source, destination, service = change.packet
            one = packet(str(source.address), str(destination.address), service)
            verdicts = [each.verdicts_by_host(one, (0, 0), change.direction) for each in references]
            changed = sum((verdicts[0][name], verdicts[1][name]) == decision for name in verdicts[0])
            assert len(change.interfaces) <= changed
            if change.interfaces:
                partial += 1
                assert {half.interface for half in halves} <= {*change.interfaces}
            else:
                assert changed == len(verdicts[0])
    assert partial > 30


@pytest.mark.parametrize("requirement", ["permits", "forbids"])
def test_a_baseline_is_compared_by_interface(requirement: Requirement) -> None:
    """A violation exists if and only if one packet through the same interfaces of both sets is one."""
    counts = {True: 0, False: 0}
    for seed in range(500, 512):
        baseline, tested = random_node_pair(Random(seed))  # noqa: S311  # no secret
        result = compare_with_baseline(policy_set_from(tested), policy_set_from(baseline), requirement)
        wrong = {
            (one.source, one.destination, service)
            for one, service, verdicts in _packets(baseline, tested)
            if any(
                _passes(verdicts[0], path) and _passes(verdicts[1], path) == (requirement == "forbids")
                for path in product(verdicts[0]["egress"], verdicts[0]["ingress"])
            )
        }
        counts[bool(wrong)] += 1
        assert bool(result.violations) == bool(wrong), f"seed {seed}"
        services = union_all(block.services for change in result.violations for block in change.blocks)
        compared = {service for _, service, _ in _packets(baseline, tested) if service.protocol in {TCP, UDP}}
        assert {one for one in compared if one in services} == {one for *_, one in wrong if one in compared}
        for change in result.violations:
            assert change.after.allowed is (requirement == "forbids")
    assert counts[True] > 1


def test_neighbor_discovery_is_compared_as_each_side_evaluates_it() -> None:
    """Each difference between the two evaluations is a change, and no other traffic is."""
    cut = 0
    for seed in range(600, 612):
        sides = random_node_pair(Random(seed))  # noqa: S311  # no secret
        rules = all_rules([*sides[0], *sides[1]])
        static = tuple(map(policy_set_from, sides))
        before, after = (replace(each, neighbor_discovery=True) for each in static)
        found, ignoring = FoundPaths(before, after), FoundPaths(*static)
        networks = [
            parse_network(net)
            for rule in rules
            for end in (rule["source"], rule["destination"])
            for net in (*end.get("nets", ()), *end.get("notNets", ()))
        ]
        evaluations = [Reachability(each, networks=networks) for each in (before, after)]
        owned = {str(address) for address in before.endpoints_by_address if address.version == 6}
        places = [text for text in boundary_addresses(ReferenceEvaluator(sides[0]), rules) if ":" in text]
        for ends in permutations(places, 2):
            if not owned.intersection(ends):
                continue
            some, every = ([_allowed(each, ends, always) for each in evaluations] for always in (False, True))
            for kind, first, second in (("gained", 0, 1), ("lost", 1, 0)):
                services = found.services(kind, ends)
                cut += services is not ignoring.services(kind, ends)
                assert not ((some[second] - some[first]) | (every[second] - every[first])) - services, seed
                assert not services - some[second], seed
                assert not services & every[first], seed
        for change in compare_policy_sets(before, after).changes:
            assert change.before.allowed is (change.kind == "lost"), seed
            assert change.after.allowed is (change.kind == "gained"), seed
    assert cut > 15


def _allowed(reachability: Reachability, ends: tuple[str, str], always: bool) -> ServiceSet:
    source, destination = (reachability.class_of(parse_address(text)) for text in ends)
    assert source
    assert destination
    return reachability.allowed(source, destination, always=always)
