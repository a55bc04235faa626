"""Rules and policies that can be removed, all together, without a change of the decided and logged traffic.

A rule is removable if no packet reaches it, or if the rules after it decide its packets in the same way. The search
goes from the last rule to the first. Removing a rule must not change the decision for removed rules that depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from calicoctl.analysis.evaluation.match_blocks import Match, ServiceBlocks, split_blocks
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.lint.facts.cases import DecisionCase, DecisionCases, service_blocks
from calicoctl.analysis.lint.facts.simulate import RemovedRules, Replay
from calicoctl.analysis.model.policy_set import DIRECTIONS, Policy, PolicySet, Profile, Rule


@dataclass(frozen=True)
class RemovableRules:
    """Rules and policies without effect."""

    dead: frozenset[Rule]
    """Evaluated rules that match no packet first."""
    rules: frozenset[Rule]
    """Rules whose packets get the same decision from later rules."""
    policies: tuple[Policy, ...]
    """Policies whose packets get the same decision without them; `rules` does not contain their rules."""


def find_removable(policy_set: PolicySet, cases: DecisionCases) -> RemovableRules:
    """Return the rules and policies that can be removed together."""
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
    return RemovableRules(dead, frozenset(rules), tuple(removed_policies))


def _dead_rules(owners: Iterable[Policy | Profile], cases: DecisionCases) -> Iterator[Rule]:
    for owner in owners:
        for direction in DIRECTIONS:
            if (owner, direction) in cases.by_owner:
                yield from (rule for rule in owner.rules(direction) if rule not in cases.matches_by_rule)


def _in_reverse_stage_order(profiles: Iterable[Profile], cases: DecisionCases) -> list[Profile]:
    """Return the profiles by their last stage in any case, the latest first."""
    positions: dict[Policy | Profile, int] = {}
    for case in cases.cases:
        for number, stage in enumerate(case.stages):
            positions.update((owner, max(number, positions.get(owner, 0))) for owner in stage.owners)
    return sorted(profiles, key=lambda profile: -positions.get(profile, 0))


class _RemovalSearch:
    """Rules and policies removed so far.

    Args:
        cases: all decision cases.
        dead: rules that match no packet first; they are removed first.
    """

    def __init__(self, cases: DecisionCases, dead: frozenset[Rule]) -> None:
        self._cases = cases
        self._removed: RemovedRules = set(dead)
        self._dependents: dict[Rule, set[Rule]] = {}
        """Removed rules by the rule that decides their packets now."""
        self._denied_by_default: dict[DecisionCase, list[Match]] = {}
        """Packets of removed rules that the default deny of the policies decides now."""

    def remove_rules(self, owner: Policy | Profile) -> Iterator[Rule]:
        """Remove the rules of a policy or profile whose packets get the same decision without them; yield them."""
        for rule in reversed(owner.all_rules):
            if rule.action == "log" or rule not in self._cases.matches_by_rule:
                continue
            # The order of two profiles may differ between endpoints: check again the rules that depend on this one.
            dependents = self._dependents.get(rule, ())
            self._removed.add(rule)
            if all(self._is_unchanged(self._changes_without_rule(each), {each}) for each in (rule, *dependents)):
                yield rule
            else:
                self._removed.remove(rule)

    def remove_policy(self, policy: Policy) -> bool:
        """Remove a policy with its rules and return True, if it has no effect."""
        rules = {rule for rule in policy.all_rules if rule in self._cases.matches_by_rule}
        if not any((policy, direction) in self._cases.by_owner for direction in DIRECTIONS):
            return False
        if any(rule.action == "log" for rule in rules) or self._is_last_of_tier(policy):
            return False
        self._removed.update(rules, (policy,))
        changes = chain.from_iterable(map(self._changes_without_rule, rules))
        if self._is_unchanged(chain(changes, self._changes_without_policy(policy)), rules):
            return True
        self._removed.difference_update(rules, (policy,))
        return False

    def _is_last_of_tier(self, policy: Policy) -> bool:
        """Return whether it is the last policy of its tier, and other tiers deny too. Such a policy is not removed.

        Only v3 has several tiers.
        """
        return any(
            stage.denies and policy in stage.owners and self._removed.issuperset({*stage.owners} - {policy})
            for direction in DIRECTIONS
            for case in self._cases.by_owner.get((policy, direction), ())
            if sum(other.denies for other in case.stages) > 1
            for stage in case.stages
        )

    def _changes_without_rule(self, rule: Rule) -> Iterator[_ReplayChange]:
        """Yield the decisions for the packets of a rule, with it and without it."""
        for case, matches in self._cases.matches_by_rule[rule].items():
            blocks = service_blocks(matches)
            before: Iterable[Match] = matches
            if rule.action == "pass":
                before = self._replay(case, blocks).from_stage(case.stage_number(rule) + 1)
            yield _ReplayChange(case, before, self._replay(case, blocks).after_rule(rule))

    def _changes_without_policy(self, policy: Policy) -> Iterator[_ReplayChange]:
        """Yield the decisions for packets of the default deny, where no policy applies without this one."""
        for direction in DIRECTIONS:
            for case in self._cases.by_owner.get((policy, direction), ()):
                for number, stage in enumerate(case.stages):
                    if stage.denies and policy in stage.owners and self._removed.issuperset(stage.owners):
                        denied = [
                            match for match in case.decision.matches if match.matched_by is DefaultDecision.POLICIES
                        ]
                        denied += self._denied_by_default.get(case, ())
                        after = self._replay(case, service_blocks(denied)).from_stage(number + 1)
                        yield _ReplayChange(case, denied, after)

    def _replay(self, case: DecisionCase, blocks: ServiceBlocks) -> Replay:
        return Replay(self._cases, case, blocks, self._removed)

    def _is_unchanged(self, changes: Iterable[_ReplayChange], rules: set[Rule]) -> bool:
        """Return whether the decisions stay the same. If so, record the new deciders of the packets of `rules`."""
        takeovers: list[tuple[DecisionCase, Match]] = []
        for change in changes:
            new_matches = change.new_matches()
            if new_matches is None:
                return False
            takeovers += ((change.case, match) for match in new_matches)
        for case, match in takeovers:
            if isinstance(match.matched_by, Rule):
                self._dependents.setdefault(match.matched_by, set()).update(rules)
            elif match.matched_by is DefaultDecision.POLICIES:
                self._denied_by_default.setdefault(case, []).append(match)
        return True


@dataclass
class _ReplayChange:
    """Matches of some packets before and after a removal."""

    case: DecisionCase
    before: Iterable[Match]
    after: Iterable[Match]

    def new_matches(self) -> list[Match] | None:
        """Return the matches after the removal; None if a decision differs. Stops at the first difference."""
        before = list(self.before)
        actions = {match.action for match in before} - {"pass"}
        if len(actions) > 1:
            return self._compare_actions(before)
        new_matches = []
        for match in self.after:
            if match.action not in {"pass", *actions}:
                return None
            new_matches.append(match)
        return new_matches

    def _compare_actions(self, before: list[Match]) -> list[Match] | None:
        after = list(self.after)
        for key in {_comparison_key(match) for match in (*before, *after)} - {""}:
            left, right = ([match for match in matches if _comparison_key(match) == key] for matches in (before, after))
            if _exceeds(left, right) or _exceeds(right, left):
                return None
        return after


def _comparison_key(match: Match) -> str | Rule | DefaultDecision:
    """Return the key of traffic that must stay the same: allowed traffic, and logged traffic by rule; else empty."""
    if match.action == "log":
        return match.matched_by
    return match.action if match.action == "allow" else ""


def _exceeds(left: Iterable[Match], right: Iterable[Match]) -> bool:
    """Return whether the first matches contain packets that the second do not."""
    blocks = service_blocks(left)
    for match in right:
        blocks = split_blocks(blocks, match.peers, match.services)[1]
    return bool(blocks)
