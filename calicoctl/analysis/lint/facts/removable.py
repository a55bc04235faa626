"""Which rules and policies could be taken out, all of them at once, without any change of what is decided and logged.

A rule that nothing comes to is one. Of the others a rule is one when for everything that it decides, what comes behind
it decides the same. Rules are judged from the last to the first, and those that another one's place is taken by stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from calicoctl.analysis.evaluation.first_match import Match, ServiceBlocks, split_blocks
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.lint.facts.cases import DIRECTIONS, DecisionCase, DecisionCases, service_blocks
from calicoctl.analysis.lint.facts.simulate import RemovedRules, Replay
from calicoctl.analysis.model.policy_set import Direction, Policy, PolicySet, Profile, Rule

MatchesByRule = Mapping[Rule, Mapping[DecisionCase, list[Match]]]
CasesByOwner = Mapping[tuple[Policy | Profile, Direction], list[DecisionCase]]


class RemovableRules:
    """What could be taken out.

    Args:
        policy_set: all policies and profiles.
        cases: all that is decided.
        hits: what each rule is the first to match.
        asked: the cases in which each policy and profile is asked.
    """

    def __init__(
        self, policy_set: PolicySet, cases: DecisionCases, matches: MatchesByRule, cases_by_owner: CasesByOwner
    ) -> None:
        self._cases = cases
        self._matches_by_rule = matches
        self._cases_by_owner = cases_by_owner
        self.dead: dict[Rule, None] = {}
        """The rules that are tried, but nothing comes to that they match."""
        self.rules: dict[Rule, None] = {}
        """The rules behind which the same is decided."""
        self.policies: dict[Policy, None] = {}
        """The policies as a whole of which the same is true; their rules are not among those above."""
        self._removed: RemovedRules = set()
        self._dependents: dict[Rule, set[Rule]] = {}
        """The rules that were taken out because of one that takes their place."""
        self._denied_by_default: dict[DecisionCase, list[Match]] = {}
        """What is denied only where policies end, once all that can be taken out is."""
        policies = sorted(policy_set.policies, key=lambda policy: (not policy.untracked, not policy.pre_dnat))
        owners: list[Policy | Profile] = [*policies, *policy_set.profiles.values()]
        for owner in owners:
            self._add_dead_rules(owner)
        for profile in self._in_reverse_stage_order(policy_set.profiles.values()):
            self._find_removable_rules(profile)
        for policy in reversed(policies):
            if not self._try_removing_policy(policy):
                self._find_removable_rules(policy)

    def _add_dead_rules(self, owner: Policy | Profile) -> None:
        for direction in DIRECTIONS:
            if (owner, direction) in self._cases_by_owner:
                self.dead.update((rule, None) for rule in owner.rules(direction) if rule not in self._matches_by_rule)
        self._removed.update(self.dead)

    def _in_reverse_stage_order(self, profiles: Iterable[Profile]) -> list[Profile]:
        """The profiles in an order in which those are first that endpoints have last, as far as there is one."""
        positions: dict[Policy | Profile, int] = {}
        for case in self._cases.cases:
            for number, stage in enumerate(case.stages):
                positions.update((owner, max(number, positions.get(owner, 0))) for owner in stage.owners)
        return sorted(profiles, key=lambda profile: -positions.get(profile, 0))

    def _find_removable_rules(self, owner: Policy | Profile) -> None:
        for rule in (*reversed(owner.ingress), *reversed(owner.egress)):
            if rule.action == "log" or rule not in self._matches_by_rule:
                continue
            # Two profiles may each stand before the other: then those that lean on this one are judged again.
            dependents = self._dependents.get(rule, ())
            self._removed.add(rule)
            if all(self._is_unchanged(self._changes_without_rule(each), {each}) for each in (rule, *dependents)):
                self.rules[rule] = None
            else:
                self._removed.remove(rule)

    def _try_removing_policy(self, policy: Policy) -> bool:
        """Whether the policy as a whole can go; its rules go with it then."""
        rules = {rule for rule in (*policy.ingress, *policy.egress) if rule in self._matches_by_rule}
        if not any((policy, direction) in self._cases_by_owner for direction in DIRECTIONS):
            return False
        if any(rule.action == "log" for rule in rules) or self._is_last_of_tier(policy):
            return False
        self._removed.update(rules, (policy,))
        changes = chain.from_iterable(map(self._changes_without_rule, rules))
        if self._is_unchanged(chain(changes, self._changes_without_policy(policy)), rules):
            self.policies[policy] = None
            return True
        self._removed.difference_update(rules, (policy,))
        return False

    def _is_last_of_tier(self, policy: Policy) -> bool:
        """Whether it is the last one of a tier where several tiers deny, which v1 can't say: such a policy stays."""
        return any(
            stage.denies and policy in stage.owners and self._removed.issuperset({*stage.owners} - {policy})
            for direction in DIRECTIONS
            for case in self._cases_by_owner.get((policy, direction), ())
            if sum(other.denies for other in case.stages) > 1
            for stage in case.stages
        )

    def _changes_without_rule(self, rule: Rule) -> Iterator[_ReplayChange]:
        """What else becomes of everything that a rule decides."""
        for case, matches in self._matches_by_rule[rule].items():
            blocks = service_blocks(matches)
            before: Iterable[Match] = matches
            if rule.action == "pass":
                before = self._replay(case, blocks).from_stage(case.stage_number(rule) + 1)
            yield _ReplayChange(case, before, self._replay(case, blocks).after_rule(rule))

    def _changes_without_policy(self, policy: Policy) -> Iterator[_ReplayChange]:
        """What becomes of what is denied because policies govern a direction, where they do no longer."""
        for direction in DIRECTIONS:
            for case in self._cases_by_owner.get((policy, direction), ()):
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
        """Whether none of the changes that come of taking rules out changes anything. Remembers what takes over."""
        takeovers: list[tuple[DecisionCase, Match]] = []
        for change in changes:
            new_matches = change.new_matches()
            if new_matches is None:
                return False
            takeovers += ((change.case, match) for match in new_matches)
        for case, hit in takeovers:
            if isinstance(hit.matched_by, Rule):
                self._dependents.setdefault(hit.matched_by, set()).update(rules)
            elif hit.matched_by is DefaultDecision.POLICIES:
                self._denied_by_default.setdefault(case, []).append(hit)
        return True


