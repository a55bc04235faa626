"""Columns of `get`: headings, fields, and the texts of cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Column(NamedTuple):
    """A column of `get`."""

    heading: str
    path: str
    """Field with the value, such as `spec.order`."""
    wide_only: bool = False
    """Whether only `-o wide` shows the column."""
    custom_only: bool = False
    """Whether only `-o custom-columns=` shows the column."""
    omit_empty: bool = False
    """Whether `-o wide` omits the column if no resource of the table has the value."""
    format_value: Callable[[Any], str] = lambda value: "" if value is None else str(value)
    """Function from the value to its text, which is empty if there is no value; an absent field is None."""
    no_value: str = ""
    """Cell without a value in tables, as in calicoctl 1.6.5 or kubectl; CSV and Markdown have an empty cell."""


SET_COLUMN = Column("SET", "set", wide_only=True, omit_empty=True)
"""Column of all kinds with the set of a resource."""


def format_labels(labels: Mapping[str, str] | None) -> str:
    """Return labels as text of a cell: `role=database,tier=data`."""
    return ",".join(f"{key}={text}" for key, text in sorted((labels or {}).items()))


def format_list(values: list[str] | None) -> str:
    """Return a list as text of a cell."""
    return ",".join(values or ())
