"""What lint calls without effect can go, all of it at once, and nothing else can: it is taken out and looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

from calicoctl.analysis import Analysis, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.addresses import Network
from calicoctl.analysis.lint.survey import Survey
from calicoctl.analysis.model import Direction
from calicoctl.analysis.services import NOTHING, ServiceSet
from tests.analysed import policies_of
from tests.policysets import policy_set

SEEDS = range(30_000, 30_300)
DIRECTIONS: tuple[Direction, ...] = ("ingress", "egress")
Halves = dict[object, tuple[ServiceSet, dict[Rule, ServiceSet]]]


def without(found: PolicySet, rules: Iterable[Rule], policies: Iterable[Policy] = ()) -> PolicySet:
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


def halves(found: PolicySet, networks: list[Network]) -> Halves:
    """What is allowed, and what each rule logs, at each end with each other one, place by place."""
    analysis = Analysis(found, networks=networks)
    places = [(str(member), group) for group in analysis.groups for member in group.members]
    places += [(f"outside {group.example}", group) for group in analysis.groups if group.outside]
    answer: Halves = {}
    for name, group in places:
        for direction in DIRECTIONS:
            if group.governance is None:
                continue
            outcome = analysis.outcome(group, direction)
            for other, peer in places:
                bit = 1 << peer.index
                if peer.version != group.version:
                    continue
                allowed = next((services for peers, services in outcome.allowed.items() if peers & bit), NOTHING)
                logged: dict[Rule, ServiceSet] = {}
                for hit in outcome.hits:
                    if hit.action == "log" and hit.peers & bit and isinstance(hit.by, Rule):
                        logged[hit.by] = logged.get(hit.by, NOTHING) | hit.services
                answer[name, direction, other] = allowed, logged
    return answer


def test_all_that_has_no_effect_can_be_taken_out_at_once_and_no_more() -> None:
    taken = {"idle": 0, "rules": 0, "policies": 0}
    stays = 0
    for seed in SEEDS:
        survey = Survey(policies_of(policy_set(Random(seed))))  # noqa: S311  # no secret
        found, spare = survey.policy_set, survey.spare
        networks = networks_of(found)
        before = halves(found, networks)
        left = without(found, [*spare.idle, *spare.rules], spare.policies)
        assert halves(left, networks) == before, f"seed {seed}"
        for name in taken:
            taken[name] += len(getattr(spare, name))
        asked = {str(owner.identifier) for owner, _ in survey.asked}
        owners: list[Policy | Profile] = [*left.policies, *left.profiles.values()]
        for owner in (one for one in owners if str(one.identifier) in asked):
            governed = owner.types if isinstance(owner, Policy) else DIRECTIONS
            for rule in (rule for direction in DIRECTIONS if direction in governed for rule in owner.rules(direction)):
                if (owner_of(survey, rule), rule.direction) in survey.asked and rule.action != "log":
                    stays += 1
                    assert halves(without(left, [rule]), networks) != before, f"seed {seed}: {rule}"
            if isinstance(owner, Policy):
                assert halves(without(left, [], [owner]), networks) != before, f"seed {seed}: {owner.identifier}"
    assert min(taken.values()) > 100
    assert stays > 200


def owner_of(survey: Survey, rule: Rule) -> Policy | Profile:
    return next(owner for owner in survey.owners if owner.identifier == rule.owner)
