"""CAL018: rules of profiles that are never evaluated because policies decide first."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.dead_rules import DeadReason, dead_reason
from calicoctl.analysis.model.policy_set import DIRECTIONS
from calicoctl.name_list import count_noun
from calicoctl.resource import FieldPath


def find(context: LintContext) -> Iterator[Issue]:
    """Report rules of profiles that are never evaluated because policies decide first."""
    for profile in context.input_policy_set.profiles.values():
        for direction in DIRECTIONS:
            rules = profile.rules(direction)
            dead = [rule for rule in rules if rule in context.removable.dead]
            bypassed = [rule for rule in dead if dead_reason(context, profile, rule) is DeadReason.BYPASSED]
            if bypassed:
                never = f"{count_noun(len(bypassed), 'rule is', 'rules are')} never evaluated"
                if len(bypassed) == len(rules):
                    path: FieldPath = ("spec", direction)
                else:
                    path = bypassed[0].path
                    never += f", {direction}[{', '.join(str(rule.index) for rule in bypassed)}]"
                yield Issue(profile.origin, path, f"{never}: policies decide all matching packets")
