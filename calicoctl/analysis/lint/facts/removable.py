"""Rules and policies that can be removed without a change of the decided and logged traffic.

Any selection of them can be removed: each alone, all together, or some. So a removed rule or policy is *optional* for
the search for others: a rule is removable if, without it, its packets get the same decision in all variants of the
rules after it. The search goes from the last rule to the first, because a removal affects only the packets of later
rules. Rules that no packet reaches are optional from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from calicoctl.analysis.evaluation.match_blocks import Match, split_blocks
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.lint.facts.cases import DecisionCase, DecisionCases, service_blocks
from calicoctl.analysis.lint.facts.simulate import OptionalItems, Replay
from calicoctl.analysis.model.policy_set import DIRECTIONS, Policy, PolicySet, Profile, Rule, RuleAction

RulePackets = Mapping[Rule, Mapping[DecisionCase, list[Match]]]
"""Packets that reach and match a rule, by case."""


@dataclass(frozen=True)
class RemovableRules:
    """Rules and policies without effect. Without any of them, the decided and logged traffic is the same."""

    dead: frozenset[Rule]
    """Evaluated rules that match no packet first."""
    rules: frozenset[Rule]
    """Rules whose packets get the same decision from later rules."""
    policies: tuple[Policy, ...]
    """Policies whose packets get the same decision without them; `rules` does not contain their rules."""
    takeovers: RulePackets
    """Packets that a remaining rule decides only if some of these rules and policies are removed."""


def find_removable(policy_set: PolicySet, cases: DecisionCases) -> RemovableRules:
    """Return rules and policies of which any can be removed."""
    # The order of the stages: untracked, preDNAT, normal policies, profiles.
    policies = sorted(policy_set.policies, key=lambda policy: (not policy.untracked, not policy.pre_dnat))
    dead = frozenset(_dead_rules((*policies, *policy_set.profiles.values()), cases))
    search = _RemovalSearch(cases, dead)
    rules: list[Rule] = []
    for profile in _in_reverse_stage_order(policy_set.profiles.values(), cases):
        rules += search.remove_rules(profile)
    removed_policies: list[Policy] = []
    for policy in reversed(policies):
        if search.remove_policy(policy):
            removed_policies.append(policy)
        else:
            rules += search.remove_rules(policy)
    discovery_cases = frozenset(cases.discovery_cases)
    takeovers = {
        rule: {case: matches for case, matches in by_case.items() if case not in discovery_cases}
        for rule, by_case in search.takeovers.items()
    }
    return RemovableRules(dead, frozenset(rules), tuple(removed_policies), takeovers)


def _dead_rules(owners: Iterable[Policy | Profile], cases: DecisionCases) -> Iterator[Rule]:
    for owner in owners:
        for direction in DIRECTIONS:
            if (owner, direction) in cases.by_owner:
                yield from (rule for rule in owner.rules(direction) if rule not in cases.matched_rules)


def _in_reverse_stage_order(profiles: Iterable[Profile], cases: DecisionCases) -> list[Profile]:
    """Return the profiles by their last stage in any case, the latest first."""
    positions: dict[Policy | Profile, int] = {}
    for case in cases.all_cases:
        for number, stage in enumerate(case.stages):
            positions.update((owner, max(number, positions.get(owner, 0))) for owner in stage.owners)
    return sorted(profiles, key=lambda profile: -positions.get(profile, 0))


class _Change(NamedTuple):
    """Matches of some packets before a removal, and in the variants after it."""

    case: DecisionCase
    before: Iterable[Match]
    after: Iterable[Match]


class _RemovalSearch:
    """Rules and policies removed so far.

    Args:
        cases: all decision cases.
        dead: rules that match no packet first; they are removed first.
    """

    def __init__(self, cases: DecisionCases, dead: frozenset[Rule]) -> None:
        self._cases = cases
        self._optional: OptionalItems = set(dead)
        self.takeovers: dict[Rule, dict[DecisionCase, list[Match]]] = {}
        """Packets that reach a rule without removed rules before it.

        A rule that was searched earlier may get such packets, because the order of two profiles may differ between
        endpoints.
        """

    def remove_rules(self, owner: Policy | Profile) -> Iterator[Rule]:
        """Remove the rules of a policy or profile whose packets get the same decision without them; yield them."""
        if self._has_other_effects(owner):
            return
        for rule in reversed(owner.all_rules):
            if rule.action != "log" and rule in self._cases.matches_by_rule and self._record(self._rule_changes(rule)):
                self._optional.add(rule)
                yield rule

    def _has_other_effects(self, owner: Policy | Profile) -> bool:
        """Return whether an owner has effects that decision cases do not contain: on forwarded traffic, and on replies.

        Untracked, preDNAT and applyOnForward policies of host endpoints have such effects.
        """
        if not isinstance(owner, Policy) or (owner.is_normal and not owner.applies_on_forward):
            return False
        cases = (case for direction in DIRECTIONS for case in self._cases.by_owner.get((owner, direction), ()))
        return any(case.effective_policies.host for case in cases)

    def remove_policy(self, policy: Policy) -> bool:
        """Remove a policy with its rules and return True, if it has no effect."""
        if not any((policy, direction) in self._cases.by_owner for direction in DIRECTIONS):
            return False
        if self._has_other_effects(policy):
            return False
        logs = any(rule.action == "log" and rule in self._cases.matches_by_rule for rule in policy.all_rules)
        if logs or self._is_last_of_tier(policy) or not self._record(self._policy_changes(policy)):
            return False
        self._optional.add(policy)
        return True

    def _is_last_of_tier(self, policy: Policy) -> bool:
        """Return whether it is the last policy of its tier, and other tiers deny too. Such a policy is not removed.

        Only v3 has several tiers.
        """
        return any(
            stage.denies and policy in stage.owners and self._are_others_optional(stage.owners, policy)
            for direction in DIRECTIONS
            for case in self._cases.by_owner.get((policy, direction), ())
            if sum(other.denies for other in case.stages) > 1
            for stage in case.stages
        )

    def _are_others_optional(self, owners: Sequence[Policy | Profile], policy: Policy) -> bool:
        return all(owner is policy or owner in self._optional for owner in owners)

    def _rule_changes(self, rule: Rule) -> Iterator[_Change]:
        """Yield the decisions for the packets of a rule, with it and without it."""
        matches_by_case = dict(self._cases.all_matches_by_rule[rule])
        for case, matches in self.takeovers.get(rule, {}).items():
            matches_by_case[case] = [*matches_by_case.get(case, ()), *matches]
        for case, matches in matches_by_case.items():
            after = self._replay(case, matches, rule.action).after_rule(rule)
            yield self._make_change(case, matches, case.positions[rule][0], after)

    def _policy_changes(self, policy: Policy) -> Iterator[_Change]:
        """Yield the decisions for the packets of a policy, with it and without it."""
        for direction in DIRECTIONS:
            for case in self._cases.all_by_owner.get((policy, direction), ()):
                number = next(index for index, stage in enumerate(case.stages) if policy in stage.owners)
                for rule in policy.rules(direction):
                    matches = self._cases.all_matches_by_rule.get(rule, {}).get(case)
                    if matches:
                        after = self._replay(case, matches, rule.action).after_policy(policy, number)
                        yield self._make_change(case, matches, number, after)
                stage = case.stages[number]
                if stage.denies and self._are_others_optional(stage.owners, policy):
                    yield from self._changes_without_stage(case, number)

    def _changes_without_stage(self, case: DecisionCase, number: int) -> Iterator[_Change]:
        """Yield the decisions for the packets of a stage that denies, with its policies and without all of them."""
        rules = {rule for rule in case.stages[number].rules if rule.action in {"allow", "deny"}}
        deciders = {*rules, DefaultDecision.POLICIES}
        decided = [match for match in case.decision.matches if match.matched_by in deciders]
        actions: tuple[RuleAction, ...] = ("allow", "deny")
        for action in actions:
            if matches := [match for match in decided if match.action == action]:
                yield _Change(case, matches, self._replay(case, matches, action).from_stage(number + 1))

    def _make_change(self, case: DecisionCase, matches: list[Match], number: int, after: Iterator[Match]) -> _Change:
        """Return the change for packets that a rule of a stage decides, or passes to the next stage."""
        if matches[0].action != "pass":
            return _Change(case, matches, after)
        return _Change(case, self._replay(case, matches, "pass").from_stage(number + 1), after)

    def _replay(self, case: DecisionCase, matches: Iterable[Match], action: RuleAction) -> Replay:
        expected = None if action == "pass" else action
        return Replay(self._cases, case, service_blocks(matches), self._optional, expected)

    def _record(self, changes: Iterable[_Change]) -> bool:
        """Return whether the decisions stay the same. If so, record the packets that reach later rules now."""
        takeovers: list[tuple[DecisionCase, Match]] = []
        for change in changes:
            matches = _unchanged_matches(list(change.before), change.after)
            if matches is None:
                return False
            takeovers += ((change.case, match) for match in matches)
        for case, match in takeovers:
            if isinstance(match.matched_by, Rule) and match.matched_by not in self._optional:
                self.takeovers.setdefault(match.matched_by, {}).setdefault(case, []).append(match)
        return True


def _unchanged_matches(before: list[Match], after: Iterable[Match]) -> list[Match] | None:
    """Return the matches after a removal; None if a decision differs. Stops at the first difference."""
    actions = {match.action for match in before} - {"pass"}
    result: list[Match] = []
    if len(actions) == 1:
        for match in after:
            if match.action not in {"pass", *actions}:
                return None
            result.append(match)
        return result
    result += after
    if "log" in actions or any(match.action == "log" for match in result):
        return None  # in one variant, the packet may be logged, in another one not
    for action in ("allow", "deny"):
        left, right = ([match for match in matches if match.action == action] for matches in (before, result))
        if _exceeds(left, right) or _exceeds(right, left):
            return None
    return result


def _exceeds(left: Iterable[Match], right: Iterable[Match]) -> bool:
    """Return whether the first matches contain packets that the second do not."""
    blocks = service_blocks(left)
    for match in right:
        blocks = split_blocks(blocks, match.peers, match.services)[1]
    return bool(blocks)
