"""Words that several checks use: rules by their name and place, several of them in a row."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.analysis.model import Policy, Profile, Rule

Named = Rule | Policy | Profile


def named(one: Named) -> str:
    """What to call a rule, a policy or a profile, with its place: `policy/db ingress[0] (db.yaml:12)`."""
    name, place = (str(one), one.place) if isinstance(one, Rule) else (str(one.identifier), one.origin.place())
    return f"{name} ({place})" if place else name


def row(words: Sequence[str], *, most: int = 3) -> str:
    """Words in a row: `a, b and c`; no more than some of them."""
    shown = [*words[:most], f"{len(words) - most} more"] if len(words) > most else [*words]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def counted(number: int, one: str, several: str = "") -> str:
    """A number of things: `1 rule`, `2 rules`."""
    return f"{number} {one if number == 1 else several or one + 's'}"
