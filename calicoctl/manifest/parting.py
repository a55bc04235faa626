"""Sources to parts of about the same length, each of which can be read by itself and says what it says in the whole.

A text is cut only where a line begins an item of a list that is a whole document, or a document after `---`, and only
when nothing in it reaches from one part into another. A line that only looks like such a beginning, within quotes or
brackets, leaves a first part that ends in the midst of these: that is a problem of the part. So where no part has a
problem with its text, the cuts were right, and where one has, the whole has to be read.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence

from calicoctl.manifest.sources import Source

_BEGINNING = re.compile(r"^(?:-|---)[ \r\n]", re.MULTILINE)
_LIST = re.compile(r"(?:---(?: *| +#[^\n]*)\r?\n)?(?: *(?:#[^\n]*)?\r?\n)*-[ \r\n]")
"""A document that is a list which begins in the first column: so is each of its items that a line begins."""
_ANCHOR = re.compile(r"&[0-9A-Za-z_-]")
_OTHER_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")


def parted(sources: Sequence[Source], count: int) -> list[list[Source]]:
    """The sources in their order as at most `count` parts, with every line where it is in the whole."""
    share = sum(len(source.text) for source in sources) // count + 1
    parts: list[list[Source]] = [[]]
    room = share
    pending = deque(sources)
    while pending:
        source = pending.popleft()
        if len(source.text) <= room or len(parts) == count:
            parts[-1].append(source)
            room -= len(source.text)
            continue
        pending.extendleft(reversed(_divided(source, room)))
        if not parts[-1] or len(pending[0].text) < len(source.text):
            parts[-1].append(pending.popleft())
        parts.append([])
        room = share
    return [part for part in parts if part]


def _divided(source: Source, near: int) -> list[Source]:
    """The source as two, the first one about so long, or as it is. The second one begins with empty lines instead."""
    text = source.text
    blank = len(text) - len(text.lstrip("\n"))
    cut = _cut(text, blank + near) if _can_be_cut(source) else None
    if cut is None:
        return [source]
    return [Source(source.name, text[:cut]), Source(source.name, "\n" * text.count("\n", 0, cut) + text[cut:])]


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


def _cut(text: str, near: int) -> int | None:
    """Where the next line from there on begins a document, or an item of one that is a list."""
    for beginning in _BEGINNING.finditer(text, near):
        cut = beginning.start()
        if beginning[0].startswith("---") or _LIST.match(text, _document_start(text, cut), cut):
            return cut
    return None


def _document_start(text: str, end: int) -> int:
    """Where the document that goes on at `end` begins: at its `---`, or with the text."""
    while (marker := text.rfind("\n---", 0, end)) >= 0:
        if text[marker + 4 : marker + 5].isspace():
            return marker + 1
        end = marker
    return 0
