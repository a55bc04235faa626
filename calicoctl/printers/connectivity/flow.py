"""The flow: who sends at the left, what is allowed in the middle, who receives at the right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.connectivity.rows import Connectivity, Row
from calicoctl.printers.connectivity.answer import ARROW, format_row_services
from calicoctl.printers.connectivity.graph import Box
from calicoctl.printers.connectivity.markup import Markup, SvgFragment, box_label, element, join_markup
from calicoctl.printers.connectivity.text_width import text_width, wrap_text

_MAX_ROWS_OR_GROUPS = 10
"""So many rows, and so many groups, a flow shows clearly."""
_WIDTH = 960.0
_BOX_SIZE = (264.0, 50.0)
_GAP = 20.0
_MARGIN = 16.0
_MAX_SERVICE_BOX_WIDTH = 230.0
_LINE_HEIGHT = 16.0
_TOP_MARGIN = 34.0


def fits_flow(connectivity: Connectivity) -> bool:
    """Whether there is little enough to show it as a flow."""
    return 0 < len(connectivity.rows) <= _MAX_ROWS_OR_GROUPS and len(connectivity.groups) <= _MAX_ROWS_OR_GROUPS


class _ServiceBox(NamedTuple):
    """A row in the middle."""

    row_index: int
    row: Row
    lines: Sequence[str]
    css_class: str

    @property
    def height(self) -> float:
        return 14 + _LINE_HEIGHT * len(self.lines)

    @property
    def width(self) -> float:
        return max(64.0, max(text_width(line, 12.5) for line in self.lines) + 34)


BoxMiddles = Mapping[EndpointGroup, float]
"""The middle of each box."""


def draw_flow(connectivity: Connectivity) -> SvgFragment:
    """The flow of all rows."""
    senders, receivers = (
        [group for group in connectivity.groups if any(group in row.ends[side] for row in connectivity.rows)]
        for side in (0, 1)
    )
    service_boxes = _service_boxes(connectivity.rows)
    columns = [_stack_middles([_BOX_SIZE[1]] * len(senders)), _stack_middles([_BOX_SIZE[1]] * len(receivers))]
    height = max(columns[0][1], columns[1][1], _stack_middles([service_box.height for service_box in service_boxes])[1])
    sender_middles, receiver_middles = (
        dict(zip(groups, (y + (height - column[1]) / 2 for y in column[0]), strict=True))
        for groups, column in zip((senders, receivers), columns, strict=True)
    )
    service_boxes.sort(
        key=lambda service_box: (
            _mean_middle(service_box.row.sources, sender_middles)
            + _mean_middle(service_box.row.destinations, receiver_middles)
        )
    )
    box_middles, boxes_height = _stack_middles([service_box.height for service_box in service_boxes])
    placed_boxes = [
        (service_box, y + (height - boxes_height) / 2)
        for service_box, y in zip(service_boxes, box_middles, strict=True)
    ]
    parts = [
        *_draw_axes(),
        *_draw_flows(placed_boxes, sender_middles, receiver_middles),
        *_draw_boxes(sender_middles, _MARGIN, "from"),
        *_draw_boxes(receiver_middles, _right_column_x(), "to"),
    ]
    return SvgFragment(join_markup(parts), _WIDTH, height + _TOP_MARGIN + _MARGIN)


def _right_column_x() -> float:
    return _WIDTH - _MARGIN - _BOX_SIZE[0]


def _service_boxes(rows: Sequence[Row]) -> list[_ServiceBox]:
    texts = list(dict.fromkeys(format_row_services(row) for row in rows if format_row_services(row) != "all"))
    css_classes = {"all": "s0", **{text: f"s{min(number, 8)}" for number, text in enumerate(texts, 1)}}
    return [
        _ServiceBox(
            number,
            row,
            wrap_text(format_row_services(row), 12.5, _MAX_SERVICE_BOX_WIDTH - 28, 3),
            css_classes[format_row_services(row)],
        )
        for number, row in enumerate(rows)
    ]


def _stack_middles(heights: Sequence[float]) -> tuple[list[float], float]:
    """The middles of things that stand below each other, and how high they are together."""
    middles, y = [], 0.0
    for height in heights:
        middles.append(_TOP_MARGIN + y + height / 2)
        y += height + _GAP
    return middles, y - _GAP


def _mean_middle(groups: Sequence[EndpointGroup], middles: BoxMiddles) -> float:
    return sum(middles[group] for group in groups) / len(groups)


def _draw_axes() -> Iterator[Markup]:
    for text, x in (("FROM", _MARGIN), ("ALLOWED", _WIDTH / 2), ("TO", _right_column_x())):
        yield element("text", text, class_="axis", x=x, y=16.0, text_anchor="middle" if text == "ALLOWED" else None)


def _draw_boxes(middles: BoxMiddles, x: float, direction: str) -> Iterator[Markup]:
    for group, middle in middles.items():
        box = Box((group,))
        shape = element(
            "rect", class_="box", x=x, y=middle - _BOX_SIZE[1] / 2, width=_BOX_SIZE[0], height=_BOX_SIZE[1], rx=9
        )
        name = element("text", *box_label(box, 14, _BOX_SIZE[0] - 32), class_="name", x=x + 16, y=middle - 3)
        size = element("text", box.size_text, class_="quiet", x=x + 16, y=middle + 15)
        title = element("title", f"{box.full_name} ({box.size_text})")
        kind = "head outside" if group.outside else "head"
        yield element("g", title, shape, name, size, class_=kind, **{f"data_{direction}": str(group.index)})


def _draw_flows(
    placed_boxes: Sequence[tuple[_ServiceBox, float]], sender_middles: BoxMiddles, receiver_middles: BoxMiddles
) -> Iterator[Markup]:
    """A row with its ways; where several ways come to one box they keep apart."""
    outgoing, incoming = (
        _EdgePorts(side, [service_box.row.ends[end] for service_box, _ in placed_boxes])
        for end, side in enumerate((sender_middles, receiver_middles))
    )
    for service_box, middle in placed_boxes:
        box_sides = (_WIDTH / 2 - service_box.width / 2, _WIDTH / 2 + service_box.width / 2)
        edges = [
            _edge_path(_MARGIN + _BOX_SIZE[0], outgoing.next_y(group), box_sides[0], middle)
            for group in service_box.row.sources
        ]
        for group in service_box.row.destinations:
            y = incoming.next_y(group)
            edges += [_edge_path(box_sides[1], middle, _right_column_x() - 9, y), _arrowhead(_right_column_x() - 1, y)]
        side_names = [", ".join(group.name for group in side) for side in service_box.row.ends]
        title = element("title", f"{side_names[0]} {ARROW} {side_names[1]}: {format_row_services(service_box.row)}")
        numbers = [" ".join(str(group.index) for group in side) for side in service_box.row.ends]
        yield element(
            "g",
            title,
            *edges,
            *_service_box_label(service_box, middle),
            class_=f"flow {service_box.css_class}",
            data_from=numbers[0],
            data_to=numbers[1],
            data_rows=str(service_box.row_index),
        )


class _EdgePorts:
    """Where ways leave or enter each box, from its top down."""

    def __init__(self, middles: BoxMiddles, sides: Sequence[Sequence[EndpointGroup]]) -> None:
        self._free_ys: dict[EndpointGroup, list[float]] = {}
        for group, middle in middles.items():
            count = sum(group in side for side in sides)
            step = min(12.0, (_BOX_SIZE[1] - 14) / max(count, 1))
            self._free_ys[group] = [middle + (port_index - (count - 1) / 2) * step for port_index in range(count)]

    def next_y(self, group: EndpointGroup) -> float:
        """The place of the next way."""
        return self._free_ys[group].pop(0)


def _edge_path(x: float, y: float, to_x: float, to_y: float) -> Markup:
    bend = (to_x - x) * 0.5
    return element(
        "path",
        class_="way",
        d=f"M{x:.1f} {y:.1f}C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}",
    )


def _arrowhead(x: float, y: float) -> Markup:
    return element("path", class_="tip", d=f"M{x:.1f} {y:.1f}l-10 -5v10z")


def _service_box_label(service_box: _ServiceBox, middle: float) -> Iterator[Markup]:
    x, top = _WIDTH / 2 - service_box.width / 2, middle - service_box.height / 2
    yield element(
        "rect",
        class_="shade chip",
        x=x,
        y=top,
        width=service_box.width,
        height=service_box.height,
        rx=service_box.height / 2 if len(service_box.lines) == 1 else 12,
    )
    spans = [
        element("tspan", line, x=_WIDTH / 2, y=top + 19 + line_index * _LINE_HEIGHT)
        for line_index, line in enumerate(service_box.lines)
    ]
    yield element("text", *spans, class_="said")
