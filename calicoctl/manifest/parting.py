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

_LIST = re.compile(r"(?:---(?: *| +#[^\n]*)\r?\n)?(?: *(?:#[^\n]*)?\r?\n)*-[ \r\n]")
"""A document that is a list which begins in the first column: so is each of its items that a line begins."""
_ITEM = re.compile(r"^-[ \r\n]", re.MULTILINE)
_ANCHOR = re.compile(r"&[0-9A-Za-z_-]")
_OTHER_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")


def pieces_of(sources: Iterable[Source], length: int) -> Iterator[Source]:
    """The sources in their order, those that can be cut in pieces of about so many characters."""
    for source in sources:
        if len(source.text) <= length or not _can_be_cut(source):
            yield source
            continue
        line = source.line
        for start, end in pairwise((0, *_cuts(source.text, length), len(source.text))):
            yield Source(source.name, source.text[start:end], line)
            line += source.text.count("\n", start, end)


def in_groups(pieces: Sequence[Source], count: int) -> list[list[Source]]:
    """The pieces in their order as at most `count` groups of about the same length."""
    whole = sum(len(piece.text) for piece in pieces) or 1
    groups: list[list[Source]] = [[] for _ in range(count)]
    before = 0
    for piece in pieces:
        groups[min(before * count // whole, count - 1)].append(piece)
        before += len(piece.text)
    return [group for group in groups if group]


def _can_be_cut(source: Source) -> bool:
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
        or _OTHER_BREAKS.search(text)
        or any(text[match.start() - 1 : match.start()] != "&" for match in _ANCHOR.finditer(text))
    )


def _cuts(text: str, length: int) -> Iterator[int]:
    """Where to cut a text: at the first beginning that is so far away from the cut before."""
    due = length
    for start, end in pairwise((0, *_markers(text), len(text))):
        if start >= due:
            yield start
            due = start + length
        if first := _LIST.match(text, start, end):
            while item := _ITEM.search(text, max(due, first.end()), end):
                yield item.start()
                due = item.start() + length


def _markers(text: str) -> Iterator[int]:
    """Where a line is `---`, but for the first line."""
    at = -1
    while (at := text.find("\n---", at + 1)) >= 0:
        if text[at + 4 : at + 5].isspace():
            yield at + 1
