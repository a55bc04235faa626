"""CAL038: policies that select endpoints of an earlier policy in the same direction."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.model.policy_set import Endpoint, Policy
from calicoctl.name_list import join_limited

_MAX_NAMES = 3
"""Maximum number of earlier policies in a message."""


def find(context: LintContext) -> Iterator[Issue]:
    """Report each policy once, with all earlier policies for some of its endpoints."""
    earlier_policies: dict[Policy, dict[Policy, None]] = {}
    common_endpoints: dict[Policy, list[Endpoint]] = {}
    for endpoint_class, endpoints in context.endpoints_by_class.items():
        policies = endpoint_class.effective_policies.policies
        for number, policy in enumerate(policies):
            if earlier := [each for each in policies[:number] if each.types & policy.types]:
                earlier_policies.setdefault(policy, {}).update(dict.fromkeys(earlier))
                common_endpoints.setdefault(policy, []).extend(endpoints)
    for policy in context.policy_set.policies:
        if policy in earlier_policies:
            names = [each.identifier for each in context.policy_set.policies if each in earlier_policies[policy]]
            endpoints = common_endpoints[policy]
            selected = f"selects {_endpoint_text(endpoints)} of {join_limited(names, _MAX_NAMES)}"
            verb = "is" if len(names) == 1 else "are"
            yield Issue(policy.origin, ("spec", "selector"), f"{selected}, which {verb} tried first")


def _endpoint_text(endpoints: list[Endpoint]) -> str:
    if len(endpoints) == 1:
        return f"one endpoint ({endpoints[0].name})"
    return f"{len(endpoints)} endpoints (such as {endpoints[0].name})"
