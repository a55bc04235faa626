"""Parts of messages that several checks use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calicoctl.analysis.model.policy_set import Policy, PolicySource, Profile, Rule
from calicoctl.resource import FieldPath

if TYPE_CHECKING:
    from calicoctl.analysis.lint.facts.context import LintContext


def name_with_location(item: Rule | Policy | Profile) -> str:
    """Return the name of a rule, policy or profile with its location: `policy/db ingress[0] (db.yaml:12)`."""
    return _with_location(str(item), item.location) if isinstance(item, Rule) else source_with_location(item.origin)


def source_with_location(origin: PolicySource) -> str:
    """Return the name of a resource with its location: `node/host1 (nodes.yaml:3)`."""
    return _with_location(str(origin.identifier), origin.location())


def _with_location(name: str, location: str) -> str:
    return f"{name} ({location})" if location else name


def has_field(origin: PolicySource, *path: str) -> bool:
    """Return whether a manifest contains a field, not only its normal form; True if the source is not a manifest."""
    if origin.locate is None:
        return True
    # The position of a missing field is the position of its parent.
    parent: FieldPath = path[:-1]
    return origin.locate(path) != origin.locate(parent)


def types_hint(context: LintContext, owner: Policy | Profile, rule: Rule) -> str:
    """Return the `types` to write if deletions that lint suggests change the directions of a policy; else no text."""
    if not isinstance(owner, Policy) or has_field(owner.origin, "spec", "types"):
        return ""
    rules = owner.rules(rule.direction)
    if not all(map(context.is_deletable, rules)):
        return ""
    deleted = "this rule" if len(rules) == 1 else f"all {rule.direction} rules of the policy"
    types = ", ".join(sorted(owner.types, reverse=True))
    return f" (if you delete {deleted}, write types: [{types}], which follows from the rules now)"
