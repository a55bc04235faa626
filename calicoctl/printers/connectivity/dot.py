"""Who can reach whom as a graph in the DOT language of Graphviz."""

from __future__ import annotations

from calicoctl.printers.connectivity.answer import Answer
from calicoctl.printers.connectivity.limits import refuse_more
from calicoctl.printers.connectivity.picture import picture

_BOXES = 30
_MOST = 1000
"""With more boxes and arrows Graphviz takes long for what nobody can read."""


def show(answer: Answer) -> str:
    """A directed graph with a box for each group and an arrow for each pair."""
    found = picture(answer.connectivity, _BOXES)
    refuse_more(len(found.cells), _MOST, "dot", "arrows")
    lines = [
        "digraph connectivity {",
        f"  label={_quoted(f'{answer.title}{chr(10)}{answer.basis}')};",
        '  graph [labelloc=t, rankdir=LR, fontname="Helvetica"];',
        '  node [shape=box, style="rounded,filled", fillcolor="#e8eef7", color="#5b7083", fontname="Helvetica"];',
        '  edge [color="#5b7083", fontname="Helvetica", fontsize=11];',
    ]
    for number, box in enumerate(found.boxes):
        look = ', style="dashed,rounded"' if box.outside else ""
        lines.append(f"  n{number} [label={_quoted(box.name)}, tooltip={_quoted(box.whole_name)}{look}];")
    lines += (
        f"  n{one} -> n{other} [label={_quoted(chr(10).join(found.words((one, other))))}];"
        for one, other in sorted(found.cells)
    )
    return "".join(f"{line}\n" for line in [*lines, "}"])


def _quoted(text: str) -> str:
    """A quoted string; a backslash would begin an escape such as the name of the node."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", "\\n").replace("\0", "")
    return f'"{escaped}"'
