"""CAL013: rules of profiles with the action pass."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.model.policy_set import Profile


def find(context: LintContext) -> Iterator[Issue]:
    """Report rules of profiles with the action pass."""
    for owner, rule in context.rules:
        if isinstance(owner, Profile) and rule.action == "pass":
            message = (
                "pass in a profile: Felix continues with the next profile, other Calico components deny the packet"
            )
            yield Issue(rule.origin, (*rule.path, "action"), f"{message} (write allow or deny)")
