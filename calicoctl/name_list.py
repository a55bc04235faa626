"""Lists and counts of names in messages: `a, b and 3 more`, `2 rules`."""

from __future__ import annotations

from collections.abc import Sequence


def join_limited(names: Sequence[object], limit: int, *, separator: str = ", ", last_separator: str = " and ") -> str:
    """Return the first names and the number of the others: `a, b and 3 more`."""
    hidden = len(names) - limit
    return separator.join(map(str, names[:limit])) + (f"{last_separator}{hidden} more" if hidden > 0 else "")


def count_noun(number: int, singular: str, plural: str = "") -> str:
    """Return a number of things: `1 rule`, `2 rules`."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
