"""CAL002: rules without effect."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import types_hint

_DECISIONS = {"allow": "also allowed", "deny": "also denied", "pass": "decided in the same way"}


def find(context: LintContext) -> Iterator[Issue]:
    """Report rules whose packets get the same decision without them."""
    for owner, rule in context.rules:
        if rule in context.removable.rules:
            message = f"has no effect: without it, all packets that it matches are {_DECISIONS[rule.action]}"
            yield Issue(rule.origin, rule.path, f"{message}{types_hint(context, owner, rule)}")
