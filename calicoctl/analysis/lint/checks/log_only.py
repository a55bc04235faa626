"""CAL005: policies whose rules only log."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext


def find(context: LintContext) -> Iterator[Issue]:
    """Report policies whose rules only log."""
    for policy in context.input_policy_set.policies:
        rules = policy.all_rules
        if rules and all(rule.action == "log" for rule in rules):
            denied = ", and traffic that no other policy allows is denied" if policy.is_normal else ""
            yield Issue(policy.origin, (), f"only logs: no rule allows or denies traffic{denied}")
