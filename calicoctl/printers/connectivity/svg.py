"""Who can reach whom as a picture: a flow when there is little, or else a matrix. It needs nothing but itself."""

from __future__ import annotations

from importlib.resources import files

from calicoctl.analysis.connectivity.rows import Connectivity
from calicoctl.printers.connectivity.answer import (
    ARROW,
    ConnectivityResult,
    check_limit,
    format_row_services,
    shorten_names,
)
from calicoctl.printers.connectivity.flow import draw_flow, fits_flow
from calicoctl.printers.connectivity.graph import make_graph
from calicoctl.printers.connectivity.markup import Markup, SvgFragment, element, join_markup
from calicoctl.printers.connectivity.matrix import draw_matrix
from calicoctl.printers.connectivity.text_width import truncate_text, wrap_text

_MARGIN = 20.0
_MAX_ROWS_OR_COLUMNS = 400
"""So many rows and columns a screen still holds."""
_MAX_DESCRIBED_ROWS = 100
"""So many rows are told to those who can't see them."""


def show(result: ConnectivityResult) -> str:
    """A document with the picture, a title and what it is worked out from."""
    fragment = draw_connectivity(result)
    total_width = max(fragment.width, 640.0) + 2 * _MARGIN
    note_lines = [line for note in result.isolation_notes for line in wrap_text(note, 12, total_width - 2 * _MARGIN, 3)]
    total_height = fragment.height + 96 + 18 * len(note_lines)
    header_elements = [
        element("text", truncate_text(result.title, 19, total_width - 2 * _MARGIN), class_="title", x=_MARGIN, y=38.0),
        element("text", truncate_text(result.basis, 12, total_width - 2 * _MARGIN), class_="quiet", x=_MARGIN, y=58.0),
    ]
    note_elements = [
        element("text", line, class_="quiet", x=_MARGIN, y=fragment.height + 92 + 18 * line_index)
        for line_index, line in enumerate(note_lines)
    ]
    content = element("g", fragment.content, transform=f"translate({(total_width - fragment.width) / 2:g} 76)")
    parts = [
        element("title", result.title, id="title"),
        element("desc", _describe(result), id="desc"),
        element("style", Markup(read_stylesheet())),
        element("rect", class_="ground", width="100%", height="100%"),
        *header_elements,
        content,
        *note_elements,
    ]
    root = element(
        "svg",
        join_markup(parts),
        xmlns="http://www.w3.org/2000/svg",
        class_="connectivity",
        width=total_width,
        height=total_height,
        viewBox=f"0 0 {total_width:g} {total_height:g}",
        role="img",
        aria_labelledby="title desc",
    )
    return f"{root}\n"


def draw_connectivity(result: ConnectivityResult) -> SvgFragment:
    """The picture alone.

    Raises:
        UsageProblem: there is more than anybody could see.
    """
    if fits_flow(result.connectivity):
        return draw_flow(result.connectivity)
    graph = make_graph(result.connectivity)
    check_limit(len(graph.boxes), _MAX_ROWS_OR_COLUMNS, "svg", "rows and columns")
    return draw_matrix(graph)


def is_too_large(connectivity: Connectivity) -> bool:
    """Whether there is more than anybody could see."""
    return min(len(connectivity.groups), len(connectivity.grouped_by_rows)) > _MAX_ROWS_OR_COLUMNS


def read_stylesheet() -> str:
    """The colours and letters of pictures."""
    return (files("calicoctl.printers.connectivity") / "picture.css").read_text(encoding="utf-8")


def _describe(result: ConnectivityResult) -> str:
    rows = result.connectivity.rows
    sentences = [
        f" {ARROW} ".join(shorten_names(result.side_names(side), 5) for side in row.ends)
        + f": {format_row_services(row)}."
        for row in rows[:_MAX_DESCRIBED_ROWS]
    ]
    more = [f"And {len(rows) - _MAX_DESCRIBED_ROWS} more."] if len(rows) > _MAX_DESCRIBED_ROWS else []
    return " ".join([f"{result.basis}.", *sentences, *more, *result.isolation_notes])
