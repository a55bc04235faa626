"""Setting of the history: the maximum number of its commands, or off."""

from __future__ import annotations

DEFAULT_HISTORY_LIMIT = 100
MAX_HISTORY_LIMIT = 1000
HISTORY_OFF = 0
"""Limit of a history that is off."""

_WORDS = {
    **dict.fromkeys(("off", "false", "no"), HISTORY_OFF),
    **dict.fromkeys(("on", "true", "yes"), DEFAULT_HISTORY_LIMIT),
}


def parse_history_limit(text: str) -> int | None:
    """Return the maximum number of commands in the history, `HISTORY_OFF` for none; None for an invalid text."""
    if text.isascii() and text.isdigit():
        return limit if (limit := int(text[:9])) <= MAX_HISTORY_LIMIT else None
    return _WORDS.get(text.lower())
