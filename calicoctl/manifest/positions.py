"""Positions inside scalars, for syntax errors of selectors, and positions of parsed manifests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from calicoctl.errors import Position
from calicoctl.manifest.documents import Document, load
from calicoctl.manifest.nodes import ScalarNode
from calicoctl.manifest.sources import Source, split_lines
from calicoctl.resource import FieldPath


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


class LazyPositions:
    """Positions in manifests, parsed again on use: the documents take thirty times the memory of the texts."""

    def __init__(self, sources: Sequence[Source], kinds: Collection[str]) -> None:
        self._sources, self._kinds = sources, kinds

    def locate_field(self, document: Position | None, path: FieldPath) -> Position:
        """Return the position of a field of the document that starts at a position; that position if it is unknown."""
        stored_document = self._documents.get(document)
        return stored_document.locate_field(path) if stored_document else document or Position("-")

    @cached_property
    def _documents(self) -> Mapping[Position | None, Document]:
        documents = load(self._sources, self._kinds).documents
        return {document.position(document.node): document for document in documents}
