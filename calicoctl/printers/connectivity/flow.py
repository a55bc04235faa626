"""Connectivity as a flow: sources at the left, allowed services in the middle, destinations at the right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.connectivity.rows import Connectivity, Row
from calicoctl.printers.connectivity.graph import Box, box_label
from calicoctl.printers.connectivity.markup import Markup, SvgFragment, element, join_markup, multiline_text
from calicoctl.printers.connectivity.result import ARROW, format_row_services
from calicoctl.printers.connectivity.text_width import text_width, wrap_text

_WIDTH = 960.0
_MARGIN = 16.0
_TOP_MARGIN = 34.0
_GAP = 20.0
"""Vertical space between boxes, in pixels."""
_BOX_WIDTH = 264.0
_BOX_HEIGHT = 50.0
_RIGHT_COLUMN_X = _WIDTH - _MARGIN - _BOX_WIDTH
_MAX_SERVICE_BOX_WIDTH = 230.0
_SERVICE_FONT_SIZE = 12.5
_LINE_HEIGHT = 16.0

_BoxMiddles = Mapping[EndpointGroup, float]
"""Vertical middle of the box of each group, in pixels."""


class _ServiceBox(NamedTuple):
    """Services of a row."""

    row_index: int
    row: Row
    lines: Sequence[str]
    css_class: str

    @property
    def height(self) -> float:
        return 14 + _LINE_HEIGHT * len(self.lines)

    @property
    def width(self) -> float:
        return max(64.0, max(text_width(line, _SERVICE_FONT_SIZE) for line in self.lines) + 34)

    @property
    def left(self) -> float:
        return (_WIDTH - self.width) / 2


def draw_flow(connectivity: Connectivity) -> SvgFragment:
    """Return the flow of all rows."""
    rows = connectivity.rows
    senders = [group for group in connectivity.groups if any(group in row.sources for row in rows)]
    receivers = [group for group in connectivity.groups if any(group in row.destinations for row in rows)]
    service_boxes = _service_boxes(rows)
    columns = (
        [_BOX_HEIGHT] * len(senders),
        [_BOX_HEIGHT] * len(receivers),
        [service_box.height for service_box in service_boxes],
    )
    height = max(map(_column_height, columns))
    sender_middles = dict(zip(senders, _column_middles(columns[0], height), strict=True))
    receiver_middles = dict(zip(receivers, _column_middles(columns[1], height), strict=True))
    service_boxes.sort(
        key=lambda service_box: (
            _mean_middle(service_box.row.sources, sender_middles)
            + _mean_middle(service_box.row.destinations, receiver_middles)
        )
    )
    service_middles = _column_middles([service_box.height for service_box in service_boxes], height)
    parts = [
        *_draw_axes(),
        *_draw_rows(service_boxes, service_middles, sender_middles, receiver_middles),
        *_draw_groups(sender_middles, _MARGIN, "from"),
        *_draw_groups(receiver_middles, _RIGHT_COLUMN_X, "to"),
    ]
    return SvgFragment(join_markup(parts), _WIDTH, height + _TOP_MARGIN + _MARGIN)


def _service_boxes(rows: Sequence[Row]) -> list[_ServiceBox]:
    """Return a box for each row; rows with the same services have the same color."""
    texts = [format_row_services(row) for row in rows]
    colored_texts = [text for text in dict.fromkeys(texts) if text != "all"]
    css_classes = {"all": "s0", **{text: f"s{min(number, 8)}" for number, text in enumerate(colored_texts, 1)}}
    return [
        _ServiceBox(number, row, wrap_text(text, _SERVICE_FONT_SIZE, _MAX_SERVICE_BOX_WIDTH - 28, 3), css_classes[text])
        for number, (row, text) in enumerate(zip(rows, texts, strict=True))
    ]


def _column_height(heights: Sequence[float]) -> float:
    return sum(heights) + _GAP * (len(heights) - 1)


def _column_middles(heights: Sequence[float], total_height: float) -> list[float]:
    """Return the vertical middles of boxes of these heights, stacked in the middle of the total height."""
    top = _TOP_MARGIN + (total_height - _column_height(heights)) / 2
    middles = []
    for height in heights:
        middles.append(top + height / 2)
        top += height + _GAP
    return middles


def _mean_middle(groups: Sequence[EndpointGroup], middles: _BoxMiddles) -> float:
    return sum(middles[group] for group in groups) / len(groups)


def _draw_axes() -> Iterator[Markup]:
    for text, x in (("FROM", _MARGIN), ("ALLOWED", _WIDTH / 2), ("TO", _RIGHT_COLUMN_X)):
        yield element("text", text, class_="axis", x=x, y=16.0, text_anchor="middle" if text == "ALLOWED" else None)


def _draw_groups(middles: _BoxMiddles, x: float, direction: str) -> Iterator[Markup]:
    for group, middle in middles.items():
        box = Box((group,))
        shape = element(
            "rect", class_="box", x=x, y=middle - _BOX_HEIGHT / 2, width=_BOX_WIDTH, height=_BOX_HEIGHT, rx=9
        )
        name = element("text", *box_label(box, 14, _BOX_WIDTH - 32), class_="name", x=x + 16, y=middle - 3)
        size = element("text", box.size_text, class_="muted", x=x + 16, y=middle + 15)
        title = element("title", box.tooltip)
        kind = "head outside" if group.outside else "head"
        yield element("g", title, shape, name, size, class_=kind, **{f"data_{direction}": str(group.index)})


def _draw_rows(
    service_boxes: Sequence[_ServiceBox],
    service_middles: Sequence[float],
    sender_middles: _BoxMiddles,
    receiver_middles: _BoxMiddles,
) -> Iterator[Markup]:
    """Yield each row: edges from its sources, the services, and edges to its destinations."""
    outgoing = _EdgePorts(sender_middles, [service_box.row.sources for service_box in service_boxes])
    incoming = _EdgePorts(receiver_middles, [service_box.row.destinations for service_box in service_boxes])
    for service_box, middle in zip(service_boxes, service_middles, strict=True):
        row = service_box.row
        edges = [
            _edge_path(_MARGIN + _BOX_WIDTH, outgoing.next_y(group), service_box.left, middle) for group in row.sources
        ]
        for group in row.destinations:
            y = incoming.next_y(group)
            edges.append(_edge_path(service_box.left + service_box.width, middle, _RIGHT_COLUMN_X - 9, y))
            edges.append(_arrowhead(_RIGHT_COLUMN_X - 1, y))
        names = f" {ARROW} ".join(", ".join(group.name for group in end) for end in row.ends)
        source_indexes, destination_indexes = (" ".join(str(group.index) for group in end) for end in row.ends)
        yield element(
            "g",
            element("title", f"{names}: {format_row_services(row)}"),
            *edges,
            *_service_box_label(service_box, middle),
            class_=f"flow {service_box.css_class}",
            data_from=source_indexes,
            data_to=destination_indexes,
            data_rows=str(service_box.row_index),
        )


class _EdgePorts:
    """Positions at which edges meet the boxes of a column, from top to bottom; no two edges of a box share one."""

    def __init__(self, middles: _BoxMiddles, groups_of_rows: Sequence[Sequence[EndpointGroup]]) -> None:
        self._free_ys: dict[EndpointGroup, list[float]] = {}
        for group, middle in middles.items():
            count = sum(group in groups for groups in groups_of_rows)
            step = min(12.0, (_BOX_HEIGHT - 14) / max(count, 1))
            self._free_ys[group] = [middle + (port_index - (count - 1) / 2) * step for port_index in range(count)]

    def next_y(self, group: EndpointGroup) -> float:
        """Return the vertical position of the next edge of a group."""
        return self._free_ys[group].pop(0)


def _edge_path(x: float, y: float, to_x: float, to_y: float) -> Markup:
    middle_x = (x + to_x) / 2
    return element(
        "path",
        class_="edge",
        d=f"M{x:.1f} {y:.1f}C{middle_x:.1f} {y:.1f} {middle_x:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}",
    )


def _arrowhead(x: float, y: float) -> Markup:
    return element("path", class_="arrowhead", d=f"M{x:.1f} {y:.1f}l-10 -5v10z")


def _service_box_label(service_box: _ServiceBox, middle: float) -> Iterator[Markup]:
    top = middle - service_box.height / 2
    yield element(
        "rect",
        class_="fill chip",
        x=service_box.left,
        y=top,
        width=service_box.width,
        height=service_box.height,
        rx=service_box.height / 2 if len(service_box.lines) == 1 else 12,
    )
    yield multiline_text(service_box.lines, _WIDTH / 2, top + 19, _LINE_HEIGHT, class_="services")
