"""CAL019: selectors with conditions that match every endpoint."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.satisfiable import matches_everything
from calicoctl.selector.nodes import All, Global


def find(context: LintContext) -> Iterator[Issue]:
    """Report selectors other than `all()` that match every endpoint."""
    for origin, path, selector in context.positive_selectors:
        if not isinstance(selector.root, All | Global) and matches_everything(selector):
            yield Issue(origin, path, f"matches every endpoint with any labels: {selector} (write all())")
