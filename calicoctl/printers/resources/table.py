"""Resources as tables, one for each kind, with the columns of the kind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from calicoctl.errors import UsageError
from calicoctl.kinds import KINDS, Column, Kind
from calicoctl.printable import escape_unprintable
from calicoctl.resource import Resource

KIND_COLUMN = Column("KIND", "kind")
"""First column of tables if several kinds are printed."""
COLUMN_SEPARATOR = "   "


def format_ps(resources: Sequence[Resource], kinds: Sequence[Kind]) -> str:
    """Return tables of the identifying columns."""
    return _format_tables(resources, kinds, column_selector("ps"))


def format_wide(resources: Sequence[Resource], kinds: Sequence[Kind]) -> str:
    """Return tables of all columns, except those for custom columns only."""
    return _format_tables(resources, kinds, column_selector("wide"))


def format_custom_columns(headings: str, resources: Sequence[Resource], kinds: Sequence[Kind]) -> str:
    """Return tables of the columns with these headings, which are separated by commas."""
    return _format_tables(resources, kinds, column_selector("custom-columns", headings))


def check_headings(headings: str, kinds: Sequence[Kind]) -> None:
    """Raise UsageError if a kind lacks one of these columns, which are separated by commas.

    Args:
        headings: the argument of `-o custom-columns=`.
        kinds: the requested kinds; if empty, a column of any kind is valid.
    """
    requested = _parse_headings(headings)
    if not requested:
        raise UsageError("-o custom-columns=: missing heading (write custom-columns=NAME)")
    for kind in kinds:
        _select_columns(kind, requested)
    if not kinds:
        known_headings = {column.heading for kind in KINDS for column in kind.columns}
        _refuse_unknown_headings(requested, known_headings)


def column_selector(output_format: str, headings: str = "") -> Callable[[Kind], Sequence[Column]]:
    """Return a function that selects a kind's columns for `ps`, `wide` or custom columns with these headings."""
    if output_format == "wide":
        return lambda kind: [column for column in kind.columns if not column.custom_only]
    if output_format == "ps":
        return lambda kind: [column for column in kind.columns if not (column.wide_only or column.custom_only)]
    return lambda kind: _select_columns(kind, _parse_headings(headings))


def shown_columns(columns: Sequence[Column], resources: Sequence[Resource]) -> list[Column]:
    """Return the columns of a table of these resources, without the empty ones that are omitted."""
    return [
        column
        for column in columns
        if not column.omit_empty or any(cell_text(resource, column) for resource in resources)
    ]


def _parse_headings(headings: str) -> list[str]:
    return [heading.strip().upper() for heading in headings.split(",") if heading.strip()]


def _select_columns(kind: Kind, requested: Sequence[str]) -> list[Column]:
    by_heading = {column.heading: column for column in kind.columns}
    _refuse_unknown_headings(requested, by_heading)
    return [by_heading[heading]._replace(omit_empty=False) for heading in requested]


def _refuse_unknown_headings(requested: Sequence[str], known_headings: Collection[str]) -> None:
    for heading in requested:
        if heading not in known_headings:
            listed = ", ".join(sorted(known_headings))
            raise UsageError(f"-o custom-columns: unknown column {heading} (columns are {listed})")


def _format_tables(
    resources: Sequence[Resource], kinds: Sequence[Kind], columns: Callable[[Kind], Sequence[Column]]
) -> str:
    """Return the table of a single kind, or a table with a KIND column for each kind with resources."""
    if len(kinds) == 1:
        return _format_table(resources, shown_columns(columns(kinds[0]), resources))
    by_kind = [(kind, [resource for resource in resources if resource.kind == kind.name]) for kind in kinds]
    return "\n".join(
        _format_table(kind_resources, [KIND_COLUMN, *shown_columns(columns(kind), kind_resources)])
        for kind, kind_resources in by_kind
        if kind_resources
    )


def _format_table(resources: Sequence[Resource], columns: Sequence[Column]) -> str:
    import tabulate as library
    from tabulate import DataRow, TableFormat, tabulate

    library.MIN_PADDING = 0  # the default adds 2 spaces to headings

    row = DataRow("", COLUMN_SEPARATOR, "")
    plain = TableFormat(None, None, None, None, row, row, 0, None)
    cells = [[cell_text(resource, column) for column in columns] for resource in resources]
    headings = [column.heading for column in columns]
    text = tabulate(cells, headings, tablefmt=plain, disable_numparse=True, stralign="left")
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def cell_text(resource: Resource, column: Column) -> str:
    """Return the text of a cell, with unprintable characters escaped."""
    value: object = {
        "kind": resource.kind,
        "metadata": resource.metadata,
        "spec": resource.spec,
        "set": resource.set_name,
    }
    for step in column.path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return escape_unprintable(column.format_value(value))
