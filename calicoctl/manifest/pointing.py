"""Where a character of a value stands in the source: for errors inside of selectors."""

from __future__ import annotations

from calicoctl.errors import Position
from calicoctl.manifest.documents import Document
from calicoctl.manifest.nodes import ScalarNode
from calicoctl.manifest.sources import split_lines


def position_in_scalar(document: Document, scalar: ScalarNode, column: int) -> Position | None:
    """The position of character `column` (from 1) of a scalar's text, or None when it can't be told.

    It can where the source holds the text as it is: plain or quoted on one line, or line by line in a block.
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
