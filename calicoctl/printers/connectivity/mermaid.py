"""Who can reach whom as a flowchart of Mermaid, for Markdown."""

from __future__ import annotations

import re

from calicoctl.printers.connectivity.answer import Answer
from calicoctl.printers.connectivity.limits import refuse_more
from calicoctl.printers.connectivity.picture import picture

_BOXES = 30
_MOST = 500
"""Mermaid draws no more arrows than that (`maxEdges`), unless its page says otherwise."""
_PLAIN = re.compile(r"[^A-Za-z0-9 ._/:=,+'()-]")


def show(answer: Answer) -> str:
    """A flowchart with a box for each group and an arrow for each pair."""
    found = picture(answer.connectivity, _BOXES)
    refuse_more(len(found.cells), _MOST, "mermaid", "arrows")
    lines = ["flowchart LR", f"  accTitle: {_line(answer.title)}", f"  accDescr: {_line(answer.basis)}"]
    for number, box in enumerate(found.boxes):
        begin, end = ("([", "])") if box.outside else ("[", "]")
        lines.append(f'  n{number}{begin}"{_escaped(box.name)}"{end}')
    for pair in sorted(found.cells):
        text = "<br>".join(map(_escaped, found.words(pair)))
        lines.append(f'  n{pair[0]} -->|"{text}"| n{pair[1]}')
    return "".join(f"{line}\n" for line in lines)


def _escaped(text: str) -> str:
    """Everything that could mean something to Mermaid, Markdown or HTML as the number of the character."""
    return _PLAIN.sub(lambda match: f"#{ord(match[0])};", text)


def _line(text: str) -> str:
    """Words in one line, for those who hear the picture."""
    return re.sub(r"[^\w .,:=/()+'-]+", " ", text)
