"""Connectivity as a Mermaid flowchart for Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from calicoctl.printers.connectivity.graph import Box, graph_lines
from calicoctl.printers.connectivity.result import ConnectivityResult

_MAX_EDGES = 500
"""Maximum number of arrows: the default of Mermaid's setting `maxEdges`."""
_SPECIAL_CHARACTER = re.compile(r"[^A-Za-z0-9 ._/:=,+'()-]")


def format_result(result: ConnectivityResult) -> str:
    """Return a flowchart with a node for each box and an edge for each pair with allowed traffic."""
    lines = [
        "flowchart LR",
        f"  accTitle: {_accessible_text(result.title)}",
        f"  accDescr: {_accessible_text(result.basis)}",
        *graph_lines(result.connectivity, "mermaid", _MAX_EDGES, _format_node, _format_edge),
    ]
    return "".join(f"{line}\n" for line in lines)


def _format_node(number: int, box: Box) -> str:
    start, end = ("([", "])") if box.outside else ("[", "]")
    return f'  n{number}{start}"{_escape(box.name)}"{end}'


def _format_edge(source: int, destination: int, labels: Sequence[str]) -> str:
    return f'  n{source} -->|"{"<br>".join(map(_escape, labels))}"| n{destination}'


def _escape(text: str) -> str:
    """Return the text with the code points of all characters that are special to Mermaid, Markdown or HTML."""
    return _SPECIAL_CHARACTER.sub(lambda match: f"#{ord(match[0])};", text)


def _accessible_text(text: str) -> str:
    """Return the text in one line for screen readers, without characters that are special to Mermaid."""
    return re.sub(r"[^\w .,:=/()+'-]+", " ", text)
