"""Positions of fields on demand: a document is parsed again when one is requested, alone if possible.

A trace of a manifest of 36 MB needs 470 MiB with it, and 1,260 MiB if all node trees are kept.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from itertools import accumulate

from calicoctl.errors import Position
from calicoctl.manifest.document import Document
from calicoctl.manifest.documents import load
from calicoctl.manifest.sources import Source
from calicoctl.manifest.v3_lists import flatten_list
from calicoctl.resource import FieldPath

_OTHER_LINE_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
_BLOCK_LENGTH = 65_536
"""Characters between two known line numbers."""


class LazyPositions:
    """Positions of fields in manifests without problems.

    Args:
        sources: the manifests.
        kinds: kinds with typed lists, as for `load`.
        starts: the positions of the documents.
    """

    def __init__(self, sources: Sequence[Source], kinds: Collection[str], starts: Iterable[Position | None]) -> None:
        self._kinds = kinds
        self._starts = starts
        self._sources = {source.name: source for source in sources}
        self._lines: dict[str, _LineOffsets] = {}
        self._documents: dict[Position, Document] = {}

    def locate_field(self, start: Position | None, path: FieldPath) -> Position:
        """Return the position of a field of the document that starts at a position; that position if it is unknown."""
        if start is None:
            return Position("-")
        if start not in self._documents:
            self._parse(start)
        document = self._documents.get(start)
        return document.locate_field(path) if document else start

    def _parse(self, start: Position) -> None:
        """Parse the document at a position, or else its whole source."""
        source = self._sources.get(start.source)
        if source is None:
            return
        alone = {document.position(document.node): document for document in self._parse_alone(start, source)}
        if start in alone and "kind" in alone[start].node.entries:
            self._documents[start] = alone[start]
            return
        for document in load([source], self._kinds).documents:
            for item in flatten_list(document, []):
                self._documents.setdefault(item.position(item.node), item)

    def _parse_alone(self, start: Position, source: Source) -> list[Document]:
        """Return the documents in the lines from a start to the next one; none if these are not valid alone."""
        offsets = self._lines.get(source.name) or self._lines.setdefault(source.name, _LineOffsets(source.text))
        if offsets.has_other_breaks:
            return []
        lines = self._start_lines.get(source.name, [])
        index = bisect_right(lines, start.line)
        end = offsets.offset(lines[index]) if index < len(lines) else len(source.text)
        text = source.text[offsets.offset(start.line) : end]
        manifest = load([Source(source.name, text, start.line - 1)], self._kinds)
        return [] if manifest.problems else manifest.documents

    @cached_property
    def _start_lines(self) -> dict[str, list[int]]:
        """Lines of the starts in each source, in order."""
        lines: dict[str, list[int]] = {}
        for position in self._starts:
            if position:
                lines.setdefault(position.source, []).append(position.line)
        return {name: sorted(numbers) for name, numbers in lines.items()}


class _LineOffsets:
    """Offsets of the lines of a text, by its LF and CRLF."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.has_other_breaks = _OTHER_LINE_BREAKS.search(text) is not None
        """Whether there are other line breaks, which the offsets ignore."""
        counts = (text.count("\n", start, start + _BLOCK_LENGTH) for start in range(0, len(text), _BLOCK_LENGTH))
        self._breaks_before = [0, *accumulate(counts)]
        """Number of line breaks before each block."""

    def offset(self, line: int) -> int:
        """Return the offset of a line, counted from 1."""
        if line == 1:
            return 0
        block = bisect_left(self._breaks_before, line - 1) - 1
        offset = block * _BLOCK_LENGTH - 1
        for _ in range(line - 1 - self._breaks_before[block]):
            offset = self._text.index("\n", offset + 1)
        return offset + 1
