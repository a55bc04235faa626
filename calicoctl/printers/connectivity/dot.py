"""Who can reach whom as a graph in the DOT language of Graphviz."""

from __future__ import annotations

from calicoctl.printers.connectivity.answer import ConnectivityResult, check_limit
from calicoctl.printers.connectivity.graph import make_graph

_MAX_BOXES = 30
_MAX_ARROWS = 1000
"""With more boxes and arrows Graphviz takes long for what nobody can read."""


def show(result: ConnectivityResult) -> str:
    """A directed graph with a box for each group and an arrow for each pair."""
    graph = make_graph(result.connectivity, _MAX_BOXES)
    check_limit(len(graph.edges), _MAX_ARROWS, "dot", "arrows")
    lines = [
        "digraph connectivity {",
        f"  label={_quote(f'{result.title}{chr(10)}{result.basis}')};",
        '  graph [labelloc=t, rankdir=LR, fontname="Helvetica"];',
        '  node [shape=box, style="rounded,filled", fillcolor="#e8eef7", color="#5b7083", fontname="Helvetica"];',
        '  edge [color="#5b7083", fontname="Helvetica", fontsize=11];',
    ]
    for number, box in enumerate(graph.boxes):
        style = ', style="dashed,rounded"' if box.outside else ""
        lines.append(f"  n{number} [label={_quote(box.name)}, tooltip={_quote(box.full_name)}{style}];")
    lines += (
        f"  n{source} -> n{destination} [label={_quote(chr(10).join(graph.edge_labels((source, destination))))}];"
        for source, destination in sorted(graph.edges)
    )
    return "".join(f"{line}\n" for line in [*lines, "}"])


def _quote(text: str) -> str:
    """A quoted string; a backslash would begin an escape such as the name of the node."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", "\\n").replace("\0", "")
    return f'"{escaped}"'
