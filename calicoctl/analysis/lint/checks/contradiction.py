"""CAL004: selectors and rules whose criteria exclude each other."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.satisfiable import is_satisfiable
from calicoctl.analysis.lint.facts.unsatisfiable import contradiction


def find(context: LintContext) -> Iterator[Issue]:
    """Report policies that cannot select an endpoint, and rules that cannot match a packet."""
    for policy in context.input_policy_set.policies:
        if not is_satisfiable((policy.selector,)):
            message = f"cannot match an endpoint: no labels match {policy.selector}"
            yield Issue(policy.origin, ("spec", "selector"), message)
    for _, rule in context.rules:
        if reason := contradiction(rule):
            yield Issue(rule.origin, (*rule.path, *reason.path), f"the rule cannot match: {reason.message}")
