"""Colors of results and messages."""

from __future__ import annotations

import os
import re

_COLORS = {
    "created": "32",
    "configured": "33",
    "replaced": "33",
    "deleted": "31",
    "pruned": "31",
    "gained": "32",
    "lost": "31",
    "ok": "32",
    "FAILED": "31",
    "failed": "31",
    "warning": "33",
    "warning:": "33",
    "+": "32",
    "-": "31",
    "@": "36",
}
"""Color of each word, and of lines of a unified diff by their first character: parameters of SGR (ECMA-48, 8.3.117)."""
_BOLD = "1"
_MARK = f"{{{os.urandom(8).hex()}:"
"""Start of a color in text. No value contains this number, so that escape sequences in values are not colors."""
_MARKED = re.compile(f"{_MARK}([0-9]+)}}")


def style(text: str) -> str:
    """Return a word or a line of a unified diff marked with its color, for `render_colors`."""
    if text.startswith(("--- ", "+++ ")):
        return bold(text)
    color = _COLORS.get(text) or _COLORS.get(text[:1])
    return _marked(text, color) if color else text


def bold(text: str) -> str:
    """Return text marked as bold, for `render_colors`."""
    return _marked(text, _BOLD)


def _marked(text: str, parameter: str) -> str:
    return f"{_MARK}{parameter}}}{text}{_MARK}0}}"


def render_colors(text: str, *, color: bool) -> str:
    """Return text with its marks as escape sequences of a terminal, or without colors."""
    return _MARKED.sub("\x1b[\\1m" if color else "", text)


def visible_length(text: str) -> int:
    """Return the number of characters of text without its marks."""
    return len(_MARKED.sub("", text))


def color_setting(choice: str) -> bool | None:
    """Return whether to use colors for a value of --color; None means: on a terminal only."""
    if choice == "auto":
        return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None
    return choice == "always"
