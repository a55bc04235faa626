"""CAL014: untracked and preDNAT policies that select only workloads."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.model.policy_set import Endpoint, Policy


def find(context: LintContext) -> Iterator[Issue]:
    """Report policies with doNotTrack or preDNAT that select only workloads."""
    selected: dict[Policy, list[Endpoint]] = {}
    for endpoint_class, endpoints in context.endpoints_by_class.items():
        for policy in endpoint_class.effective_policies.policies:
            if not policy.is_normal:
                selected.setdefault(policy, []).extend(endpoint for endpoint in endpoints if endpoint.origin)
    for policy, endpoints in selected.items():
        if endpoints and not any(endpoint.host for endpoint in endpoints):
            field = "doNotTrack" if policy.untracked else "preDNAT"
            workloads = (
                f"{endpoints[0].name} is a workload"
                if len(endpoints) == 1
                else f"all {len(endpoints)} selected endpoints are workloads"
            )
            message = f"has no effect: the policy is for host endpoints only, and {workloads}"
            yield Issue(policy.origin, ("spec", field), message)
