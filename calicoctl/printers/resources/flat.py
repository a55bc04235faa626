"""Resources as CSV or Markdown, with all columns of `-o wide`."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.kinds.column import Column
from calicoctl.printers.resources.columns import KIND_COLUMN, AnyColumn, cell_text, column_selector, shown_columns
from calicoctl.printers.resources.print_options import PrintOptions
from calicoctl.printers.table_text import csv_text, markdown_line
from calicoctl.resource import Resource


def format_csv(resources: Sequence[Resource], options: PrintOptions) -> str:
    """Return comma-separated values (RFC 4180). Several kinds have one table with a column KIND and all columns."""
    headings, rows = _flat_table(resources, options)
    return csv_text([headings, *rows] if options.headings else rows)


def format_markdown(resources: Sequence[Resource], options: PrintOptions) -> str:
    """Return a Markdown table, as GitHub and GitLab display it, with the columns of `format_csv`."""
    headings, rows = _flat_table(resources, options)
    lines = [headings, ["---"] * len(headings), *rows] if options.headings else rows
    return "".join(f"{markdown_line(line, _escape_markdown)}\n" for line in lines)


def _flat_table(resources: Sequence[Resource], options: PrintOptions) -> tuple[list[str], list[list[str]]]:
    """Return the headings and the rows of one table, with the columns of all kinds that have resources.

    A cell is empty if the kind does not have its column, or the resource no value.
    """
    select = column_selector("wide", labels=options.labels)
    several = len(options.kinds) != 1
    present = {resource.kind for resource in resources}
    kinds = [kind for kind in options.kinds if kind.name in present] or options.kinds
    columns: dict[str, list[AnyColumn]] = {
        kind.name: [
            *([KIND_COLUMN] if several else []),
            *map(_with_empty_cells, shown_columns(select(kind), resources)),
        ]
        for kind in kinds
    }
    headings = list(dict.fromkeys(column.heading for each in columns.values() for column in each))
    if options.labels:  # the last column of each kind is the last one of the table
        headings.append(headings.pop(headings.index("LABELS")))
    rows = []
    for resource in resources:
        cells = {column.heading: cell_text(resource, column) for column in columns[resource.kind]}
        rows.append([cells.get(heading, "") for heading in headings])
    return headings, rows


def _with_empty_cells(column: AnyColumn) -> AnyColumn:
    """Return a column whose cells without a value are empty: a program would read `<none>` as a value."""
    return column._replace(no_value="") if isinstance(column, Column) else column


def _escape_markdown(cell: str) -> str:
    """Return a cell whose text Markdown does not interpret."""
    for character in "\\|`*_<[":
        cell = cell.replace(character, f"\\{character}")
    return cell
