"""Columns of tables of resources: those of the kinds, and those with a JSONPath of `-o custom-columns=`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from calicoctl.errors import UsageError
from calicoctl.kinds import KINDS, Column, Kind
from calicoctl.kinds.column import format_labels
from calicoctl.printable import escape_unprintable
from calicoctl.printers.resources.print_options import PrintOptions
from calicoctl.resource import Resource

if TYPE_CHECKING:
    from calicoctl.jsonpath import Path

_NONE = "<none>"
"""Cell without a value, as in kubectl."""
KIND_COLUMN = Column("KIND", "kind")
"""First column of tables if several kinds are printed."""
LABELS_COLUMN = Column("LABELS", "metadata.labels", format_value=format_labels, no_value=_NONE)
"""Last column with --show-labels."""
_COMMA = re.compile(r",(?![^\[]*\])")
"""Comma between columns; commas in brackets are part of a path."""


class PathColumn(NamedTuple):
    """Column of `-o custom-columns=HEADING:PATH`."""

    heading: str
    path: Path


AnyColumn: TypeAlias = "Column | PathColumn"
ColumnSelector: TypeAlias = "Callable[[Kind], Sequence[AnyColumn]]"
"""Returns the columns of a kind."""


def check_custom_columns(argument: str, options: PrintOptions) -> None:
    """Raise UsageError if a path is invalid, or if a kind lacks one of the headings.

    Args:
        argument: the argument of `-o custom-columns=`.
        options: the requested kinds; without kinds, a column of any kind is valid.
    """
    requested = parse_columns(argument)
    for kind in options.kinds:
        _select_columns(kind, requested)
    if not options.kinds:
        known_headings = {column.heading for kind in KINDS for column in kind.columns}
        _refuse_unknown_headings(requested, known_headings)


def parse_columns(argument: str) -> list[str | PathColumn]:
    """Return the headings and the columns with a path, which commas separate.

    Raises:
        UsageError: no column, a column without a heading, or an invalid path.
    """
    parts = [part.strip() for part in _COMMA.split(argument)]
    columns = [_parse_column(part) for part in parts if part]
    if not columns:
        raise UsageError("-o custom-columns=: missing heading (write custom-columns=NAME)")
    return columns


def _parse_column(text: str) -> str | PathColumn:
    heading, colon, path = text.partition(":")
    if not colon:
        return heading.upper()
    if not heading or not path:
        raise UsageError(f"-o custom-columns: {text!r}: expected HEADING:PATH (write NAME:.metadata.name)")
    from calicoctl.jsonpath import JsonPathError, parse_field_path

    try:
        return PathColumn(heading, parse_field_path(path))
    except JsonPathError as error:
        raise UsageError(f"-o custom-columns: {path}: {error}") from None


def column_selector(output_format: str, argument: str = "", *, labels: bool = False) -> ColumnSelector:
    """Return a function that selects a kind's columns.

    Args:
        output_format: `ps` for the identifying columns, `wide` for all, or `custom-columns`.
        argument: the argument of `-o custom-columns=`.
        labels: whether to add the labels.
    """
    last = (LABELS_COLUMN,) if labels else ()
    if output_format == "custom-columns":
        requested = parse_columns(argument)
        return lambda kind: [*_select_columns(kind, requested), *last]
    with_wide = output_format == "wide"
    return lambda kind: [
        *(column for column in kind.columns if not column.custom_only and (with_wide or not column.wide_only)),
        *last,
    ]


def shown_columns(columns: Sequence[AnyColumn], resources: Sequence[Resource]) -> list[AnyColumn]:
    """Return the columns of a table of these resources, without the empty ones that are omitted."""
    return [
        column
        for column in columns
        if isinstance(column, PathColumn)
        or not column.omit_empty
        or any(cell_text(resource, column) for resource in resources)
    ]


def _select_columns(kind: Kind, requested: Sequence[str | PathColumn]) -> list[AnyColumn]:
    by_heading = {column.heading: column for column in kind.columns}
    _refuse_unknown_headings(requested, by_heading)
    return [by_heading[each]._replace(omit_empty=False) if isinstance(each, str) else each for each in requested]


def _refuse_unknown_headings(requested: Sequence[str | PathColumn], known_headings: Collection[str]) -> None:
    for each in requested:
        if isinstance(each, str) and each not in known_headings:
            listed = ", ".join(sorted(known_headings))
            raise UsageError(f"-o custom-columns: unknown column {each} (columns are {listed}; or {each}:PATH)")


def cell_text(resource: Resource, column: AnyColumn) -> str:
    """Return the text of a cell, with unprintable characters escaped.

    Raises:
        UsageError: the path of the column cannot be applied to the resource.
    """
    return escape_unprintable(
        ",".join(_path_texts(resource, column)) or _NONE
        if isinstance(column, PathColumn)
        else _field_text(resource, column) or column.no_value
    )


def _field_text(resource: Resource, column: Column) -> str:
    value: object = {
        "kind": resource.kind,
        "metadata": resource.metadata,
        "spec": resource.spec,
        "set": resource.set_name,
    }
    for step in column.path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return column.format_value(value)


def _path_texts(resource: Resource, column: PathColumn) -> Iterator[str]:
    from calicoctl.jsonpath import JsonPathError, find_values, format_value

    try:
        yield from map(format_value, find_values(column.path, resource.manifest()))
    except JsonPathError as error:
        raise UsageError(f"-o custom-columns: {column.heading}: {resource.identifier}: {error}") from None
