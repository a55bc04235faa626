"""CAL010: policies with the same order whose names determine the decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, product

from calicoctl.analysis.evaluation.match_blocks import ServiceBlocks, split_blocks, split_by_criteria
from calicoctl.analysis.evaluation.stages import DefaultDecision, Stage
from calicoctl.analysis.lint.facts.cases import DecisionCase, DecisionCases, service_blocks
from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import name_with_location
from calicoctl.analysis.model.policy_set import Policy, Rule
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.services import ServiceSet


def find(context: LintContext) -> Iterator[Issue]:
    """Report policies with the same order that decide differently on the same packets."""
    reported: set[Policy] = set()
    ties = _OrderTies(context.cases)
    for case in context.cases.cases:
        for stage in case.stages:
            for _, same_order in groupby(stage.owners, key=lambda owner: isinstance(owner, Policy) and owner.order):
                tied = [owner for owner in same_order if isinstance(owner, Policy)]
                for later, earlier, services in ties.conflicts(case, stage, tied):
                    if later not in reported:
                        reported.add(later)
                        yield _issue(earlier, later, services)


def _issue(earlier: Policy, later: Policy, services: ServiceSet) -> Issue:
    order = "no order" if later.order is None else f"order {later.order:g}"
    path = ("metadata", "name") if later.order is None else ("spec", "order")
    traffic = service_text.format_services(services)
    conflict = f"{name_with_location(earlier)} also has {order} and decides differently on {traffic}"
    return Issue(later.origin, path, f"{conflict}: it is evaluated first because of its name (set different orders)")


class _OrderTies:
    """Search for policies whose order changes the decisions."""

    def __init__(self, cases: DecisionCases) -> None:
        self._cases = cases
        self._overlap_by_rules: dict[object, bool] = {}

    def conflicts(
        self, case: DecisionCase, stage: Stage, tied: Sequence[Policy]
    ) -> Iterator[tuple[Policy, Policy, ServiceSet]]:
        """Yield pairs of policies that decide differently, the later one first, with services that they decide on."""
        pairs = [(earlier, later) for index, later in enumerate(tied) for earlier in tied[:index]]
        pairs = [(earlier, later) for earlier, later in pairs if self._may_disagree(case, earlier, later)]
        if not pairs:
            return
        arriving = self._arriving_blocks(case, stage, tied[0])
        decisions = {policy: self._decisions(case, policy, arriving) for policy in dict.fromkeys(sum(pairs, ()))}
        for earlier, later in pairs:
            for action, blocks in decisions[earlier]:
                for services, peers in blocks.items():
                    for later_action, later_blocks in decisions[later]:
                        common = split_blocks(later_blocks, peers, services)[0] if later_action != action else {}
                        if common:
                            yield later, earlier, next(iter(common))

    def _may_disagree(self, case: DecisionCase, earlier: Policy, later: Policy) -> bool:
        """Return whether rules with different actions match common packets, without earlier rules."""
        return any(
            self._overlap(case, rule, other)
            for rule in earlier.rules(case.direction)
            for other in later.rules(case.direction)
            if rule.action != other.action and "log" not in {rule.action, other.action}
        )

    def _overlap(self, case: DecisionCase, left: Rule, right: Rule) -> bool:
        if left in case.skipped_rules or right in case.skipped_rules:
            return False
        criteria = [self._cases.criteria(rule, case) for rule in (left, right)]
        key = (left, right, *criteria)
        if key not in self._overlap_by_rules:
            self._overlap_by_rules[key] = any(
                peers & other_peers and services & other_services
                for (peers, services), (other_peers, other_services) in product(*criteria)
            )
        return self._overlap_by_rules[key]

    @staticmethod
    def _arriving_blocks(case: DecisionCase, stage: Stage, first_policy: Policy) -> ServiceBlocks:
        """Return the packets that reach a policy: decided by it, by later policies or by the end of the stage."""
        owners = stage.owners[stage.owners.index(first_policy) :]
        rules = {rule for owner in owners for rule in owner.rules(case.direction)}
        decisive: set[Rule | DefaultDecision] = {rule for rule in rules if rule.action != "log"}
        if sum(other.denies for other in case.stages) == 1:  # otherwise the default deny may be that of another tier
            decisive.add(DefaultDecision.POLICIES)
        return service_blocks(match for match in case.decision.matches if match.matched_by in decisive)

    def _decisions(
        self, case: DecisionCase, policy: Policy, arriving: ServiceBlocks
    ) -> list[tuple[str, ServiceBlocks]]:
        """Return the action and the packets of each rule if only this policy decides."""
        result: list[tuple[str, ServiceBlocks]] = []
        for rule in policy.rules(case.direction):
            if rule.action != "log" and rule not in case.skipped_rules:
                matched, arriving = split_by_criteria(arriving, self._cases.criteria(rule, case))
                result.append((rule.action, matched))
        return result
