"""Connectivity as a graph in the DOT language of Graphviz."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.printers.connectivity.graph import Box, graph_lines
from calicoctl.printers.connectivity.result import ConnectivityResult

_MAX_EDGES = 1000
"""Maximum number of arrows. Graphviz is slow for more, and the picture is not readable."""


def format_result(result: ConnectivityResult) -> str:
    """Return a directed graph with a node for each box and an edge for each pair with allowed traffic."""
    lines = [
        "digraph connectivity {",
        f"  label={_quote(f'{result.title}{chr(10)}{result.basis}')};",
        '  graph [labelloc=t, rankdir=LR, fontname="Helvetica"];',
        '  node [shape=box, style="rounded,filled", fillcolor="#e8eef7", color="#5b7083", fontname="Helvetica"];',
        '  edge [color="#5b7083", fontname="Helvetica", fontsize=11];',
        *graph_lines(result.connectivity, "dot", _MAX_EDGES, _format_node, _format_edge),
        "}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _format_node(number: int, box: Box) -> str:
    style = ', style="dashed,rounded"' if box.outside else ""
    return f"  n{number} [label={_quote(box.name)}, tooltip={_quote(box.full_name)}{style}];"


def _format_edge(source: int, destination: int, labels: Sequence[str]) -> str:
    return f"  n{source} -> n{destination} [label={_quote(chr(10).join(labels))}];"


def _quote(text: str) -> str:
    r"""Return a quoted string; backslashes are escaped, since `\N` would be replaced by the name of the node."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", "\\n").replace("\0", "")
    return f'"{escaped}"'
