"""CAL012: rules of a direction that the types of their policy do not list."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.model.policy_set import DIRECTIONS
from calicoctl.name_list import count_noun


def find(context: LintContext) -> Iterator[Issue]:
    """Report rules of a direction that the policy does not apply to."""
    for policy in context.input_policy_set.policies:
        for direction in DIRECTIONS:
            if direction not in policy.types and (rules := policy.rules(direction)):
                never = f"{count_noun(len(rules), 'rule is', 'rules are')} never evaluated"
                message = f"{never}: types does not list {direction} (add it, or delete the rules)"
                yield Issue(policy.origin, ("spec", direction), message)
