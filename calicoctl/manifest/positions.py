"""Where a character of a value stands in the source: for errors inside of selectors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from calicoctl.errors import Position
from calicoctl.manifest.documents import Document, Path, load
from calicoctl.manifest.nodes import ScalarNode
from calicoctl.manifest.sources import Source, split_lines


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


class LazyPositions:
    """The places in a manifest. Keeps its texts, of which the documents would take thirty times the room."""

    def __init__(self, sources: Sequence[Source], kinds: Collection[str]) -> None:
        self._sources, self._kinds = sources, kinds

    def locate_field(self, document: Position | None, path: Path) -> Position:
        """Where a field stands of the document that begins at a place; that place when there is none."""
        stored_document = self._documents.get(document)
        return stored_document.locate_field(path) if stored_document else document or Position("-")

    @cached_property
    def _documents(self) -> Mapping[Position | None, Document]:
        documents = load(self._sources, self._kinds).documents
        return {document.position(document.node): document for document in documents}
