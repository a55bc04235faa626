"""Cases: what is decided on one direction of endpoints that are all decided on alike, with the rules tried for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from calicoctl.analysis.firstmatch import Cells, Hit, Outcome
from calicoctl.analysis.model import Direction, Policy, Profile, Rule
from calicoctl.analysis.relation import Analysis
from calicoctl.analysis.rulesets import services_of
from calicoctl.analysis.services import ServiceSet
from calicoctl.analysis.stages import Governance, Stage, stages

DIRECTIONS: tuple[Direction, ...] = ("ingress", "egress")


@dataclass(eq=False)
class Case:
    """Groups that one outcome holds for."""

    direction: Direction
    version: int
    governance: Governance
    stages: tuple[Stage, ...]
    skipped: frozenset[Rule]
    """The rules whose own side none of the groups matches."""
    outcome: Outcome
    groups: int = 0
    """The groups, as a set."""

    @property
    def rules(self) -> Iterator[tuple[int, Rule]]:
        """The rules that are tried, in their order, each with the number of its stage."""
        for number, stage in enumerate(self.stages):
            yield from ((number, rule) for rule in stage.rules if rule not in self.skipped)

    def stage_of(self, rule: Rule) -> int:
        """The number of the stage of a rule that is tried."""
        return next(number for number, other in self.rules if other is rule)


class Cases:
    """All cases of an analysis, and who matches what in them.

    Args:
        analysis: of everybody whom it is about.
    """

    def __init__(self, analysis: Analysis) -> None:
        self._masks = analysis.universe.masks
        self._profiles = analysis.policy_set.profiles
        self._matched: dict[tuple[Rule, int], tuple[int, ServiceSet]] = {}
        found: dict[Outcome, Case] = {}
        for direction in DIRECTIONS:
            for group in analysis.groups:
                if group.governance is None:
                    continue
                outcome = analysis.outcome(group, direction)
                if outcome not in found:
                    tried = stages(group.governance, self._profiles, direction)
                    skipped = self._skipped(tried, group.version, 1 << group.index)
                    found[outcome] = Case(direction, group.version, group.governance, tried, skipped, outcome)
                found[outcome].groups |= 1 << group.index
        self.listed = tuple(found.values())

    def _skipped(self, found: Iterable[Stage], version: int, bit: int) -> frozenset[Rule]:
        rules = (rule for stage in found for rule in stage.rules if not rule.side(peer=False).any_address)
        return frozenset(rule for rule in rules if not self._masks.matched(rule.side(peer=False), version) & bit)

    def matched(self, rule: Rule, version: int) -> tuple[int, ServiceSet]:
        """The peers and the services that match a rule, whatever comes before it."""
        key = (rule, version)
        if key not in self._matched:
            self._matched[key] = self._masks.matched(rule.side(peer=True), version), services_of(rule, version)
        return self._matched[key]

    def hits(self) -> dict[Rule, dict[Case, list[Hit]]]:
        """What each rule is the first to match, in which case; a rule that is missing never is."""
        found: dict[Rule, dict[Case, list[Hit]]] = {}
        for case in self.listed:
            for hit in case.outcome.hits:
                if isinstance(hit.by, Rule):
                    found.setdefault(hit.by, {}).setdefault(case, []).append(hit)
        return found


def cells_of(hits: Iterable[Hit]) -> Cells:
    """The cells that hits are about."""
    cells: Cells = {}
    for hit in hits:
        cells[hit.services] = cells.get(hit.services, 0) | hit.peers
    return cells


def owners(case: Case) -> Iterator[Policy | Profile]:
    """The policies and profiles that are asked in a case."""
    for stage in case.stages:
        yield from stage.owners
