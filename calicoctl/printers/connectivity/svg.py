"""Connectivity as a self-contained SVG picture: a flow if there are few rows and groups, else a matrix."""

from __future__ import annotations

from importlib.resources import files

from calicoctl.analysis.connectivity.rows import Connectivity
from calicoctl.printers.connectivity.flow import draw_flow
from calicoctl.printers.connectivity.graph import make_graph
from calicoctl.printers.connectivity.limits import check_limit
from calicoctl.printers.connectivity.markup import Markup, SvgFragment, element, join_markup, svg_element
from calicoctl.printers.connectivity.matrix import draw_matrix
from calicoctl.printers.connectivity.result import ARROW, ConnectivityResult, format_row_services, shorten_names
from calicoctl.printers.connectivity.text_width import truncate_text, wrap_text

_MARGIN = 20.0
_MIN_WIDTH = 640.0
_MAX_FLOW_ROWS = 10
_MAX_FLOW_GROUPS = 10
"""Maximum numbers of rows and groups that are readable as a flow."""
_MAX_MATRIX_SIZE = 400
"""Maximum number of rows and columns of a matrix; more do not fit on a screen."""
_MAX_DESCRIBED_ROWS = 100
"""Maximum number of rows in the description for screen readers."""


def format_result(result: ConnectivityResult) -> str:
    """Return an SVG document with title, basis, picture and notes.

    Raises:
        UsageError: there are too many groups for a picture.
    """
    fragment = draw_connectivity(result.connectivity)
    total_width = max(fragment.width, _MIN_WIDTH) + 2 * _MARGIN
    text_width = total_width - 2 * _MARGIN
    note_lines = [line for note in result.isolation_notes for line in wrap_text(note, 12, text_width, 3)]
    total_height = fragment.height + 96 + 18 * len(note_lines)
    parts = [
        element("title", result.title, id="title"),
        element("desc", _describe(result), id="desc"),
        element("style", Markup(read_asset("picture.css"))),
        element("rect", class_="ground", width="100%", height="100%"),
        element("text", truncate_text(result.title, 19, text_width), class_="title", x=_MARGIN, y=38.0),
        element("text", truncate_text(result.basis, 12, text_width), class_="muted", x=_MARGIN, y=58.0),
        element("g", fragment.content, transform=f"translate({(total_width - fragment.width) / 2:g} 76)"),
        *(
            element("text", line, class_="muted", x=_MARGIN, y=fragment.height + 92 + 18 * line_index)
            for line_index, line in enumerate(note_lines)
        ),
    ]
    document = SvgFragment(join_markup(parts), total_width, total_height)
    return f"{svg_element(document, xmlns='http://www.w3.org/2000/svg', aria_labelledby='title desc')}\n"


def draw_connectivity(connectivity: Connectivity) -> SvgFragment:
    """Return the picture without title and notes: a flow or a matrix.

    Raises:
        UsageError: there are too many groups for a picture.
    """
    if 0 < len(connectivity.rows) <= _MAX_FLOW_ROWS and len(connectivity.groups) <= _MAX_FLOW_GROUPS:
        return draw_flow(connectivity)
    graph = make_graph(connectivity)
    check_limit(len(graph.boxes), _MAX_MATRIX_SIZE, "svg", "rows and columns")
    return draw_matrix(graph)


def read_asset(name: str) -> str:
    """Return the text of a stylesheet or script of this package."""
    return (files("calicoctl.printers.connectivity") / name).read_text(encoding="utf-8")


def _describe(result: ConnectivityResult) -> str:
    rows = result.connectivity.rows
    sentences = [
        f" {ARROW} ".join(shorten_names(list(result.groups_by_name(end)), 5) for end in row.ends)
        + f": {format_row_services(row)}."
        for row in rows[:_MAX_DESCRIBED_ROWS]
    ]
    more = [f"And {len(rows) - _MAX_DESCRIBED_ROWS} more."] if len(rows) > _MAX_DESCRIBED_ROWS else []
    return " ".join([f"{result.basis}.", *sentences, *more, *result.isolation_notes])
