"""Findings of lint about effects are exact: checked by removing or reordering rules and evaluating again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations
from random import Random

from calicoctl.analysis import Policy, PolicySet, Profile, Reachability, Rule
from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.first_match import ClassDecision
from calicoctl.analysis.lint import Issue, lint
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.dead_rules import DeadReason, dead_reason
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction
from calicoctl.analysis.sets.addresses import Network
from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet
from tests.support.policies import policy_set_from
from tests.support.random_policies import random_policy_set

SEEDS = range(30_000, 30_300)
MAX_EXHAUSTIVE_ITEMS = 5

Decide = Callable[[Reachability, AddressClass, Direction], ClassDecision]
DecisionsByDirection = dict[object, tuple[ServiceSet, dict[Rule, ServiceSet]]]
"""Allowed services, and logged services by rule, for each location, direction and peer."""


def random_context(seed: int) -> LintContext:
    return LintContext(policy_set_from(random_policy_set(Random(seed))))  # noqa: S311  # not a secret


def without_rules(policy_set: PolicySet, rules: Iterable[Rule], policies: Iterable[Policy] = ()) -> PolicySet:
    """Return the policy set without some rules and policies; `types` of the other policies stay the same."""
    removed_rules, removed_policies = set(rules), set(policies)

    def remaining(owner: Policy | Profile, direction: Direction) -> tuple[Rule, ...]:
        return tuple(rule for rule in owner.rules(direction) if rule not in removed_rules)

    return replace(
        policy_set,
        policies=tuple(
            replace(policy, ingress=remaining(policy, "ingress"), egress=remaining(policy, "egress"))
            for policy in policy_set.policies
            if policy not in removed_policies
        ),
        profiles={
            name: replace(profile, ingress=remaining(profile, "ingress"), egress=remaining(profile, "egress"))
            for name, profile in policy_set.profiles.items()
        },
    )


def networks_in(policy_set: PolicySet) -> list[Network]:
    rules = (rule for owner in policy_set.rule_owners for rule in owner.all_rules)
    sides = (side for rule in rules for side in (rule.source, rule.destination))
    in_sets = (net for each in policy_set.network_sets for net in each.networks)
    return [*(net for side in sides for net in (*side.networks, *side.not_networks)), *in_sets]


def decisions_by_direction(
    policy_set: PolicySet, networks: list[Network], decide: Decide = Reachability.own_decision
) -> DecisionsByDirection:
    """Return the allowed and logged traffic of each endpoint with each peer."""
    reachability = Reachability(policy_set, networks=networks)
    locations = [(str(member), each) for each in reachability.classes for member in each.members]
    locations += [(f"outside {each.sample}", each) for each in reachability.classes if each.external_addresses]
    result: DecisionsByDirection = {}
    for name, address_class in locations:
        for direction in DIRECTIONS:
            if address_class.effective_policies is None:
                continue
            decision = decide(reachability, address_class, direction)
            for other, peer in locations:
                bit = 1 << peer.index
                if peer.version != address_class.version:
                    continue
                allowed = next((services for peers, services in decision.allowed.items() if peers & bit), NO_SERVICES)
                logged: dict[Rule, ServiceSet] = {}
                for match in decision.matches:
                    if match.action == "log" and match.peers & bit and isinstance(match.matched_by, Rule):
                        logged[match.matched_by] = logged.get(match.matched_by, NO_SERVICES) | match.services
                result[name, direction, other] = allowed, logged
    return result


def test_exactly_the_removable_rules_and_policies_have_no_effect() -> None:
    """Any of them can be removed. Another rule or policy changes a decision, alone or together with some of them."""
    counts = {"dead": 0, "rules": 0, "policies": 0}
    remaining_count = 0
    for seed in range(30_000, 30_120):
        context = random_context(seed)
        removable, variants = context.removable, RemovalVariants(context)
        items: list[Rule | Policy] = [*removable.dead, *removable.rules, *removable.policies]
        for selection in selections(items, Random(seed)):  # noqa: S311  # not a secret
            assert not variants.is_changed(selection), f"seed {seed}: {selection}"
        for name in counts:
            counts[name] += len(getattr(removable, name))
        # With host endpoints, a rule may have an effect on forwarded traffic and on replies only.
        for item in () if context.policy_set.host_nodes else remaining_items(context):
            remaining_count += 1
            variations = ((*selection, item) for selection in selections(items, Random(seed)))  # noqa: S311
            assert any(map(variants.is_changed, variations)), f"seed {seed}: {item}"
    assert min(counts.values()) > 15, counts
    assert remaining_count > 30


class RemovalVariants:
    """A policy set without some of its rules and policies."""

    def __init__(self, context: LintContext) -> None:
        self._policy_set = context.policy_set
        self._networks = networks_in(context.policy_set)
        self._before = decisions_by_direction(context.policy_set, self._networks)

    def is_changed(self, removed: Sequence[Rule | Policy]) -> bool:
        """Return whether the allowed or logged traffic of a direction changes."""
        rules = [item for item in removed if isinstance(item, Rule)]
        policies = [item for item in removed if isinstance(item, Policy)]
        return decisions_by_direction(without_rules(self._policy_set, rules, policies), self._networks) != self._before


def selections(items: Sequence[Rule | Policy], random: Random) -> Iterator[tuple[Rule | Policy, ...]]:
    """Yield all items, no item, each item, all but each, and then all selections or random ones."""
    yield tuple(items)
    yield ()
    yield from ((item,) for item in items)
    yield from (tuple(other for other in items if other is not item) for item in items)
    if len(items) <= MAX_EXHAUSTIVE_ITEMS:
        yield from chain.from_iterable(combinations(items, size) for size in range(2, len(items) - 1))
    else:
        yield from (tuple(item for item in items if random.random() < 0.5) for _ in range(2**MAX_EXHAUSTIVE_ITEMS))


def remaining_items(context: LintContext) -> Iterator[Rule | Policy]:
    """Yield the evaluated rules and policies that are not removable; no `pass` if there are `log` rules."""
    removable, cases = context.removable, context.cases
    removed = {*removable.dead, *removable.rules, *removable.policies}
    has_log = any(rule.action == "log" for _, rule in context.rules)
    for owner in context.policy_set.rule_owners:
        if owner in removed:
            continue
        directions = [direction for direction in DIRECTIONS if (owner, direction) in cases.by_owner]
        for rule in (rule for direction in directions for rule in owner.rules(direction)):
            if rule not in removed and rule.action != "log" and not (has_log and rule.action == "pass"):
                yield rule
        passes = any(rule.action == "pass" for rule in owner.all_rules)
        if isinstance(owner, Policy) and directions and not (has_log and passes):
            yield owner


def test_without_removable_rules_and_policies_nodes_forward_and_answer_the_same() -> None:
    """They have no effect on traffic through nodes with host endpoints either, nor on replies."""
    count = 0
    for seed in range(30_000, 30_200):
        context = random_context(seed)
        policy_set, removable = context.policy_set, context.removable
        if not policy_set.host_nodes:
            continue
        networks = networks_in(policy_set)
        remaining = without_rules(policy_set, (*removable.dead, *removable.rules), removable.policies)
        before, after = (
            {
                location: allowed
                for location, (allowed, _) in decisions_by_direction(each, networks, Reachability.decision).items()
            }
            for each in (policy_set, remaining)
        )
        assert before == after, f"seed {seed}"
        count += 1
    assert count > 60


def issues_by_code(policy_set: PolicySet) -> dict[str, list[Issue]]:
    result: dict[str, list[Issue]] = {}
    for check, issue in lint(policy_set):
        result.setdefault(check.code, []).append(issue)
    return result


def rule_of(policy_set: PolicySet, issue: Issue) -> Rule:
    rules = (rule for owner in policy_set.rule_owners for rule in owner.all_rules)
    return next(rule for rule in rules if rule.origin is issue.origin and rule.path == issue.path[:3])


def test_a_rule_with_a_contradiction_matches_no_packet() -> None:
    count = 0
    for seed in SEEDS:
        context = random_context(seed)
        for issue in issues_by_code(context.input_policy_set).get("CAL004", ()):
            if issue.path != ("spec", "selector"):
                count += 1
                assert rule_of(context.input_policy_set, issue) not in context.cases.matches_by_rule
    assert count > 5


def test_every_dead_rule_is_reported() -> None:
    """Each dead rule has a finding with one of the codes for dead rules, and is not reported as redundant."""
    for seed in SEEDS:
        context = random_context(seed)
        issues = issues_by_code(context.input_policy_set)
        reported = {
            rule_of(context.input_policy_set, issue)
            for code in ("CAL001", "CAL004", "CAL006", "CAL008", "CAL016")
            for issue in issues.get(code, ())
            if len(issue.path) > 2 and issue.path[0] == "spec"
        }
        for owner, rule in context.rules:
            if rule in context.removable.dead:
                bypassed = dead_reason(context, owner, rule) is DeadReason.BYPASSED
                assert rule in reported or (bypassed and issues["CAL018"]), f"seed {seed}: {rule}"
                assert rule not in context.removable.rules


def test_without_an_order_tie_names_have_no_effect() -> None:
    """Reversing policies with the same order changes a decision only if CAL010 is reported."""
    same, changed = 0, 0
    for seed in range(30_000, 31_500):
        policy_set = random_context(seed).policy_set
        backwards = policy_set.policies[::-1]
        reordered = tuple(sorted(backwards, key=lambda policy: policy.sort_key[:3]))
        if reordered == policy_set.policies:
            continue
        networks = networks_in(policy_set)
        before, after = (
            {location: allowed for location, (allowed, _) in decisions_by_direction(each, networks).items()}
            for each in (policy_set, replace(policy_set, policies=reordered))
        )
        if "CAL010" in issues_by_code(policy_set):
            changed += before != after
        else:
            same += 1
            assert before == after, f"seed {seed}"
    assert same > 100
    assert changed > 5


def test_removing_a_half_open_rule_denies_no_traffic() -> None:
    count = 0
    for seed in range(30_000, 31_000):
        policy_set = random_context(seed).policy_set
        networks = networks_in(policy_set)
        for issue in issues_by_code(policy_set).get("CAL009", ()):
            if issue.path[3:]:
                continue
            count += 1
            rule = rule_of(policy_set, issue)
            rest = without_rules(policy_set, [rule])
            assert allowed_traffic(rest, networks) == allowed_traffic(policy_set, networks), f"seed {seed}: {rule}"
    assert count > 30


def allowed_traffic(policy_set: PolicySet, networks: list[Network]) -> dict[tuple[str, str], ServiceSet]:
    """Return the allowed services between endpoints, without traffic of an endpoint to itself."""
    reachability = Reachability(policy_set, networks=networks)
    locations = [(str(member), member.endpoint, each) for each in reachability.classes for member in each.members]
    return {
        (source_name, destination_name): reachability.allowed(source, destination)
        for source_name, sender, source in locations
        for destination_name, receiver, destination in locations
        if source.version == destination.version and (sender is not receiver or sender.origin is None)
    }
