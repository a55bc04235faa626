"""Simulation of a decision case without some of its rules and policies."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from functools import partial

from calicoctl.analysis.evaluation.match_blocks import Match, ServiceBlocks, make_matches, run_stage
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
        self._blocks = blocks
        self._removed = removed

    def after_rule(self, rule: Rule) -> Iterator[Match]:
        """Yield the matches of the packets after a rule, in the order of the rules."""
        number = self._case.stage_number(rule)
        stage = self._case.stages[number]
        rules = list(stage.rules)
        undecided = yield from self._run_stage(stage, rules[rules.index(rule) + 1 :], self._blocks)
        yield from self._run_stages(number + 1, undecided)

    def from_stage(self, number: int) -> Iterator[Match]:
        """Yield the matches of the packets from a stage on, in the order of the rules."""
        return self._run_stages(number, self._blocks)

    def _run_stages(self, number: int, undecided: ServiceBlocks) -> Iterator[Match]:
        for stage in self._case.stages[number:]:
            undecided = yield from self._run_stage(stage, stage.rules, undecided)
        yield from make_matches(DefaultDecision.PROFILES, "deny", undecided)

    def _run_stage(
        self, stage: Stage, rules: Iterable[Rule], undecided: ServiceBlocks
    ) -> Generator[Match, None, ServiceBlocks]:
        remaining = (rule for rule in rules if rule not in self._case.skipped_rules and rule not in self._removed)
        criteria = partial(self._cases.rule_match, version=self._case.version)
        denies = stage.denies and not self._removed.issuperset(stage.owners)
        return run_stage(stage, remaining, undecided, criteria, denies=denies)
