"""CAL037: endpoints with a direction that no policy applies to, although policies apply to other endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.model.policy_set import DIRECTIONS


def find(context: LintContext) -> Iterator[Issue]:
    """Report existing endpoints whose profiles alone decide in a direction in which policies apply to others."""
    directions_by_class = {
        endpoint_class: frozenset(
            direction
            for policy in endpoint_class.effective_policies.policies
            if policy.is_normal
            for direction in policy.types
        )
        for endpoint_class in context.endpoints_by_class
    }
    used = frozenset[str]().union(*directions_by_class.values())
    for endpoint_class, endpoints in context.endpoints_by_class.items():
        missing = [each for each in DIRECTIONS if each in used - directions_by_class[endpoint_class]]
        if missing and endpoint_class.effective_policies.profiles:
            directions = " and ".join(missing)
            message = f"no policy applies to its {directions}: its profiles decide alone"
            yield from (Issue(endpoint.origin, (), message) for endpoint in endpoints if endpoint.origin)
