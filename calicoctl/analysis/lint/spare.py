"""Which rules and policies could be taken out, all of them at once, without any change of what is decided and logged.

A rule that nothing comes to is one. Of the others a rule is one when for everything that it decides, what comes behind
it decides the same. Rules are judged from the last to the first, and those that another one's place is taken by stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from calicoctl.analysis.firstmatch import Cells, Hit, split
from calicoctl.analysis.lint.cases import DIRECTIONS, Case, Cases, cells_of
from calicoctl.analysis.lint.walk import Walk, Without
from calicoctl.analysis.model import Direction, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.stages import End

Hits = Mapping[Rule, Mapping[Case, list[Hit]]]
Asked = Mapping[tuple[Policy | Profile, Direction], list[Case]]


class Spare:
    """What could be taken out.

    Args:
        policy_set: all policies and profiles.
        cases: all that is decided.
        hits: what each rule is the first to match.
        asked: the cases in which each policy and profile is asked.
    """

    def __init__(self, policy_set: PolicySet, cases: Cases, hits: Hits, asked: Asked) -> None:
        self._cases = cases
        self._hits = hits
        self._asked = asked
        self.idle: dict[Rule, None] = {}
        """The rules that are tried, but nothing comes to that they match."""
        self.rules: dict[Rule, None] = {}
        """The rules behind which the same is decided."""
        self.policies: dict[Policy, None] = {}
        """The policies as a whole of which the same is true; their rules are not among those above."""
        self._without: Without = set()
        self._leaning: dict[Rule, set[Rule]] = {}
        """The rules that were taken out because of one that takes their place."""
        self._denied: dict[Case, list[Hit]] = {}
        """What is denied only where policies end, once all that can be taken out is."""
        policies = sorted(policy_set.policies, key=lambda policy: (not policy.untracked, not policy.pre_dnat))
        owners: list[Policy | Profile] = [*policies, *policy_set.profiles.values()]
        for owner in owners:
            self._add_idle(owner)
        for profile in self._from_the_last_on(policy_set.profiles.values()):
            self._judge_rules(profile)
        for policy in reversed(policies):
            if not self._judge_policy(policy):
                self._judge_rules(policy)

    def _add_idle(self, owner: Policy | Profile) -> None:
        for direction in DIRECTIONS:
            if (owner, direction) in self._asked:
                self.idle.update((rule, None) for rule in owner.rules(direction) if rule not in self._hits)
        self._without.update(self.idle)

    def _from_the_last_on(self, profiles: Iterable[Profile]) -> list[Profile]:
        """The profiles in an order in which those are first that endpoints have last, as far as there is one."""
        places: dict[Policy | Profile, int] = {}
        for case in self._cases.listed:
            for number, stage in enumerate(case.stages):
                places.update((owner, max(number, places.get(owner, 0))) for owner in stage.owners)
        return sorted(profiles, key=lambda profile: -places.get(profile, 0))

    def _judge_rules(self, owner: Policy | Profile) -> None:
        for rule in (*reversed(owner.ingress), *reversed(owner.egress)):
            if rule.action == "log" or rule not in self._hits:
                continue
            # Two profiles may each stand before the other: then those that lean on this one are judged again.
            leaning = self._leaning.get(rule, ())
            self._without.add(rule)
            if all(self._taken_over(self._behind(each), {each}) for each in (rule, *leaning)):
                self.rules[rule] = None
            else:
                self._without.remove(rule)

    def _judge_policy(self, policy: Policy) -> bool:
        """Whether the policy as a whole can go; its rules go with it then."""
        rules = {rule for rule in (*policy.ingress, *policy.egress) if rule in self._hits}
        if not any((policy, direction) in self._asked for direction in DIRECTIONS):
            return False
        if any(rule.action == "log" for rule in rules) or self._ends_a_tier(policy):
            return False
        self._without.update(rules, (policy,))
        behind = chain.from_iterable(map(self._behind, rules))
        if self._taken_over(chain(behind, self._opened(policy)), rules):
            self.policies[policy] = None
            return True
        self._without.difference_update(rules, (policy,))
        return False

    def _ends_a_tier(self, policy: Policy) -> bool:
        """Whether it is the last one of a tier where several tiers deny, which v1 can't say: such a policy stays."""
        return any(
            stage.denies and policy in stage.owners and self._without.issuperset({*stage.owners} - {policy})
            for direction in DIRECTIONS
            for case in self._asked.get((policy, direction), ())
            if sum(other.denies for other in case.stages) > 1
            for stage in case.stages
        )

    def _behind(self, rule: Rule) -> Iterator[_Change]:
        """What else becomes of everything that a rule decides."""
        for case, hits in self._hits[rule].items():
            cells = cells_of(hits)
            before: Iterable[Hit] = hits
            if rule.action == "pass":
                before = self._walk(case, cells).from_stage(case.stage_of(rule) + 1)
            yield _Change(case, before, self._walk(case, cells).behind(rule))

    def _opened(self, policy: Policy) -> Iterator[_Change]:
        """What becomes of what is denied because policies govern a direction, where they do no longer."""
        for direction in DIRECTIONS:
            for case in self._asked.get((policy, direction), ()):
                for number, stage in enumerate(case.stages):
                    if stage.denies and policy in stage.owners and self._without.issuperset(stage.owners):
                        denied = [hit for hit in case.outcome.hits if hit.by is End.POLICIES]
                        denied += self._denied.get(case, ())
                        after = self._walk(case, cells_of(denied)).from_stage(number + 1)
                        yield _Change(case, denied, after)

    def _walk(self, case: Case, cells: Cells) -> Walk:
        return Walk(self._cases, case, cells, self._without)

    def _taken_over(self, changes: Iterable[_Change], rules: set[Rule]) -> bool:
        """Whether none of the changes that come of taking rules out changes anything. Remembers what takes over."""
        taken: list[tuple[Case, Hit]] = []
        for change in changes:
            taken_by = change.taken_by()
            if taken_by is None:
                return False
            taken += ((change.case, hit) for hit in taken_by)
        for case, hit in taken:
            if isinstance(hit.by, Rule):
                self._leaning.setdefault(hit.by, set()).update(rules)
            elif hit.by is End.POLICIES:
                self._denied.setdefault(case, []).append(hit)
        return True


@dataclass
class _Change:
    """What becomes of some cells now, and what would."""

    case: Case
    before: Iterable[Hit]
    after: Iterable[Hit]

    def taken_by(self) -> list[Hit] | None:
        """What would decide; None when anything differs. Stops at the first thing that does."""
        before = list(self.before)
        actions = {hit.action for hit in before} - {"pass"}
        if len(actions) > 1:
            return self._compared(before)
        taken_by = []
        for hit in self.after:
            if hit.action not in {"pass", *actions}:
                return None
            taken_by.append(hit)
        return taken_by

    def _compared(self, before: list[Hit]) -> list[Hit] | None:
        after = list(self.after)
        for by in {_sort(hit) for hit in (*before, *after)} - {""}:
            one, other = ([hit for hit in hits if _sort(hit) == by] for hits in (before, after))
            if _more(one, other) or _more(other, one):
                return None
        return after


def _sort(hit: Hit) -> str | Rule | End:
    """What has to stay the same: what is allowed, and what each rule logs; nothing for what follows from these."""
    if hit.action == "log":
        return hit.by
    return hit.action if hit.action == "allow" else ""


def _more(one: Iterable[Hit], other: Iterable[Hit]) -> bool:
    """Whether hits hold more than others do."""
    cells = cells_of(one)
    for hit in other:
        cells = split(cells, hit.peers, hit.services)[1]
    return bool(cells)
