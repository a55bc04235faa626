"""Who can reach whom as a flowchart of Mermaid, for Markdown."""

from __future__ import annotations

import re

from calicoctl.printers.connectivity.answer import ConnectivityResult, check_limit
from calicoctl.printers.connectivity.graph import make_graph

_MAX_BOXES = 30
_MAX_ARROWS = 500
"""Mermaid draws no more arrows than that (`maxEdges`), unless its page says otherwise."""
_SPECIAL_CHARACTER = re.compile(r"[^A-Za-z0-9 ._/:=,+'()-]")


def show(result: ConnectivityResult) -> str:
    """A flowchart with a box for each group and an arrow for each pair."""
    graph = make_graph(result.connectivity, _MAX_BOXES)
    check_limit(len(graph.edges), _MAX_ARROWS, "mermaid", "arrows")
    lines = [
        "flowchart LR",
        f"  accTitle: {_accessible_text(result.title)}",
        f"  accDescr: {_accessible_text(result.basis)}",
    ]
    for number, box in enumerate(graph.boxes):
        begin, end = ("([", "])") if box.outside else ("[", "]")
        lines.append(f'  n{number}{begin}"{_escape(box.name)}"{end}')
    for pair in sorted(graph.edges):
        text = "<br>".join(map(_escape, graph.edge_labels(pair)))
        lines.append(f'  n{pair[0]} -->|"{text}"| n{pair[1]}')
    return "".join(f"{line}\n" for line in lines)


def _escape(text: str) -> str:
    """Everything that could mean something to Mermaid, Markdown or HTML as the number of the character."""
    return _SPECIAL_CHARACTER.sub(lambda match: f"#{ord(match[0])};", text)


def _accessible_text(text: str) -> str:
    """Words in one line, for those who hear the picture."""
    return re.sub(r"[^\w .,:=/()+'-]+", " ", text)
