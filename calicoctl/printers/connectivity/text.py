"""Who can reach whom as a table for people."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.printers.connectivity.answer import Answer, services, shortened
from calicoctl.printers.table import SEPARATOR, in_one_line

_HEADINGS = ("FROM", "TO", "ALLOWED")
_SHOWN = 3
_ROOM = 60
"""So many names, with so many characters, are shown of one side of a row; JSON has them all."""


def show(answer: Answer) -> str:
    """The table, what it is worked out from, and who is not in it."""
    lines = [answer.title, f"({answer.basis})"]
    rows = [
        (*(shortened(answer.names(side), _SHOWN, _ROOM) for side in row.ends), services(row))
        for row in answer.connectivity.rows
    ]
    if rows:
        lines += ["", *_table([_HEADINGS, *rows])]
    if remarks := answer.remarks:
        lines += ["", *remarks]
    return "".join(f"{in_one_line(line)}\n" for line in lines)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [SEPARATOR.join(map(str.ljust, row, widths)).rstrip() for row in rows]
