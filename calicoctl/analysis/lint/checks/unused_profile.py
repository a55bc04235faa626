"""CAL015: profiles without endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext


def find(context: LintContext) -> Iterator[Issue]:
    """Report profiles that no endpoint has."""
    for profile in context.unused_profiles:
        yield Issue(profile.origin, (), "no endpoint has this profile")
