"""Positions inside scalars, for syntax errors of selectors."""

from __future__ import annotations

from calicoctl.errors import Position
from calicoctl.manifest.document import Document
from calicoctl.manifest.nodes import ScalarNode
from calicoctl.manifest.sources import split_lines


def position_in_scalar(document: Document, scalar: ScalarNode, column: int) -> Position | None:
    """Return the position of a character of a scalar, or None if it is unknown.

    It is known if the source contains the text unchanged: plain or quoted on one line, or as a literal block.

    Args:
        document: the document of the scalar.
        scalar: the scalar.
        column: number of the character in the text, counted from 1.
    """
    if scalar.alias:
        return None
    lines = split_lines(document.source.text)
    before = scalar.text[: column - 1]
    row, offset = before.count("\n"), column - 1 - (before.rfind("\n") + 1)
    first = lines[scalar.line][scalar.column :]
    value_line = scalar.text.split("\n")[row]
    if "\n" not in scalar.text.rstrip("\n") and (start := first.find(scalar.text.rstrip("\n"))) >= 0:
        return document.source.position(scalar.line, scalar.column + start + offset)
    if first[:1] == "|" and scalar.line + 1 + row < len(lines):
        start = lines[scalar.line + 1 + row].find(value_line)
        if start >= 0:
            return document.source.position(scalar.line + 1 + row, start + offset)
    return None
