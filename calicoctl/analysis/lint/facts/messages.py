"""Words that several checks use: rules by their name and place, several of them in a row."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.analysis.model.policy_set import FieldPath, Policy, PolicySource, Profile, Rule

RuleOrOwner = Rule | Policy | Profile


def name_with_location(item: RuleOrOwner) -> str:
    """What to call a rule, a policy or a profile, with its place: `policy/db ingress[0] (db.yaml:12)`."""
    name, location = (
        (str(item), item.location) if isinstance(item, Rule) else (str(item.identifier), item.origin.location())
    )
    return f"{name} ({location})" if location else name


def comma_list(words: Sequence[str], *, limit: int = 3) -> str:
    """Words in a row: `a, b and c`; no more than some of them."""
    shown = [*words[:limit], f"{len(words) - limit} more"] if len(words) > limit else [*words]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def count_noun(number: int, singular: str, plural: str = "") -> str:
    """A number of things: `1 rule`, `2 rules`."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


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