@dataclass
class _ReplayChange:
    """What becomes of some cells now, and what would."""

    case: DecisionCase
    before: Iterable[Match]
    after: Iterable[Match]

    def new_matches(self) -> list[Match] | None:
        """What would decide; None when anything differs. Stops at the first thing that does."""
        before = list(self.before)
        actions = {match.action for match in before} - {"pass"}
        if len(actions) > 1:
            return self._compare_actions(before)
        new_matches = []
        for hit in self.after:
            if hit.action not in {"pass", *actions}:
                return None
            new_matches.append(hit)
        return new_matches

    def _compare_actions(self, before: list[Match]) -> list[Match] | None:
        after = list(self.after)
        for key in {_comparison_key(match) for match in (*before, *after)} - {""}:
            left, right = ([match for match in matches if _comparison_key(match) == key] for matches in (before, after))
            if _exceeds(left, right) or _exceeds(right, left):
                return None
        return after


def _comparison_key(match: Match) -> str | Rule | DefaultDecision:
    """What has to stay the same: what is allowed, and what each rule logs; nothing for what follows from these."""
    if match.action == "log":
        return match.matched_by
    return match.action if match.action == "allow" else ""


def _exceeds(left: Iterable[Match], right: Iterable[Match]) -> bool:
    """Whether hits hold more than others do."""
    blocks = service_blocks(left)
    for match in right:
        blocks = split_blocks(blocks, match.peers, match.services)[1]
    return bool(blocks)
