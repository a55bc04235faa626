"""Lists of names in messages, limited in length: `a, b and 3 more`."""

from __future__ import annotations

from collections.abc import Sequence


def join_limited(names: Sequence[object], limit: int, *, separator: str = ", ", last_separator: str = " and ") -> str:
    """Return the first names up to a limit, and the number of the others."""
    hidden = len(names) - limit
    return separator.join(map(str, names[:limit])) + (f"{last_separator}{hidden} more" if hidden > 0 else "")
