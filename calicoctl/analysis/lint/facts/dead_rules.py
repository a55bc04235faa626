"""Why a rule never matches: it means nobody that there is, or what comes before it decides on all that it means."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from calicoctl.analysis.evaluation.first_match import ServiceBlocks, split_blocks
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.lint.facts.cases import DecisionCase, service_blocks
from calicoctl.analysis.lint.facts.unsatisfiable import contradiction, contradiction_for_version
from calicoctl.analysis.model.policy_set import Policy, Profile, Rule
from calicoctl.analysis.sets.intervals import iter_ranges
from calicoctl.analysis.sets.rectangles import iter_rectangles
from calicoctl.analysis.sets.services import ServiceSet

if TYPE_CHECKING:
    from calicoctl.analysis.lint.facts.context import LintContext


class DeadReason(Enum):
    """Why a rule never matches."""

    CONTRADICTION = "its criteria exclude each other"
    IP_VERSION = "nobody has an address of its IP version"
    OWN_SIDE = "none of those whom it is for is what it asks for on their own side"
    PEER_SIDE = "nobody is what it asks for on the other side"
    BYPASSED = "it is in a profile, and policies decide on all that it matches"
    SHADOWED = "rules before it decide on all that it matches"


def dead_reason(context: LintContext, owner: Policy | Profile, rule: Rule) -> DeadReason:
    """Why a rule never matches; it is one of those that are tried."""
    if contradiction(rule):
        return DeadReason.CONTRADICTION
    cases = [
        case
        for case in context.cases_by_owner[owner, rule.direction]
        if not contradiction_for_version(rule, case.version)
    ]
    if not cases:
        return DeadReason.IP_VERSION
    tried = [case for case in cases if rule not in case.skipped_rules]
    if not tried:
        return DeadReason.OWN_SIDE
    matched = [case for case in tried if all(context.cases.rule_match(rule, case.version))]
    if not matched:
        return DeadReason.PEER_SIDE
    if isinstance(owner, Profile) and not any(reachable_part(context, case, rule) for case in matched):
        return DeadReason.BYPASSED
    return DeadReason.SHADOWED


def reachable_part(context: LintContext, case: DecisionCase, rule: Rule) -> ServiceBlocks:
    """What a rule matches of all that comes to its stage at all, were there no rules before it in its stage."""
    peers, services = context.cases.rule_match(rule, case.version)
    if case.stages[case.stage_number(rule)].kind != "profile":
        return {services: peers}
    defaults = (DefaultDecision.PROFILES, DefaultDecision.NO_PROFILE, DefaultDecision.MISSING)
    profiles = {*defaults, *(other for number, other in case.numbered_rules if case.stages[number].kind == "profile")}
    arriving = (match for match in case.decision.matches if match.matched_by in profiles and match.is_final)
    return split_blocks(service_blocks(arriving), peers, services)[0]


def shadowing_rules(context: LintContext, case: DecisionCase, rule: Rule) -> list[Rule]:
    """A few rules that together match all that a rule matches, those first that match most of what is left."""
    remaining, stage = reachable_part(context, case, rule), case.stages[case.stage_number(rule)]
    earlier_rules: list[Rule] = []
    for number, other in case.numbered_rules:
        if other is rule:
            break
        if other.action != "log" and (case.stages[number].kind == stage.kind or stage.kind != "profile"):
            earlier_rules.append(other)
    shadowing: list[Rule] = []
    while remaining and earlier_rules:
        splits = [split_blocks(remaining, *context.cases.rule_match(other, case.version)) for other in earlier_rules]
        best = max(range(len(earlier_rules)), key=lambda place: _count_pairs(splits[place][0]))
        if not splits[best][0]:
            break
        shadowing.append(earlier_rules.pop(best))
        remaining = splits[best][1]
    return sorted(shadowing, key=[other for _, other in case.numbered_rules].index)


def _count_pairs(blocks: ServiceBlocks) -> int:
    """How much there is: pairs of a group and a service."""
    return sum(peers.bit_count() * _count_services(services) for services, peers in blocks.items())


def _count_services(services: ServiceSet) -> int:
    single = sum(end - start for start, end in iter_ranges(services.single_protocols))
    rectangle_sets = (iter_rectangles(pairs) for pairs in services.pair_sets)
    return single + sum(
        (end - start) * sum(b - a for a, b in iter_ranges(row)) for each in rectangle_sets for (start, end), row in each
    )
