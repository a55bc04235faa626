"""Dead rules: evaluated rules that never match a packet first, and the reason."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from calicoctl.analysis.evaluation.match_blocks import ServiceBlocks, split_by_criteria
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.lint.facts.cases import DecisionCase, service_blocks
from calicoctl.analysis.lint.facts.unsatisfiable import contradiction, contradiction_for_version
from calicoctl.analysis.model.policy_set import Policy, Profile, Rule
from calicoctl.analysis.sets.bitsets import add_bits
from calicoctl.analysis.sets.intervals import iter_ranges
from calicoctl.analysis.sets.rectangles import iter_rectangles
from calicoctl.analysis.sets.services import ServiceSet

if TYPE_CHECKING:
    from calicoctl.analysis.lint.facts.context import LintContext


class DeadReason(Enum):
    """Reason why a rule never matches."""

    CONTRADICTION = "its criteria exclude each other"
    IP_VERSION = "no endpoint that the rule applies to has an address of its IP version"
    OWN_SIDE = "no endpoint that the rule applies to matches its criteria for the own side"
    PEER_SIDE = "no peer matches its criteria for the other side"
    BYPASSED = "it is in a profile, and policies decide all packets that it matches"
    SHADOWED = "earlier rules decide all packets that it matches"


def dead_reason(context: LintContext, owner: Policy | Profile, rule: Rule) -> DeadReason:
    """Return the reason why a rule in `context.removable.dead` never matches."""
    if contradiction(rule):
        return DeadReason.CONTRADICTION
    cases = [
        case
        for case in context.cases.by_owner[owner, rule.direction]
        if not contradiction_for_version(rule, case.version)
    ]
    if not cases:
        return DeadReason.IP_VERSION
    evaluated = [case for case in cases if rule not in case.skipped_rules]
    if not evaluated:
        return DeadReason.OWN_SIDE
    matched = [case for case in evaluated if any(map(all, context.cases.criteria(rule, case)))]
    if not matched:
        return DeadReason.PEER_SIDE
    if isinstance(owner, Profile) and not any(reachable_part(context, case, rule) for case in matched):
        return DeadReason.BYPASSED
    return DeadReason.SHADOWED


def reachable_part(context: LintContext, case: DecisionCase, rule: Rule) -> ServiceBlocks:
    """Return the packets that reach the stage of a rule and match the rule, ignoring earlier rules of the stage."""
    criteria = context.cases.criteria(rule, case)
    if case.stage_of(rule).kind != "profile":
        blocks: ServiceBlocks = {}
        for peers, services in criteria:
            add_bits(blocks, services, peers)
        return blocks
    defaults = (DefaultDecision.PROFILES, DefaultDecision.NO_PROFILE, DefaultDecision.MISSING)
    profiles = {*defaults, *(other for number, other in case.numbered_rules if case.stages[number].kind == "profile")}
    arriving = (match for match in case.decision.matches if match.matched_by in profiles and match.is_final)
    return split_by_criteria(service_blocks(arriving), criteria)[0]


def shadowing_rules(context: LintContext, case: DecisionCase, rule: Rule) -> list[Rule]:
    """Return a few earlier rules that together match all packets of a rule, in their order.

    The search is greedy: it takes the rule that matches most of the remaining packets.
    """
    remaining, stage = reachable_part(context, case, rule), case.stage_of(rule)
    earlier_rules: list[Rule] = []
    for number, other in case.numbered_rules:
        if other is rule:
            break
        if other.action != "log" and (case.stages[number].kind == stage.kind or stage.kind != "profile"):
            earlier_rules.append(other)
    shadowing: list[Rule] = []
    while remaining and earlier_rules:
        splits = [split_by_criteria(remaining, context.cases.criteria(other, case)) for other in earlier_rules]
        best = max(range(len(earlier_rules)), key=lambda index: _count_pairs(splits[index][0]))
        if not splits[best][0]:
            break
        shadowing.append(earlier_rules.pop(best))
        remaining = splits[best][1]
    return sorted(shadowing, key=[other for _, other in case.numbered_rules].index)


def _count_pairs(blocks: ServiceBlocks) -> int:
    """Return the number of pairs of an address class and a service."""
    return sum(peers.bit_count() * _count_services(services) for services, peers in blocks.items())


def _count_services(services: ServiceSet) -> int:
    single = sum(end - start for start, end in iter_ranges(services.single_protocols))
    rectangle_sets = (iter_rectangles(pairs) for pairs in services.pair_sets)
    return single + sum(
        (end - start) * sum(b - a for a, b in iter_ranges(row)) for each in rectangle_sets for (start, end), row in each
    )
