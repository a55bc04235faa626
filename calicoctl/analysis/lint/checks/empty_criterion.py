"""CAL028: criteria without a value, which match everything."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.model.policy_set import DIRECTIONS, Policy
from calicoctl.resource import EmptyField

_SIDES = ("source", "destination")


def find(context: LintContext) -> Iterator[Issue]:
    """Report criteria of rules, and selectors of policies, that a manifest contains without a value."""
    for owner in context.input_policy_set.rule_owners:
        for field in owner.origin.empty_fields():
            if effect := _rule_effect(field) or (isinstance(owner, Policy) and _policy_effect(field)):
                yield Issue(owner.origin, field.path, f"is empty, so {effect}")


def _rule_effect(field: EmptyField) -> str:
    """Return the effect of an empty field of a rule, and the remedy; empty if the field is not a criterion."""
    section, direction, *rule_path = field.path[:2] + field.path[3:] if len(field.path) > 3 else ("", "")
    if section != "spec" or direction not in DIRECTIONS:
        return ""
    if rule_path[-1] in _SIDES and not field.is_null:  # `source: {}` is the output of `get` for every source
        return ""
    effect = _criterion_effect(*rule_path[:2])
    return effect and f"the rule {effect} (write a value, or delete the field)"


def _policy_effect(field: EmptyField) -> str:
    """Return the effect of an empty `spec` or selector of a policy, and the remedy; empty for other fields."""
    # `selector: ""` is the output of `get` for a policy without a selector.
    if field.path in {("spec",), ("spec", "selector")} and field.is_null:
        return "the policy applies to every endpoint (write a selector, or all())"
    return ""


def _criterion_effect(field: str | int, criterion: str | int = "") -> str:
    """Return the effect of an empty criterion of a rule, or of its source or destination."""
    if field == "action":
        return ""
    if field not in _SIDES:
        return "excludes no packet by it" if str(field).startswith("not") else "matches every value"
    noun = f"{field} port" if criterion in {"ports", "notPorts"} else field
    return f"excludes no {noun}" if str(criterion).startswith("not") else f"matches every {noun}"
