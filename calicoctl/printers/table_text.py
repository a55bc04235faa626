"""Rows of tables as comma-separated values (RFC 4180) and as Markdown."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from io import StringIO

MAX_MARKDOWN_ROWS = 300
"""Maximum number of rows of a table in Markdown. A comment on GitHub has 65,536 characters at most."""


def csv_text(rows: Iterable[Iterable[str]]) -> str:
    """Return a line for each row."""
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def markdown_line(cells: Iterable[str], escape: Callable[[str], str]) -> str:
    """Return a row of a Markdown table without the end of the line.

    Args:
        cells: the cells.
        escape: returns the text of a cell without the effects of Markdown.
    """
    return f"| {' | '.join(map(escape, cells))} |"


def escape_markdown(text: str) -> str:
    """Return a text without the effects of Markdown and HTML."""
    for character in "\\`*_<>|[]":
        text = text.replace(character, f"&#{ord(character)};" if character in "<>|" else f"\\{character}")
    return " ".join(text.splitlines())
