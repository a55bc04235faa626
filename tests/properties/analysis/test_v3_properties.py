"""Random v3 sets: the analysis agrees with a reference evaluator, and rewrites and removals keep the traffic."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from itertools import permutations
from random import Random
from typing import Any

import pytest

from calicoctl.analysis import PolicySet, Reachability, Service
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.semantic_diff.compare import compare_policy_sets
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.analysis.sets.services import ServiceSet
from calicoctl.kinds.values.protocols import ICMP, ICMPV6, TCP, UDP
from tests.properties.analysis.lint.test_lint_properties import RemovalVariants, selections
from tests.support.policies import packet
from tests.support.policy_rewrites import REWRITES
from tests.support.random_policies import Manifest
from tests.support.random_v3 import policy_set_from_v3, random_v3_set
from tests.support.reference_v3 import ReferenceV3

ADDRESSES = (
    *("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.9", "192.0.2.1", "192.0.2.2", "198.51.100.1"),
    *("fd00::1", "fd00::2", "fd00::3", "fd00::9", "2001:db8::1"),
)
PORTS = (1, 79, 80, 85, 86, 90, 91, 443, 65535)
PAIRS = [ends for ends in permutations(ADDRESSES, 2) if (":" in ends[0]) == (":" in ends[1])]


def allowed_services(policy_set: PolicySet) -> dict[tuple[str, str], ServiceSet]:
    reachability = Reachability(policy_set)
    result = {}
    for ends in PAIRS:
        source, destination = (reachability.class_of(parse_address(end)) for end in ends)
        assert source
        assert destination
        result[ends] = reachability.allowed(source, destination)
    return result


def test_each_probe_has_the_decision_of_the_reference_evaluator() -> None:
    counts = {True: 0, False: 0}
    for seed in range(80):
        manifests = random_v3_set(Random(seed))  # noqa: S311  # no secret
        policy_set, reference = policy_set_from_v3(manifests), ReferenceV3(manifests)
        owned = {str(address) for address in policy_set.endpoints_by_address}
        for ends, services in allowed_services(policy_set).items():
            if not owned.intersection(ends):
                continue
            for service in services_of(ends):
                expected = reference.allowed(packet(*ends, service))
                counts[expected] += 1
                assert (service in services) == expected, (seed, ends, service)
    assert min(counts.values()) > 1000, counts


def services_of(ends: tuple[str, str]) -> list[Service]:
    icmp = ICMPV6 if ":" in ends[0] else ICMP
    return [
        *(Service(number, 40000, port) for number in (TCP, UDP) for port in PORTS),
        Service(icmp, 8, 0),
        Service(47),
    ]


@pytest.mark.parametrize("rewrite", REWRITES, ids=lambda one: one.__name__)
def test_an_equivalent_rewrite_keeps_the_allowed_traffic(rewrite: Callable[[list[Any]], None]) -> None:
    changed = 0
    for seed in range(100, 160):
        before = random_v3_set(Random(seed))  # noqa: S311  # no secret
        after = copy.deepcopy(before)
        rewrite(after)
        changed += after != before
        sides = [policy_set_from_v3(each) for each in (before, after)]
        assert allowed_services(sides[0]) == allowed_services(sides[1]), f"seed {seed}"
        assert compare_policy_sets(*sides).unchanged, f"seed {seed}"
    assert changed > 5


def test_a_difference_is_that_of_both_evaluations() -> None:
    changes = 0
    for seed in range(200, 260):
        random = Random(seed)  # noqa: S311  # no secret
        before = random_v3_set(random)
        after = replace_policies(before, random)
        sides = [policy_set_from_v3(each) for each in (before, after)]
        first, second = map(allowed_services, sides)
        owned = {str(address) for address in sides[0].endpoints_by_address}
        differs = any(first[ends] is not second[ends] for ends in PAIRS if owned.intersection(ends))
        found = compare_policy_sets(*sides)
        changes += differs
        assert not (differs and found.unchanged), f"seed {seed}"
        for change in found.changes:
            assert (change.before.allowed, change.after.allowed) == (change.kind == "lost", change.kind == "gained")
    assert changes > 10


def replace_policies(manifests: Sequence[Manifest], random: Random) -> list[Manifest]:
    other = random_v3_set(random)
    kept = [one for one in manifests if not one["kind"].endswith("Policy")]
    return [*kept, *(one for one in other if one["kind"].endswith("Policy"))]


def test_removable_rules_and_policies_have_no_effect() -> None:
    """Each alone, all together, and selections of them."""
    counts = {"dead": 0, "rules": 0, "policies": 0}
    for seed in range(300, 380):
        context = LintContext(policy_set_from_v3(random_v3_set(Random(seed))))  # noqa: S311  # no secret
        removable, variants = context.removable, RemovalVariants(context)
        items: list[Any] = [*removable.dead, *removable.rules, *removable.policies]
        for selection in selections(items, Random(seed)):  # noqa: S311  # no secret
            assert not variants.is_changed(selection), f"seed {seed}: {selection}"
        for name in counts:
            counts[name] += len(getattr(removable, name))
    assert min(counts.values()) > 3, counts
