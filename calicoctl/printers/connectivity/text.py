"""Connectivity as a table of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calicoctl.analysis.connectivity.explanation import ExplainedPair, case_services
from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.sets import service_text
from calicoctl.printable import COLUMN_SEPARATOR, align_columns, join_lines
from calicoctl.printers.connectivity.result import ConnectivityResult, format_row_services, shorten_names
from calicoctl.printers.decisions import format_block, format_not_allowing
from calicoctl.printers.paths import format_case_path

_HEADINGS = ("FROM", "TO", "ALLOWED")
_MAX_NAMES = 3
"""Maximum number of names at each end of a row; JSON has all."""
_MAX_NAMES_LENGTH = 60
"""Maximum number of characters of these names."""
_MAX_SELECTORS_LENGTH = 240
"""Maximum number of characters of these names if they contain the selectors of endpoints that do not exist yet."""


def format_result(result: ConnectivityResult) -> str:
    """Return the title, the basis, the table, the groups in no row, and the endpoints without a policy."""
    lines = [result.title, f"({result.basis})"]
    rows = [
        (
            *(
                shorten_names(list(result.groups_by_name(end)), _MAX_NAMES, _max_length(result, end))
                for end in row.ends
            ),
            format_row_services(row),
        )
        for row in result.connectivity.rows
    ]
    if rows:
        lines += ["", *_format_rows(rows, result.width)]
    if sentences := [*result.isolation_notes, *result.policy_notes]:
        lines += ["", *sentences]
    for pair in result.explanation or ():
        lines += ["", *_format_pair(pair)]
    return join_lines(lines)


def _max_length(result: ConnectivityResult, end: Sequence[EndpointGroup]) -> int:
    return _MAX_SELECTORS_LENGTH if any(map(result.described_by, end)) else _MAX_NAMES_LENGTH


def _format_pair(pair: ExplainedPair) -> Iterator[str]:
    """Yield the services of each case with the deciding rules, and the policies that do not allow denied ones.

    If different rules decide on the same services, the endpoints of each case are named.
    """
    yield f"{pair.source.name} -> {pair.destination.name}:"
    for case in pair.cases:
        if pair.has_uniform_endpoints:
            parts = [service_text.format_services(*part) for part in case_services(pair, case)]
        else:
            parts = list(map(format_block, case.blocks))
        yield from (f"  {part}: {format_case_path(case)}" for part in parts)
        if not_allowing := format_not_allowing(case):
            yield f"    {not_allowing}"


def _format_rows(rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """Return the rows as a table, or each as a block of lines if the table is too wide."""
    table = align_columns([_HEADINGS, *rows])
    if width is None or max(map(len, table)) <= width:
        return table
    indent = max(map(len, _HEADINGS)) + len(COLUMN_SEPARATOR)
    blocks = [[f"{heading:<{indent}}{cell}" for heading, cell in zip(_HEADINGS, row, strict=True)] for row in rows]
    return [line for block in blocks for line in (*block, "")][:-1]
