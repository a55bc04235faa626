"""Words that several checks use: rules by their name and place, several of them in a row."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.analysis.model import Policy, Profile, Rule

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
