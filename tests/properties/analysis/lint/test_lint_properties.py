"""What lint calls without effect can go, all of it at once, and nothing else can: it is taken out and looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

from calicoctl.analysis import Policy, PolicySet, Profile, Reachability, Rule
from calicoctl.analysis.lint import Issue, lint
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.dead_rules import DeadReason, dead_reason
from calicoctl.analysis.model.policy_set import Direction
from calicoctl.analysis.sets.addresses import Network
from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet
from tests.support.policies import policy_set_from
from tests.support.random_policies import random_policy_set

SEEDS = range(30_000, 30_300)


DIRECTIONS: tuple[Direction, ...] = ("ingress", "egress")


DecisionsByDirection = dict[object, tuple[ServiceSet, dict[Rule, ServiceSet]]]


def without_rules(found: PolicySet, rules: Iterable[Rule], policies: Iterable[Policy] = ()) -> PolicySet:
    """What is left when these are taken out; policies govern the directions that they have governed."""
    gone, left_out = set(rules), set(policies)

    def kept(owner: Policy | Profile, direction: Direction) -> tuple[Rule, ...]:
        return tuple(rule for rule in owner.rules(direction) if rule not in gone)

    return replace(
        found,
        policies=tuple(
            replace(policy, ingress=kept(policy, "ingress"), egress=kept(policy, "egress"))
            for policy in found.policies
            if policy not in left_out
        ),
        profiles={
            name: replace(profile, ingress=kept(profile, "ingress"), egress=kept(profile, "egress"))
            for name, profile in found.profiles.items()
        },
    )


def networks_of(found: PolicySet) -> list[Network]:
    owners: list[Policy | Profile] = [*found.policies, *found.profiles.values()]
    sides = (
        side for owner in owners for rule in (*owner.ingress, *owner.egress) for side in (rule.source, rule.destination)
    )
    return [net for side in sides for net in (*side.networks, *side.not_networks)]


def decisions_by_direction(found: PolicySet, networks: list[Network]) -> DecisionsByDirection:
    """What is allowed, and what each rule logs, at each end with each other one, place by place."""
    analysis = Reachability(found, networks=networks)
    places = [(str(member), group) for group in analysis.classes for member in group.members]
    places += [(f"outside {group.sample}", group) for group in analysis.classes if group.external_addresses]
    answer: DecisionsByDirection = {}
    for name, group in places:
        for direction in DIRECTIONS:
            if group.effective_policies is None:
                continue
            outcome = analysis.decision(group, direction)
            for other, peer in places:
                bit = 1 << peer.index
                if peer.version != group.version:
                    continue
                allowed = next((services for peers, services in outcome.allowed.items() if peers & bit), NO_SERVICES)
                logged: dict[Rule, ServiceSet] = {}
                for hit in outcome.matches:
                    if hit.action == "log" and hit.peers & bit and isinstance(hit.matched_by, Rule):
                        logged[hit.matched_by] = logged.get(hit.matched_by, NO_SERVICES) | hit.services
                answer[name, direction, other] = allowed, logged
    return answer


def test_all_that_has_no_effect_can_be_taken_out_at_once_and_no_more() -> None:
    taken = {"idle": 0, "rules": 0, "policies": 0}
    stays = 0
    for seed in SEEDS:
        survey = LintContext(policy_set_from(random_policy_set(Random(seed))))  # noqa: S311  # no secret
        found, spare = survey.policy_set, survey.removable
        networks = networks_of(found)
        before = decisions_by_direction(found, networks)
        left = without_rules(found, [*spare.dead, *spare.rules], spare.policies)
        assert decisions_by_direction(left, networks) == before, f"seed {seed}"
        for name in taken:
            taken[name] += len(getattr(spare, name))
        asked = {str(owner.identifier) for owner, _ in survey.cases_by_owner}
        owners: list[Policy | Profile] = [*left.policies, *left.profiles.values()]
        for owner in (one for one in owners if str(one.identifier) in asked):
            governed = owner.types if isinstance(owner, Policy) else DIRECTIONS
            for rule in (rule for direction in DIRECTIONS if direction in governed for rule in owner.rules(direction)):
                if (owner_of(survey, rule), rule.direction) in survey.cases_by_owner and rule.action != "log":
                    stays += 1
                    assert decisions_by_direction(without_rules(left, [rule]), networks) != before, (
                        f"seed {seed}: {rule}"
                    )
            if isinstance(owner, Policy):
                assert decisions_by_direction(without_rules(left, [], [owner]), networks) != before, (
                    f"seed {seed}: {owner.identifier}"
                )
    assert min(taken.values()) > 100
    assert stays > 200


def owner_of(survey: LintContext, rule: Rule) -> Policy | Profile:
    return next(owner for owner in survey.owners if owner.identifier == rule.owner)


def issues_by_code(found: PolicySet) -> dict[str, list[Issue]]:
    told: dict[str, list[Issue]] = {}
    for check, remark in lint(found):
        told.setdefault(check.code, []).append(remark)
    return told


def rule_of(found: PolicySet, remark: Issue) -> Rule:
    owners: list[Policy | Profile] = [*found.policies, *found.profiles.values()]
    rules = (rule for owner in owners for rule in (*owner.ingress, *owner.egress))
    return next(rule for rule in rules if rule.origin is remark.origin and rule.path == remark.path[:3])


def test_a_rule_that_contradicts_itself_matches_nothing() -> None:
    told = 0
    for seed in SEEDS:
        survey = LintContext(policy_set_from(random_policy_set(Random(seed))))  # noqa: S311  # no secret
        for remark in issues_by_code(survey.input_policy_set).get("CAL004", ()):
            if remark.path != ("spec", "selector"):
                told += 1
                assert rule_of(survey.input_policy_set, remark) not in survey.matches_by_rule
    assert told > 5


def test_every_rule_that_has_no_effect_is_told_once() -> None:
    """Each rule that nothing comes to has one of the codes for that, and what has none of these has an effect."""
    for seed in SEEDS:
        survey = LintContext(policy_set_from(random_policy_set(Random(seed))))  # noqa: S311  # no secret
        told = issues_by_code(survey.input_policy_set)
        named = {
            rule_of(survey.input_policy_set, remark)
            for code in ("CAL001", "CAL004", "CAL006", "CAL008", "CAL016")
            for remark in told.get(code, ())
            if len(remark.path) > 2 and remark.path[0] == "spec"
        }
        for owner in survey.owners:
            for rule in (*owner.ingress, *owner.egress):
                if rule in survey.removable.dead:
                    bypassed = dead_reason(survey, owner, rule) is DeadReason.BYPASSED
                    assert rule in named or (bypassed and told["CAL018"]), f"seed {seed}: {rule}"
                    assert rule not in survey.removable.rules


def test_without_a_tie_names_decide_nothing() -> None:
    """Policies of the same order the other way round; where a tie is told, that does change something now and then."""
    same, changed = 0, 0
    for seed in range(30_000, 31_500):
        found = LintContext(policy_set_from(random_policy_set(Random(seed)))).policy_set  # noqa: S311  # no secret
        backwards = found.policies[::-1]
        turned = replace(found, policies=tuple(sorted(backwards, key=lambda policy: policy.sort_key[:3])))
        if turned.policies == found.policies:
            continue
        networks = networks_of(found)
        before, after = (
            {place: half[0] for place, half in decisions_by_direction(one, networks).items()} for one in (found, turned)
        )
        if "CAL010" in issues_by_code(found):
            changed += before != after
        else:
            same += 1
            assert before == after, f"seed {seed}"
    assert same > 100
    assert changed > 10


def test_without_a_rule_that_is_half_open_nobody_reaches_less() -> None:
    told = 0
    for seed in range(30_000, 31_000):
        found = LintContext(policy_set_from(random_policy_set(Random(seed)))).policy_set  # noqa: S311  # no secret
        networks = networks_of(found)
        for remark in issues_by_code(found).get("CAL009", ()):
            if remark.path[3:]:
                continue
            told += 1
            rule = rule_of(found, remark)
            assert reachable_pairs(without_rules(found, [rule]), networks) == reachable_pairs(found, networks), (
                f"seed {seed}: {rule}"
            )
    assert told > 30


def reachable_pairs(found: PolicySet, networks: list[Network]) -> dict[tuple[str, str], ServiceSet]:
    """What is allowed from each place to each other one; nobody is another one than oneself."""
    analysis = Reachability(found, networks=networks)
    places = [(str(member), member.endpoint, group) for group in analysis.classes for member in group.members]
    return {
        (one, other): analysis.allowed(source, destination)
        for one, sender, source in places
        for other, receiver, destination in places
        if source.version == destination.version and (sender is not receiver or sender.origin is None)
    }
