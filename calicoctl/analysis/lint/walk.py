"""What becomes of packets behind a rule, or behind a stage, when some rules and policies are taken out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from calicoctl.analysis.firstmatch import Cells, Hit, merged, split
from calicoctl.analysis.lint.cases import Case, Cases
from calicoctl.analysis.model import Policy, Rule
from calicoctl.analysis.stages import End, Stage

Without = set["Rule | Policy"]
"""What is taken out."""


class Walk:
    """Packets on their way through a case.

    Args:
        cases: who matches what.
        case: where they are decided on.
        cells: the packets.
        without: the rules that are not tried, and the policies that do not govern.
    """

    def __init__(self, cases: Cases, case: Case, cells: Cells, without: Without) -> None:
        self._cases = cases
        self._case = case
        self._undecided = cells
        self._passed: Cells = {}
        self._without = without

    def behind(self, rule: Rule) -> Iterator[Hit]:
        """What becomes of them behind a rule: hits in the order of the rules."""
        number = self._case.stage_of(rule)
        stage = self._case.stages[number]
        rules = list(stage.rules)
        yield from self._through(stage, rules[rules.index(rule) + 1 :])
        yield from self.from_stage(number + 1)

    def from_stage(self, number: int) -> Iterator[Hit]:
        """What becomes of them from a stage on."""
        for stage in self._case.stages[number:]:
            if self._undecided:
                yield from self._through(stage, stage.rules)
        yield from _hits(End.PROFILES, "deny", self._undecided)

    def _through(self, stage: Stage, rules: Iterable[Rule]) -> Iterator[Hit]:
        if stage.missing:
            yield from self._denied(End.MISSING)
        for rule in rules:
            if self._undecided and rule not in self._case.skipped and rule not in self._without:
                yield from self._tried(rule)
        if stage.denies and not self._without.issuperset(stage.owners):
            yield from self._denied(End.POLICIES)
        self._undecided, self._passed = merged(self._undecided, self._passed), {}

    def _tried(self, rule: Rule) -> Iterator[Hit]:
        matched, rest = split(self._undecided, *self._cases.matched(rule, self._case.version))
        if rule.action != "log":
            self._undecided = rest
        if rule.action == "pass":
            self._passed = merged(self._passed, matched)
        return _hits(rule, rule.action, matched)

    def _denied(self, end: End) -> Iterator[Hit]:
        undecided, self._undecided = self._undecided, {}
        return _hits(end, "deny", undecided)


def _hits(by: Rule | End, action: Literal["allow", "deny", "log", "pass"], cells: Cells) -> Iterator[Hit]:
    return (Hit(by, action, peers, services) for services, peers in cells.items())
