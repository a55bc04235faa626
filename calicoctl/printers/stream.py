"""Changes of resources to text, as they come: a row, a document or a line each, which begins with what happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from calicoctl.kinds import Column, Kind
from calicoctl.kinds.numbers import manifest_float
from calicoctl.manifest.writer import to_json_line, to_yaml_document
from calicoctl.printers.table import KIND, SEPARATOR, cell
from calicoctl.resource import Resource
from calicoctl.schema.order import in_schema_order

Changed = Sequence[tuple[str, Resource]]

_EVENT = "EVENT"
_EVENT_WIDTH = len("MODIFIED")


def yaml(changed: Changed) -> str:
    """A YAML document each, with the fields of a watch event of Kubernetes."""
    return "".join(
        to_yaml_document([("type", event), ("object", resource.manifest())], manifest_float)
        for event, resource in changed
    )


def json(changed: Changed) -> str:
    """A line of JSON each, with the same fields."""
    return "".join(
        to_json_line({"type": event, "object": in_schema_order(resource.kind, resource.manifest())})
        for event, resource in changed
    )


def names(changed: Changed) -> str:
    """What happened and `kind/name`."""
    return "".join(_line([event, str(resource.identifier)], [_EVENT_WIDTH]) for event, resource in changed)


class Rows:
    """Tables that go on. Their columns are as wide as the first rows, or those of another kind, needed them."""

    def __init__(self, kinds: Sequence[Kind], columns: Callable[[Kind], Sequence[Column]]) -> None:
        self._columns = {kind.name: [*([KIND] if len(kinds) > 1 else []), *columns(kind)] for kind in kinds}
        self._widths: dict[str, list[int]] = {}
        self._kind = ""
        """Of the row that was printed last."""

    def __call__(self, changed: Changed) -> str:
        """The rows of changes, with headings where a kind begins."""
        rows = [
            (resource.kind, [event, *(cell(resource, column) for column in self._columns[resource.kind])])
            for event, resource in changed
        ]
        if len(self._columns) == 1 and not self._kind:  # its heading is shown even when there is nothing
            rows.insert(0, (next(iter(self._columns)), []))
        for kind in dict.fromkeys(kind for kind, _ in rows):
            self._measure(kind, [cells for of, cells in rows if of == kind])
        return "".join(self._heading(kind) + _line(cells, self._widths[kind]) for kind, cells in rows)

    def _measure(self, kind: str, rows: Sequence[Sequence[str]]) -> None:
        if kind not in self._widths:
            lines = [self._headings(kind), *filter(None, rows)]
            widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
            self._widths[kind] = [max(widths[0], _EVENT_WIDTH), *widths[1:]]

    def _heading(self, kind: str) -> str:
        if kind == self._kind:
            return ""
        gap = "\n" if self._kind else ""
        self._kind = kind
        return gap + _line(self._headings(kind), self._widths[kind])

    def _headings(self, kind: str) -> list[str]:
        return [_EVENT, *(column.heading for column in self._columns[kind])]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Cells padded to the widths; without cells no line."""
    padded = (text.ljust(width) for text, width in zip(cells, [*widths, 0], strict=False))
    return f"{SEPARATOR.join(padded).rstrip()}\n" if cells else ""
