"""What has to be written into a policy so that it governs what it has governed, when a rule is taken out."""

from __future__ import annotations

from calicoctl.analysis.model import FieldPath, Policy, PolicySource, Profile, Rule


def is_written(origin: PolicySource, *path: str) -> bool:
    """Whether a manifest says something about a field, and not only its normal form; True when nobody knows."""
    if origin.locate is None:
        return True
    # What is missing is placed where its parent is.
    parent: FieldPath = path[:-1]
    return origin.locate(path) != origin.locate(parent)


def types_hint(owner: Policy | Profile, rule: Rule) -> str:
    """What to write when taking out a rule would change which directions a policy governs; empty when it would not."""
    if (
        not isinstance(owner, Policy)
        or len(owner.rules(rule.direction)) > 1
        or is_written(owner.origin, "spec", "types")
    ):
        return ""
    types = ", ".join(sorted(owner.types, reverse=True))
    return f" (without this rule, write types: [{types}], which follows from the rules now)"
