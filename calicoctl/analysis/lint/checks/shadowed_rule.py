"""CAL001: rules that never match because of earlier rules."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.dead_rules import DeadReason, dead_reason, shadowing_rules
from calicoctl.analysis.lint.facts.messages import name_with_location, types_hint
from calicoctl.analysis.model.policy_set import Policy, Profile, Rule
from calicoctl.name_list import join_limited

_MAX_CASES = 20
"""Maximum number of cases in which to search for shadowing rules."""
_MAX_NAMES = 3
"""Maximum number of shadowing rules in a message."""


def find(context: LintContext) -> Iterator[Issue]:
    """Report rules that never match because of earlier rules."""
    for owner, rule in context.rules:
        if rule in context.removable.dead and dead_reason(context, owner, rule) is DeadReason.SHADOWED:
            yield Issue(rule.origin, rule.path, _message(context, owner, rule))


def _message(context: LintContext, owner: Policy | Profile, rule: Rule) -> str:
    shadowing: dict[Rule, None] = {}
    cases = (case for case in context.cases.by_owner[owner, rule.direction] if rule not in case.skipped_rules)
    for case in islice(cases, _MAX_CASES):
        shadowing.update(dict.fromkeys(shadowing_rules(context, case, rule)))
    names = [f"{other.action} of {name_with_location(other)}" for other in shadowing]
    shadowed_by = f", by {join_limited(names, _MAX_NAMES)}" if names else ""
    return f"never matches: all of its packets are decided earlier{shadowed_by}{types_hint(context, owner, rule)}"
