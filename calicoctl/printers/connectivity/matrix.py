"""Connectivity as a matrix: rows are sources, columns are destinations, colored cells are allowed traffic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.printers.connectivity.graph import Box, Graph, box_label
from calicoctl.printers.connectivity.legend import ServiceStyle, draw_legend, service_styles
from calicoctl.printers.connectivity.markup import Markup, SvgFragment, element, join_markup, multiline_text
from calicoctl.printers.connectivity.result import ARROW
from calicoctl.printers.connectivity.text_width import text_width, wrap_text

_MAX_GROUPS_WITH_LABELS = 10
"""Maximum number of groups with services as text in cells; with more, cells have numbers and there is a legend."""
_MAX_GROUPS_AT_FULL_SIZE = 40
"""Maximum number of groups at full size; more are drawn smaller."""
_MAX_ROW_NAME_WIDTH = 260
_MAX_COLUMN_NAME_WIDTH = 200
"""Maximum widths of names, in pixels."""


class _MatrixLayout(NamedTuple):
    """Positions and sizes in pixels."""

    left: float
    """Left edge of the cells."""
    top: float
    """Top edge of the cells."""
    cell_width: float
    cell_height: float
    font_size: float
    """Font size of the names."""

    def x(self, column: float) -> float:
        return self.left + column * self.cell_width

    def y(self, row: float) -> float:
        return self.top + row * self.cell_height


def draw_matrix(graph: Graph) -> SvgFragment:
    """Return the matrix, with a legend if cells have numbers."""
    count, with_labels = len(graph.boxes), len(graph.boxes) <= _MAX_GROUPS_WITH_LABELS
    layout, column_name_width = _make_layout(graph.boxes, with_labels=with_labels)
    styles = service_styles(graph)
    parts = [
        *_draw_grid(layout, count),
        *_draw_axes(layout),
        *_draw_headings(layout, graph.boxes, with_labels=with_labels),
    ]
    parts += _draw_cells(layout, graph, styles, with_labels=with_labels)
    if with_labels:
        return SvgFragment(join_markup(parts), layout.x(count) + 12, layout.y(count) + 12)
    total_width = max(layout.x(count) + column_name_width * 0.72, 640)
    legend_fragment = draw_legend(styles.values(), total_width, layout.y(count) + 34)
    return SvgFragment(join_markup([*parts, legend_fragment.content]), total_width, legend_fragment.height)


def _make_layout(boxes: Sequence[Box], *, with_labels: bool) -> tuple[_MatrixLayout, float]:
    """Return the layout for these boxes, and the width of the longest column name in pixels."""
    small = len(boxes) > _MAX_GROUPS_AT_FULL_SIZE
    font_size = 11.0 if small else 13.0
    longest = max(min(text_width(box.name, font_size), _MAX_ROW_NAME_WIDTH) for box in boxes)
    column_name_width = min(longest, _MAX_COLUMN_NAME_WIDTH)
    cell_width, cell_height = (128.0, 50.0) if with_labels else (20.0, 20.0) if small else (26.0, 26.0)
    return _MatrixLayout(
        max(longest, 60) + 22,
        66.0 if with_labels else 18 + column_name_width * 0.74,
        cell_width,
        cell_height,
        font_size,
    ), column_name_width


def _draw_grid(layout: _MatrixLayout, count: int) -> Iterator[Markup]:
    yield element(
        "rect",
        class_="panel",
        x=layout.left,
        y=layout.top,
        width=count * layout.cell_width,
        height=count * layout.cell_height,
    )
    horizontal_lines = "".join(
        f"M{layout.left:g} {layout.y(number):g}H{layout.x(count):g}" for number in range(count + 1)
    )
    vertical_lines = "".join(f"M{layout.x(number):g} {layout.top:g}V{layout.y(count):g}" for number in range(count + 1))
    yield element("path", class_="grid", d=horizontal_lines + vertical_lines)


def _draw_axes(layout: _MatrixLayout) -> Iterator[Markup]:
    for text, offset in ((f"TO {ARROW}", 28), ("FROM \N{DOWNWARDS ARROW}", 10)):
        yield element("text", text, class_="axis", x=layout.left - 10, y=layout.top - offset, text_anchor="end")


def _draw_headings(layout: _MatrixLayout, boxes: Sequence[Box], *, with_labels: bool) -> Iterator[Markup]:
    for number, box in enumerate(boxes):
        middle = layout.y(number + 0.5) + layout.font_size * 0.36
        row = element(
            "text",
            *box_label(box, layout.font_size, _MAX_ROW_NAME_WIDTH),
            x=layout.left - 10,
            y=middle,
            text_anchor="end",
        )
        yield _draw_heading(box, number, "from", row, layout.font_size)
        column = _wrapped_column_name(box, layout, number) if with_labels else _slanted_column_name(box, layout, number)
        yield _draw_heading(box, number, "to", column, layout.font_size)


def _draw_heading(box: Box, number: int, direction: str, text: Markup, font_size: float) -> Markup:
    css_class = "head small" if font_size < 12 else "head"
    return element("g", element("title", box.tooltip), text, class_=css_class, **{f"data_{direction}": number})


def _wrapped_column_name(box: Box, layout: _MatrixLayout, number: int) -> Markup:
    name_lines = wrap_text(box.name, layout.font_size, layout.cell_width - 8, 3)
    y = layout.top - 10 - (len(name_lines) - 1) * 15
    return multiline_text(name_lines, layout.x(number + 0.5), y, 15, text_anchor="middle")


def _slanted_column_name(box: Box, layout: _MatrixLayout, number: int) -> Markup:
    x, y = layout.x(number + 0.62), layout.top - 8
    return element(
        "text",
        *box_label(box, layout.font_size, _MAX_COLUMN_NAME_WIDTH),
        transform=f"translate({x:g} {y:g}) rotate(-45)",
    )


def _draw_cells(
    layout: _MatrixLayout, graph: Graph, styles: Mapping[tuple[int, int], ServiceStyle], *, with_labels: bool
) -> Iterator[Markup]:
    for (source, destination), style in sorted(styles.items()):
        rows = " ".join(map(str, graph.edges[source, destination]))
        rectangle = element(
            "rect",
            class_="fill",
            x=layout.x(destination),
            y=layout.y(source),
            width=layout.cell_width,
            height=layout.cell_height,
            rx=4,
        )
        title = element("title", f"{graph.boxes[source].name} {ARROW} {graph.boxes[destination].name}: {style.text}")
        label = (_services_label if with_labels else _number_label)(layout, source, destination, style)
        yield element(
            "g",
            title,
            rectangle,
            label,
            class_=f"cell {style.css_class}",
            data_from=str(source),
            data_to=str(destination),
            data_rows=rows,
        )
    for number, group_box in enumerate(graph.boxes):
        if group_box.is_single_endpoint:
            yield _draw_self_cell(layout, number)


def _services_label(layout: _MatrixLayout, source: int, destination: int, style: ServiceStyle) -> Markup:
    text_lines = wrap_text(style.text, 12, layout.cell_width - 12, 3)
    y = layout.y(source + 0.5) + 4.5 - (len(text_lines) - 1) * 7
    return multiline_text(text_lines, layout.x(destination + 0.5), y, 14, class_="services")


def _number_label(layout: _MatrixLayout, source: int, destination: int, style: ServiceStyle) -> Markup:
    x, y = layout.x(destination + 0.5), layout.y(source + 0.5) + 4
    return element("text", str(style.number), class_="number", x=x, y=y)


def _draw_self_cell(layout: _MatrixLayout, number: int) -> Markup:
    """Return the cell of a single endpoint with itself, which has no decision."""
    x, y = layout.x(number + 0.5), layout.y(number + 0.5)
    title = element("title", "single endpoint: the agent does not see traffic from an endpoint to itself")
    return element("g", title, element("path", class_="no-decision", d=f"M{x - 4:g} {y:g}h8"))
