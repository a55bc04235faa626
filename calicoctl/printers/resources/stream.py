"""Watch events as text: a row, a document or a line for each event."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.kinds.values.numbers import format_manifest_float
from calicoctl.manifest.writer import to_json_line, to_yaml_document
from calicoctl.printable import COLUMN_SEPARATOR
from calicoctl.printers.resources.columns import KIND_COLUMN, ColumnSelector, cell_text, shown_columns
from calicoctl.printers.resources.print_options import PrintOptions
from calicoctl.resource import Resource
from calicoctl.schema.fields import order_fields

ResourceEvents = Sequence[tuple[str, Resource]]

_EVENT = "EVENT"
_EVENT_WIDTH = len("MODIFIED")


def format_yaml(events: ResourceEvents) -> str:
    """Return a YAML document for each event, with the fields of a watch event of Kubernetes."""
    return "".join(
        to_yaml_document([("type", event), ("object", resource.manifest())], format_manifest_float)
        for event, resource in events
    )


def format_json(events: ResourceEvents) -> str:
    """Return a line of JSON for each event, with the fields of a watch event of Kubernetes."""
    return "".join(
        to_json_line({"type": event, "object": order_fields(resource.kind, resource.manifest())})
        for event, resource in events
    )


def format_names(events: ResourceEvents) -> str:
    """Return the event type and `kind/name` on each line."""
    return "".join(_format_row([event, str(resource.identifier)], [_EVENT_WIDTH]) for event, resource in events)


class TableStream:
    """Continuous tables. The first rows of a kind determine the widths of its columns."""

    def __init__(self, options: PrintOptions, columns: ColumnSelector) -> None:
        first = [KIND_COLUMN] if len(options.kinds) > 1 else []
        self._columns = {kind.name: [*first, *columns(kind)] for kind in options.kinds}
        self._headings_shown = options.headings
        self._widths: dict[str, list[int]] = {}
        self._last_kind = ""
        """Kind of the last printed row."""

    def __call__(self, events: ResourceEvents) -> str:
        """Return a row for each event, with a heading before the rows of another kind."""
        self._choose_columns([resource for _, resource in events])
        rows = [
            (resource.kind, [event, *(cell_text(resource, column) for column in self._columns[resource.kind])])
            for event, resource in events
        ]
        if len(self._columns) == 1 and not self._last_kind:  # print the heading even without resources
            rows.insert(0, (next(iter(self._columns)), []))
        for kind in dict.fromkeys(kind for kind, _ in rows):
            self._set_widths(kind, [cells for row_kind, cells in rows if row_kind == kind])
        return "".join(self._heading_line(kind) + _format_row(cells, self._widths[kind]) for kind, cells in rows)

    def _choose_columns(self, resources: Sequence[Resource]) -> None:
        """Omit empty columns of the first rows of a kind, as in a table."""
        for kind in {resource.kind for resource in resources} - self._widths.keys():
            kind_resources = [resource for resource in resources if resource.kind == kind]
            self._columns[kind] = shown_columns(self._columns[kind], kind_resources)

    def _set_widths(self, kind: str, rows: Sequence[Sequence[str]]) -> None:
        if kind not in self._widths:
            lines = [self._headings(kind), *filter(None, rows)]
            widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
            self._widths[kind] = [max(widths[0], _EVENT_WIDTH), *widths[1:]]

    def _heading_line(self, kind: str) -> str:
        if kind == self._last_kind or not self._headings_shown:
            return ""
        gap = "\n" if self._last_kind else ""
        self._last_kind = kind
        return gap + _format_row(self._headings(kind), self._widths[kind])

    def _headings(self, kind: str) -> list[str]:
        return [_EVENT, *(column.heading for column in self._columns[kind])]


def _format_row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line of padded cells; empty without cells."""
    padded = (text.ljust(width) for text, width in zip(cells, [*widths, 0], strict=False))
    return f"{COLUMN_SEPARATOR.join(padded).rstrip()}\n" if cells else ""
