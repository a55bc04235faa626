"""Resources as tables, one for each kind, with the columns of the kind."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.printable import COLUMN_SEPARATOR, MAX_CELL_LENGTH, clip
from calicoctl.printers.resources.columns import (
    KIND_COLUMN,
    LABELS_COLUMN,
    AnyColumn,
    ColumnSelector,
    PathColumn,
    cell_text,
    column_selector,
    parse_columns,
    shown_columns,
)
from calicoctl.printers.resources.print_options import PrintOptions
from calicoctl.resource import Resource


def format_ps(resources: Sequence[Resource], options: PrintOptions) -> str:
    """Return tables of the identifying columns."""
    return _format_tables(resources, options, column_selector("ps", labels=options.labels), MAX_CELL_LENGTH)


def format_wide(resources: Sequence[Resource], options: PrintOptions) -> str:
    """Return tables of all columns, except those for custom columns only."""
    return _format_tables(resources, options, column_selector("wide", labels=options.labels), MAX_CELL_LENGTH)


def format_custom_columns(argument: str, resources: Sequence[Resource], options: PrintOptions) -> str:
    """Return tables of the requested columns. If all have a path, it is one table, as in kubectl."""
    requested = parse_columns(argument)
    paths = [column for column in requested if isinstance(column, PathColumn)]
    if len(paths) == len(requested):
        return _format_table(
            resources, [*paths, *([LABELS_COLUMN] if options.labels else [])], headings=options.headings
        )
    return _format_tables(resources, options, column_selector("custom-columns", argument, labels=options.labels))


def _format_tables(
    resources: Sequence[Resource], options: PrintOptions, columns: ColumnSelector, max_cell_length: int | None = None
) -> str:
    """Return the table of a single kind, or a table with a KIND column for each kind with resources."""

    def format_table(kind_resources: Sequence[Resource], kind_columns: Sequence[AnyColumn]) -> str:
        return _format_table(kind_resources, kind_columns, max_cell_length, headings=options.headings)

    if len(options.kinds) == 1:
        return format_table(resources, shown_columns(columns(options.kinds[0]), resources))
    by_kind = [(kind, [resource for resource in resources if resource.kind == kind.name]) for kind in options.kinds]
    return ("\n" if options.headings else "").join(
        format_table(kind_resources, [KIND_COLUMN, *shown_columns(columns(kind), kind_resources)])
        for kind, kind_resources in by_kind
        if kind_resources
    )


def _format_table(
    resources: Sequence[Resource], columns: Sequence[AnyColumn], max_cell_length: int | None = None, *, headings: bool
) -> str:
    import tabulate as library
    from tabulate import DataRow, TableFormat, tabulate

    library.MIN_PADDING = 0  # the default adds 2 spaces to headings

    row = DataRow("", COLUMN_SEPARATOR, "")
    plain = TableFormat(None, None, None, None, row, row, 0, None)
    cells = [[cell_text(resource, column) for column in columns] for resource in resources]
    if max_cell_length is not None:
        cells = [[clip(cell, max_cell_length) for cell in row] for row in cells]
    heading_row = [column.heading for column in columns] if headings else ()
    text = tabulate(cells, heading_row, tablefmt=plain, disable_numparse=True, stralign="left")
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())
