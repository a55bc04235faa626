"""Split of large sources into pieces that are parsed separately, with the positions of the whole source.

A text is split only before `---` and before an item of a list that is a whole document, and only if no construct spans
pieces. A line inside quotes or brackets may look like one of these. Then the piece before it has a syntax error. So if
no piece has a syntax error, the split was correct. Otherwise, the caller parses the whole source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from calicoctl.manifest.sources import Source

_LIST_START = re.compile(r"(?:---(?: *| +#[^\n]*)\r?\n)?(?: *(?:#[^\n]*)?\r?\n)*-[ \r\n]")
"""Start of a document that is a list in the first column: all its items start in the first column."""
_ITEM_START = re.compile(r"^-[ \r\n]", re.MULTILINE)
_ANCHOR = re.compile(r"&[0-9A-Za-z_-]")
_OTHER_LINE_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")


def split_sources(sources: Iterable[Source], piece_length: int) -> Iterator[Source]:
    """Yield the sources in order, split into pieces of about `piece_length` characters where possible."""
    for source in sources:
        if len(source.text) <= piece_length or not _is_splittable(source):
            yield source
            continue
        line = source.line_offset
        for start, end in pairwise((0, *_split_points(source.text, piece_length), len(source.text))):
            yield Source(source.name, source.text[start:end], line)
            line += source.text.count("\n", start, end)


def partition(pieces: Sequence[Source], count: int) -> list[list[Source]]:
    """Return the pieces in order, in at most `count` groups of similar length."""
    total_length = sum(len(piece.text) for piece in pieces) or 1
    groups: list[list[Source]] = [[] for _ in range(count)]
    length_before = 0
    for piece in pieces:
        groups[min(length_before * count // total_length, count - 1)].append(piece)
        length_before += len(piece.text)
    return [group for group in groups if group]


def _is_splittable(source: Source) -> bool:
    """Whether no construct of the source spans items or documents.

    The source must not contain anchors (an alias may follow in another piece), directives, or line breaks other than
    LF and CRLF, and must not be JSON.
    """
    text = source.text
    return not (
        source.name.endswith(".json")
        or text.lstrip()[:1] in {"{", "["}
        or text.startswith(("%", "..."))
        or "\n%" in text
        or "\n..." in text
        or _OTHER_LINE_BREAKS.search(text)
        or any(text[match.start() - 1 : match.start()] != "&" for match in _ANCHOR.finditer(text))
    )


def _split_points(text: str, piece_length: int) -> Iterator[int]:
    """Yield the offsets of the splits, at least `piece_length` characters apart."""
    next_split = piece_length
    for start, end in pairwise((0, *_document_starts(text), len(text))):
        if start >= next_split:
            yield start
            next_split = start + piece_length
        if list_start := _LIST_START.match(text, start, end):
            while item := _ITEM_START.search(text, max(next_split, list_start.end()), end):
                yield item.start()
                next_split = item.start() + piece_length


def _document_starts(text: str) -> Iterator[int]:
    """Yield the offsets of the lines `---`, except the first line."""
    offset = -1
    while (offset := text.find("\n---", offset + 1)) >= 0:
        if text[offset + 4 : offset + 5].isspace():
            yield offset + 1
