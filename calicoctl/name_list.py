"""Lists of names in messages, cut at a limit: `a, b and 3 more`."""

from __future__ import annotations

from collections.abc import Sequence


def join_limited(names: Sequence[object], limit: int, *, separator: str = ", ", last_separator: str = " and ") -> str:
    """The first few of some names, and how many more there are: `a, b and 3 more`."""
    hidden = len(names) - limit
    return separator.join(map(str, names[:limit])) + (f"{last_separator}{hidden} more" if hidden > 0 else "")
