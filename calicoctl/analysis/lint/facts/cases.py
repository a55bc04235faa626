"""Cases: what is decided on one direction of endpoints that are all decided on alike, with the rules tried for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from calicoctl.analysis.evaluation.first_match import ClassDecision, Match, ServiceBlocks
from calicoctl.analysis.evaluation.reachability import Reachability
from calicoctl.analysis.evaluation.rule_services import rule_services
from calicoctl.analysis.evaluation.stages import EffectivePolicies, Stage, resolve_stages
from calicoctl.analysis.model.policy_set import Direction, Policy, Profile, Rule
from calicoctl.analysis.sets.services import ServiceSet

DIRECTIONS: tuple[Direction, ...] = ("ingress", "egress")


@dataclass(eq=False)
class DecisionCase:
    """Groups that one outcome holds for."""

    direction: Direction
    version: int
    effective_policies: EffectivePolicies
    stages: tuple[Stage, ...]
    skipped_rules: frozenset[Rule]
    """The rules whose own side none of the groups matches."""
    decision: ClassDecision
    classes: int = 0
    """The groups, as a set."""

    @property
    def numbered_rules(self) -> Iterator[tuple[int, Rule]]:
        """The rules that are tried, in their order, each with the number of its stage."""
        for number, stage in enumerate(self.stages):
            yield from ((number, rule) for rule in stage.rules if rule not in self.skipped_rules)

    def stage_number(self, rule: Rule) -> int:
        """The number of the stage of a rule that is tried."""
        return next(number for number, other in self.numbered_rules if other is rule)


class DecisionCases:
    """All cases of an analysis, and who matches what in them.

    Args:
        analysis: of everybody whom it is about.
    """

    def __init__(self, reachability: Reachability) -> None:
        self._peer_matcher = reachability.address_space.peer_matcher
        self._profiles = reachability.policy_set.profiles
        self._matches_by_rule: dict[tuple[Rule, int], tuple[int, ServiceSet]] = {}
        cases_by_decision: dict[ClassDecision, DecisionCase] = {}
        for direction in DIRECTIONS:
            for address_class in reachability.classes:
                if address_class.effective_policies is None:
                    continue
                decision = reachability.decision(address_class, direction)
                if decision not in cases_by_decision:
                    resolved = resolve_stages(address_class.effective_policies, self._profiles, direction)
                    skipped_rules = self._skipped_rules(resolved, address_class.version, 1 << address_class.index)
                    cases_by_decision[decision] = DecisionCase(
                        direction,
                        address_class.version,
                        address_class.effective_policies,
                        resolved,
                        skipped_rules,
                        decision,
                    )
                cases_by_decision[decision].classes |= 1 << address_class.index
        self.cases = tuple(cases_by_decision.values())

    def _skipped_rules(self, tried_stages: Iterable[Stage], version: int, own_class: int) -> frozenset[Rule]:
        rules = (rule for stage in tried_stages for rule in stage.rules if not rule.side(peer=False).any_address)
        return frozenset(
            rule for rule in rules if not self._peer_matcher.match(rule.side(peer=False), version) & own_class
        )

    def rule_match(self, rule: Rule, version: int) -> tuple[int, ServiceSet]:
        """The peers and the services that match a rule, whatever comes before it."""
        key = (rule, version)
        if key not in self._matches_by_rule:
            self._matches_by_rule[key] = (
                self._peer_matcher.match(rule.side(peer=True), version),
                rule_services(rule, version),
            )
        return self._matches_by_rule[key]

    def matches_by_rule(self) -> dict[Rule, dict[DecisionCase, list[Match]]]:
        """What each rule is the first to match, in which case; a rule that is missing never is."""
        result: dict[Rule, dict[DecisionCase, list[Match]]] = {}
        for case in self.cases:
            for match in case.decision.matches:
                if isinstance(match.matched_by, Rule):
                    result.setdefault(match.matched_by, {}).setdefault(case, []).append(match)
        return result


def service_blocks(matches: Iterable[Match]) -> ServiceBlocks:
    """The cells that hits are about."""
    blocks: ServiceBlocks = {}
    for match in matches:
        blocks[match.services] = blocks.get(match.services, 0) | match.peers
    return blocks


def case_owners(case: DecisionCase) -> Iterator[Policy | Profile]:
    """The policies and profiles that are asked in a case."""
    for stage in case.stages:
        yield from stage.owners
