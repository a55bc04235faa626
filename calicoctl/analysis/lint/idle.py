"""Why a rule never matches: it means nobody that there is, or what comes before it decides on all that it means."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from calicoctl.analysis.firstmatch import Cells, split
from calicoctl.analysis.intervals import runs
from calicoctl.analysis.lint.cases import Case, cells_of
from calicoctl.analysis.lint.faults import contradiction, fault
from calicoctl.analysis.model import Policy, Profile, Rule
from calicoctl.analysis.planes import rectangles
from calicoctl.analysis.services import ServiceSet
from calicoctl.analysis.stages import End

if TYPE_CHECKING:
    from calicoctl.analysis.lint.survey import Survey


class Why(Enum):
    """Why a rule never matches."""

    CONTRADICTION = "its criteria exclude each other"
    VERSION = "nobody has an address of its IP version"
    OWN = "none of those whom it is for is what it asks for on their own side"
    PEER = "nobody is what it asks for on the other side"
    BYPASSED = "it is in a profile, and policies decide on all that it matches"
    HIDDEN = "rules before it decide on all that it matches"


def why(survey: Survey, owner: Policy | Profile, rule: Rule) -> Why:
    """Why a rule never matches; it is one of those that are tried."""
    if contradiction(rule):
        return Why.CONTRADICTION
    cases = [case for case in survey.asked[owner, rule.direction] if not fault(rule, case.version)]
    if not cases:
        return Why.VERSION
    trying = [case for case in cases if rule not in case.skipped]
    if not trying:
        return Why.OWN
    matching = [case for case in trying if all(survey.cases.matched(rule, case.version))]
    if not matching:
        return Why.PEER
    if isinstance(owner, Profile) and not any(reached(survey, case, rule) for case in matching):
        return Why.BYPASSED
    return Why.HIDDEN


def reached(survey: Survey, case: Case, rule: Rule) -> Cells:
    """What a rule matches of all that comes to its stage at all, were there no rules before it in its stage."""
    peers, services = survey.cases.matched(rule, case.version)
    if case.stages[case.stage_of(rule)].kind != "profile":
        return {services: peers}
    ends = (End.PROFILES, End.NO_PROFILE, End.MISSING)
    profiles = {*ends, *(other for number, other in case.rules if case.stages[number].kind == "profile")}
    coming = (hit for hit in case.outcome.hits if hit.by in profiles and hit.final)
    return split(cells_of(coming), peers, services)[0]


def blockers(survey: Survey, case: Case, rule: Rule) -> list[Rule]:
    """A few rules that together match all that a rule matches, those first that match most of what is left."""
    left, stage = reached(survey, case, rule), case.stages[case.stage_of(rule)]
    before: list[Rule] = []
    for number, other in case.rules:
        if other is rule:
            break
        if other.action != "log" and (case.stages[number].kind == stage.kind or stage.kind != "profile"):
            before.append(other)
    found: list[Rule] = []
    while left and before:
        parts = [split(left, *survey.cases.matched(other, case.version)) for other in before]
        best = max(range(len(before)), key=lambda place: _size(parts[place][0]))
        if not parts[best][0]:
            break
        found.append(before.pop(best))
        left = parts[best][1]
    return sorted(found, key=[other for _, other in case.rules].index)


def _size(cells: Cells) -> int:
    """How much there is: pairs of a group and a service."""
    return sum(peers.bit_count() * _count(services) for services, peers in cells.items())


def _count(services: ServiceSet) -> int:
    plain = sum(end - start for start, end in runs(services.plain))
    planes = (rectangles(plane) for plane in services.planes)
    return plain + sum(
        (end - start) * sum(b - a for a, b in runs(row)) for each in planes for (start, end), row in each
    )
