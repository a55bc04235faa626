"""Simulation of a decision case without some of its rules and policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from calicoctl.analysis.evaluation.first_match import Match, ServiceBlocks, merge_blocks, split_blocks
from calicoctl.analysis.evaluation.stages import DefaultDecision, Stage
from calicoctl.analysis.lint.facts.cases import DecisionCase, DecisionCases
from calicoctl.analysis.model.policy_set import Policy, Rule

RemovedRules = set["Rule | Policy"]
"""Removed rules and policies. A removed policy no longer denies the rest; its rules are separate members."""


class Replay:
    """Evaluation of some packets in a case.

    Args:
        cases: all decision cases.
        case: the case of the packets.
        blocks: the packets.
        removed: the rules and policies to skip.
    """

    def __init__(self, cases: DecisionCases, case: DecisionCase, blocks: ServiceBlocks, removed: RemovedRules) -> None:
        self._cases = cases
        self._case = case
        self._undecided = blocks
        self._passed: ServiceBlocks = {}
        self._removed = removed

    def after_rule(self, rule: Rule) -> Iterator[Match]:
        """Yield the matches of the packets after a rule, in the order of the rules."""
        number = self._case.stage_number(rule)
        stage = self._case.stages[number]
        rules = list(stage.rules)
        yield from self._run_stage(stage, rules[rules.index(rule) + 1 :])
        yield from self.from_stage(number + 1)

    def from_stage(self, number: int) -> Iterator[Match]:
        """Yield the matches of the packets from a stage on, in the order of the rules."""
        for stage in self._case.stages[number:]:
            if self._undecided:
                yield from self._run_stage(stage, stage.rules)
        yield from _matches(DefaultDecision.PROFILES, "deny", self._undecided)

    def _run_stage(self, stage: Stage, rules: Iterable[Rule]) -> Iterator[Match]:
        if stage.missing_profile:
            yield from self._deny_rest(DefaultDecision.MISSING)
        for rule in rules:
            if self._undecided and rule not in self._case.skipped_rules and rule not in self._removed:
                yield from self._try_rule(rule)
        if stage.denies and not self._removed.issuperset(stage.owners):
            yield from self._deny_rest(DefaultDecision.POLICIES)
        self._undecided, self._passed = merge_blocks(self._undecided, self._passed), {}

    def _try_rule(self, rule: Rule) -> Iterator[Match]:
        matched, rest = split_blocks(self._undecided, *self._cases.rule_match(rule, self._case.version))
        if rule.action != "log":
            self._undecided = rest
        if rule.action == "pass":
            self._passed = merge_blocks(self._passed, matched)
        return _matches(rule, rule.action, matched)

    def _deny_rest(self, default: DefaultDecision) -> Iterator[Match]:
        undecided, self._undecided = self._undecided, {}
        return _matches(default, "deny", undecided)


def _matches(
    matched_by: Rule | DefaultDecision, action: Literal["allow", "deny", "log", "pass"], blocks: ServiceBlocks
) -> Iterator[Match]:
    return (Match(matched_by, action, peers, services) for services, peers in blocks.items())
