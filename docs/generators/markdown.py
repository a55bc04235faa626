"""Tables and code in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

Row = Sequence[str]


def table(heading: Row, rows: Sequence[Row]) -> str:
    """A table in Markdown."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def code(*words: object) -> str:
    """Words as code, with commas between them."""
    return ", ".join(f"`{word}`" for word in words)
