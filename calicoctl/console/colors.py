"""Colors of results and messages."""

from __future__ import annotations

import os

import click

_COLORS = {
    "created": "green",
    "configured": "yellow",
    "replaced": "yellow",
    "deleted": "red",
    "pruned": "red",
    "gained": "green",
    "lost": "red",
    "ok": "green",
    "FAILED": "red",
    "failed": "red",
    "warning": "yellow",
    "warning:": "yellow",
    "+": "green",
    "-": "red",
    "@": "cyan",
}
"""Color of each word, and of lines of a unified diff by their first character."""


def style(text: str) -> str:
    """Return a word or a line of a unified diff in its color. Click removes colors unless stdout is a terminal."""
    if text.startswith(("--- ", "+++ ")):
        return click.style(text, bold=True)
    color = _COLORS.get(text) or _COLORS.get(text[:1])
    return click.style(text, fg=color) if color else text


def color_setting(choice: str) -> bool | None:
    """Return the `color` setting of Click for a value of --color; None means: on a terminal only."""
    if choice == "auto":
        return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None
    return choice == "always"
