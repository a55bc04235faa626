"""Who can reach whom as a table for people."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.escape import escape_unprintable
from calicoctl.printers.connectivity.answer import ConnectivityResult, format_row_services, shorten_names
from calicoctl.printers.resources.table import COLUMN_SEPARATOR

_HEADINGS = ("FROM", "TO", "ALLOWED")
_MAX_NAMES = 3
_MAX_NAMES_LENGTH = 60
"""So many names, with so many characters, are shown of one side of a row; JSON has them all."""


def show(result: ConnectivityResult) -> str:
    """The table, what it is worked out from, and who is not in it."""
    lines = [result.title, f"({result.basis})"]
    rows = [
        (
            *(shorten_names(result.side_names(side), _MAX_NAMES, _MAX_NAMES_LENGTH) for side in row.ends),
            format_row_services(row),
        )
        for row in result.connectivity.rows
    ]
    if rows:
        lines += ["", *_format_table([_HEADINGS, *rows])]
    if isolation_notes := result.isolation_notes:
        lines += ["", *isolation_notes]
    return "".join(f"{escape_unprintable(line)}\n" for line in lines)


def _format_table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [COLUMN_SEPARATOR.join(map(str.ljust, row, widths)).rstrip() for row in rows]
