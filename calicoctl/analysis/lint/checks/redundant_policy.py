"""CAL003: policies without effect."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext


def find(context: LintContext) -> Iterator[Issue]:
    """Report policies without which the same traffic is allowed, denied and logged."""
    for policy in context.removable.policies:
        yield Issue(policy.origin, (), "has no effect: without this policy, the same traffic is allowed and denied")
