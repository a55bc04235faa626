"""CAL029: policies whose effect is unknown because no endpoint or profile exists."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.name_list import count_noun


def find(context: LintContext) -> Iterator[Issue]:
    """Report policies that no check of effects can evaluate, at the first one."""
    policies = context.policy_set.policies
    if policies and not context.policy_set.endpoints:
        number = count_noun(len(policies), "policy", "policies")
        remedy = "add the profiles or endpoints, or use --with-datastore"
        message = f"the effect of {number} is not evaluated: no endpoint or profile exists ({remedy})"
        yield Issue(policies[0].origin, (), message)
