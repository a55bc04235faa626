"""Sources to pieces that are read one by one, with every line and column as in the whole.

A text is cut only where a line begins a document after `---`, or an item of a list that is a whole document, and only
when nothing in it reaches from one piece into another. A line that only looks like such a beginning, within quotes or
brackets, leaves a piece before it that ends in the midst of these: that is a problem of the piece. So where no piece
has a problem with its text, the cuts were right, and where one has, the whole has to be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from calicoctl.manifest.sources import Source

_LIST_START = re.compile(r"(?:---(?: *| +#[^\n]*)\r?\n)?(?: *(?:#[^\n]*)?\r?\n)*-[ \r\n]")
"""A document that is a list which begins in the first column: so is each of its items that a line begins."""
_ITEM_START = re.compile(r"^-[ \r\n]", re.MULTILINE)
_ANCHOR = re.compile(r"&[0-9A-Za-z_-]")
_OTHER_LINE_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")


def split_sources(sources: Iterable[Source], piece_length: int) -> Iterator[Source]:
    """The sources in their order, those that can be cut in pieces of about so many characters."""
    for source in sources:
        if len(source.text) <= piece_length or not _is_splittable(source):
            yield source
            continue
        line = source.line_offset
        for start, end in pairwise((0, *_split_points(source.text, piece_length), len(source.text))):
            yield Source(source.name, source.text[start:end], line)
            line += source.text.count("\n", start, end)


def partition(pieces: Sequence[Source], count: int) -> list[list[Source]]:
    """The pieces in their order as at most `count` groups of about the same length."""
    total_length = sum(len(piece.text) for piece in pieces) or 1
    groups: list[list[Source]] = [[] for _ in range(count)]
    length_before = 0
    for piece in pieces:
        groups[min(length_before * count // total_length, count - 1)].append(piece)
        length_before += len(piece.text)
    return [group for group in groups if group]


def _is_splittable(source: Source) -> bool:
    """Whether nothing reaches across lines that begin items or documents.

    That is: no anchors, which aliases further down may mean, no directives, no line breaks that only YAML knows, and
    nothing that is read as JSON.
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
    """Where to cut a text: at the first beginning that is so far away from the cut before."""
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
    """Where a line is `---`, but for the first line."""
    offset = -1
    while (offset := text.find("\n---", offset + 1)) >= 0:
        if text[offset + 4 : offset + 5].isspace():
            yield offset + 1
