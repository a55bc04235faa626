"""Comparison with a baseline agrees with the decisions of both sets on each pair of addresses."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

from calicoctl.analysis import PolicySet, Reachability
from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.model.policy_set import Direction
from calicoctl.analysis.semantic_diff.containment import compare_with_baseline
from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet, union_all
from tests.support.policies import policy_set_from
from tests.support.random_policies import random_policy_set

SEEDS = range(90_000, 90_025)


def random_policies(seed: int) -> PolicySet:
    return policy_set_from(random_policy_set(Random(seed), hosts=False))  # noqa: S311  # no secret


def is_restricted(end: AddressClass, direction: Direction, baseline: PolicySet, tested: PolicySet) -> bool:
    """Return whether a policy or profile of the baseline applies to an end."""
    if not end.members:
        return False
    endpoint = end.members[0].endpoint
    labels = tested.labels_of(endpoint)
    policies = [each for each in baseline.policies if each.is_normal and direction in each.types]
    return any(each.selector.matches(labels) for each in policies) or any(
        name in baseline.profiles for name in endpoint.profiles
    )


def expected_violations(tested: PolicySet, baseline: PolicySet) -> dict[str, ServiceSet]:
    """Return the wrongly denied and allowed services of all pairs, for a baseline with profiles for all endpoints."""
    applied = replace(
        baseline,
        endpoints=tuple(replace(each, labels=tested.labels_of(each)) for each in tested.endpoints),
        profiles={name: replace(profile, labels={}) for name, profile in baseline.profiles.items()},
    )
    networks = [
        net
        for policies in (tested, baseline)
        for owner in policies.rule_owners
        for rule in owner.all_rules
        for side in (rule.source, rule.destination)
        for net in (*side.networks, *side.not_networks)
    ]
    ours, theirs = Reachability(tested, networks=networks), Reachability(applied, networks=networks)
    wrong: dict[str, list[ServiceSet]] = {"permits": [], "forbids": []}

    def same(end: AddressClass) -> AddressClass:
        found = theirs.address_space.class_of(end.sample)
        assert found
        return found

    for source, destination in product(ours.classes, repeat=2):
        ends = (("egress", source), ("ingress", destination))
        if source.version != destination.version or (source.members and source.members == destination.members):
            continue
        if not any(is_restricted(end, direction, baseline, tested) for direction, end in ends):  # type: ignore[arg-type]
            continue
        required = theirs.allowed(same(source), same(destination))
        allowed = ours.allowed(source, destination)
        wrong["permits"].append(required - allowed)
        wrong["forbids"].append(required & allowed)
    return {requirement: union_all(services) for requirement, services in wrong.items()}


def test_violations_agree_with_each_pair() -> None:
    found = 0
    for seed in SEEDS:
        tested, other = random_policies(seed), random_policies(seed + 1000)
        if not tested.profiles:
            continue
        names = tuple(tested.profiles)
        with_profiles = (replace(each, profiles=each.profiles or names[:1]) for each in tested.endpoints)
        tested = replace(tested, endpoints=tuple(with_profiles))
        baseline = replace(
            other, profiles={name: other.profiles.get(name, each) for name, each in tested.profiles.items()}
        )
        expected = expected_violations(tested, baseline)
        for requirement in ("permits", "forbids"):
            result = compare_with_baseline(tested, baseline, requirement)
            services = union_all(block.services for change in result.violations for block in change.blocks)
            assert services is expected[requirement], (seed, requirement)
            for change in result.violations:
                assert change.before.allowed
                assert change.after.allowed is (requirement == "forbids")
            found += services is not NO_SERVICES
    assert found > 20


def test_each_set_permits_itself() -> None:
    for seed in SEEDS:
        tested = random_policies(seed)
        assert not compare_with_baseline(tested, tested, "permits").violations


def test_a_partial_baseline_restricts_one_end_only() -> None:
    rule = {"action": "allow", "protocol": "tcp", "destination": {"ports": [80]}, "source": {}}
    policy = {"kind": "policy", "metadata": {"name": "p"}, "spec": {"selector": "has(web)", "ingress": [rule]}}
    endpoints = [
        {
            "kind": "workloadEndpoint",
            "metadata": {"name": name, "node": "n", "orchestrator": "o", "workload": "w", "labels": {name: ""}},
            "spec": {"interfaceName": name, "ipNetworks": [address], "profiles": ["p"]},
        }
        for name, address in (("web", "10.0.0.1"), ("db", "10.0.0.2"))
    ]
    profile = {"kind": "profile", "metadata": {"name": "p"}, "spec": {"egress": [{"action": "allow"}]}}
    baseline = policy_set_from([policy])
    denied = compare_with_baseline(policy_set_from([profile, *endpoints]), baseline, "permits")
    (change,) = denied.violations
    assert {(block.sources, block.destinations) for block in change.blocks} == {
        (("workloadEndpoint/n/o/w/db", "outside"), ("workloadEndpoint/n/o/w/web",))
    }
    assert not compare_with_baseline(policy_set_from([profile, policy, *endpoints]), baseline, "permits").violations
    assert compare_with_baseline(policy_set_from([profile, endpoints[1]]), baseline, "forbids").vacuous
