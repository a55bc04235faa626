"""Resources as tables, one for each kind, with the columns that the kind describes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from calicoctl.errors import UsageProblem
from calicoctl.kinds import KINDS, Column, Kind
from calicoctl.resource import Resource

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


KIND = Column("KIND", "kind")
"""Tells tables of several kinds apart."""
SEPARATOR = "   "


def ps(resources: Sequence[Resource], kinds: Sequence[Kind]) -> str:
    """The columns that name a resource."""
    return _tables(resources, kinds, columns_of("ps"))


def wide(resources: Sequence[Resource], kinds: Sequence[Kind]) -> str:
    """These and more about each resource."""
    return _tables(resources, kinds, columns_of("wide"))


def custom(headings: str, kinds: Sequence[Kind] | None) -> Callable[[Sequence[Resource], Sequence[Kind]], str]:
    """The columns with these headings, which are separated by commas."""
    wanted = _wanted(headings)
    if not wanted:
        raise UsageProblem("-o custom-columns= needs at least one heading, such as custom-columns=NAME")
    for kind in kinds or ():
        _chosen(kind, wanted)
    if not kinds:
        known = {column.heading for kind in KINDS for column in kind.columns}
        _refuse_unknown(wanted, known)
    return lambda resources, kinds: _tables(resources, kinds, lambda kind: _chosen(kind, wanted))


def columns_of(form: str, headings: str = "") -> Callable[[Kind], Sequence[Column]]:
    """Which columns of a kind a table has: of `ps`, of `wide`, or of custom columns with these headings."""
    if form == "wide":
        return lambda kind: [column for column in kind.columns if not column.custom]
    if form == "ps":
        return lambda kind: [column for column in kind.columns if not (column.wide or column.custom)]
    return lambda kind: _chosen(kind, _wanted(headings))


def _wanted(headings: str) -> list[str]:
    return [heading.strip().upper() for heading in headings.split(",") if heading.strip()]


def _chosen(kind: Kind, wanted: Sequence[str]) -> list[Column]:
    by_heading = {column.heading: column for column in kind.columns}
    _refuse_unknown(wanted, by_heading)
    return [by_heading[heading] for heading in wanted]


def _refuse_unknown(wanted: Sequence[str], known: Collection[str]) -> None:
    for heading in wanted:
        if heading not in known:
            listed = ", ".join(sorted(known))
            raise UsageProblem(f"-o custom-columns: there is no column {heading} (columns are {listed})")


def _tables(resources: Sequence[Resource], kinds: Sequence[Kind], columns: Callable[[Kind], Sequence[Column]]) -> str:
    """One table, or one for each kind that has resources, which then names the kind as well."""
    if len(kinds) == 1:
        return _table(resources, columns(kinds[0]))
    by_kind = [(kind, [resource for resource in resources if resource.kind == kind.name]) for kind in kinds]
    return "\n".join(_table(those, [KIND, *columns(kind)]) for kind, those in by_kind if those)


def _table(resources: Sequence[Resource], columns: Sequence[Column]) -> str:
    import tabulate as library
    from tabulate import DataRow, TableFormat, tabulate

    library.MIN_PADDING = 0  # headings are padded like any other cell

    row = DataRow("", SEPARATOR, "")
    plain = TableFormat(None, None, None, None, row, row, 0, None)
    cells = [[cell(resource, column) for column in columns] for resource in resources]
    headings = [column.heading for column in columns]
    text = tabulate(cells, headings, tablefmt=plain, disable_numparse=True, stralign="left")
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def cell(resource: Resource, column: Column) -> str:
    """The text of a cell; line breaks and the like are shown escaped, for they would break the table."""
    value: object = {"kind": resource.kind, "metadata": resource.metadata, "spec": resource.spec}
    for step in column.path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return in_one_line(column.show(value))


def in_one_line(text: str) -> str:
    """The text with line breaks and the like escaped."""
    return _BREAKS.sub(lambda match: repr(match[0])[1:-1], text)
