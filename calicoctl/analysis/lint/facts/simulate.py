"""Simulation of a decision case in which some rules and policies may be missing: all variants together."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence

from calicoctl.analysis.evaluation.match_blocks import (
    Match,
    ServiceBlocks,
    make_matches,
    merge_blocks,
    split_by_criteria,
)
from calicoctl.analysis.evaluation.stages import DefaultDecision, Stage
from calicoctl.analysis.lint.facts.cases import DecisionCase, DecisionCases
from calicoctl.analysis.model.policy_set import Policy, Profile, Rule, RuleAction

OptionalItems = set["Rule | Policy"]
"""Rules and policies, any of which may be missing. A policy is missing with all of its rules."""


class Replay:
    """Evaluation of some packets in a case, in all variants.

    A match is a match in at least one variant. So a packet has the same decision in all variants if its final matches
    have one action.

    Args:
        cases: all decision cases.
        case: the case of the packets.
        blocks: the packets.
        optional: rules and policies that may be missing.
        expected: action of all packets, if it is one. Optional rules with this action are skipped: with and without
            them, the packet is decided as expected, or by the rules after them.
    """

    def __init__(
        self,
        cases: DecisionCases,
        case: DecisionCase,
        blocks: ServiceBlocks,
        optional: OptionalItems,
        expected: RuleAction | None,
    ) -> None:
        self._cases = cases
        self._case = case
        self._blocks = blocks
        self._optional = optional
        self._expected = expected

    def after_rule(self, rule: Rule) -> Iterator[Match]:
        """Yield the matches of the packets after a rule."""
        number, owner_index = self._case.positions[rule]
        stage = self._case.stages[number]
        run = _StageRun(stage, absent={}, present=self._blocks)
        owner = stage.owners[owner_index]
        rules = owner.rules(stage.direction)
        run.present = yield from self._run_rules(rules[rules.index(rule) + 1 :], run.present, run)
        yield from self._run_to_end(number, run, stage.owners[owner_index + 1 :])

    def after_policy(self, policy: Policy, number: int) -> Iterator[Match]:
        """Yield the matches of the packets without a policy of a stage, after this policy."""
        stage = self._case.stages[number]
        index = stage.owners.index(policy)
        run = _StageRun(stage, absent={} if index else self._blocks, present=self._blocks if index else {})
        yield from self._run_to_end(number, run, stage.owners[index + 1 :])

    def from_stage(self, number: int) -> Iterator[Match]:
        """Yield the matches of the packets from a stage on."""
        yield from self._run_stages(number, self._blocks)

    def _run_to_end(self, number: int, run: _StageRun, owners: Sequence[Policy | Profile]) -> Iterator[Match]:
        undecided = yield from self._run_owners(run, owners)
        yield from self._run_stages(number + 1, undecided)

    def _run_stages(self, number: int, undecided: ServiceBlocks) -> Iterator[Match]:
        for stage in self._case.stages[number:]:
            run = _StageRun(stage, absent=undecided, present={})
            undecided = yield from self._run_owners(run, stage.owners)
        yield from make_matches(DefaultDecision.PROFILES, "deny", undecided)

    def _run_owners(self, run: _StageRun, owners: Iterable[Policy | Profile]) -> Generator[Match, None, ServiceBlocks]:
        """Evaluate owners of a stage and its end; return the packets that reach the next stage."""
        if run.stage.missing_profile:
            yield from make_matches(DefaultDecision.MISSING, "deny", run.absent)
            return {}
        for owner in owners:
            if not (run.absent or run.present):
                break
            if owner not in self._optional:
                undecided = yield from self._run_rules(owner.rules(run.stage.direction), run.entering, run)
                run.absent, run.present = {}, undecided
            elif run.absent or not self._decides_as_expected(owner, run.stage):
                undecided = yield from self._run_rules(owner.rules(run.stage.direction), run.entering, run)
                run.present = merge_blocks(run.present, undecided) if run.absent else run.present
        if run.stage.denies:
            yield from make_matches(DefaultDecision.POLICIES, "deny", run.present)
            return merge_blocks(run.absent, run.passed)
        return merge_blocks(merge_blocks(run.absent, run.present), run.passed)

    def _decides_as_expected(self, owner: Policy | Profile, stage: Stage) -> bool:
        return all(rule.action == self._expected for rule in owner.rules(stage.direction))

    def _run_rules(
        self, rules: Iterable[Rule], undecided: ServiceBlocks, run: _StageRun
    ) -> Generator[Match, None, ServiceBlocks]:
        """Evaluate rules of one owner; return the packets after them."""
        for rule in rules:
            if not undecided:
                break
            optional = rule in self._optional
            if rule in self._case.skipped_rules or (optional and rule.action == self._expected):
                continue
            matched, rest = split_by_criteria(undecided, self._cases.criteria(rule, self._case))
            yield from make_matches(rule, rule.action, matched)
            if rule.action == "pass":
                run.passed = merge_blocks(run.passed, matched)
            if not optional and rule.action != "log":
                undecided = rest
        return undecided


class _StageRun:
    """Packets within a stage.

    Args:
        stage: the stage.
        absent: packets for which all policies of the stage before may be missing.
        present: packets that a policy of the stage has left undecided: they do not reach the next stage.
    """

    def __init__(self, stage: Stage, absent: ServiceBlocks, present: ServiceBlocks) -> None:
        self.stage = stage
        self.absent = absent
        self.present = present
        self.passed: ServiceBlocks = {}
        """Packets that a rule passes to the next stage."""

    @property
    def entering(self) -> ServiceBlocks:
        """Packets that the next policy evaluates."""
        return merge_blocks(self.absent, self.present) if self.absent else self.present
