"""Graph of connectivity: boxes of endpoint groups, and the rows between each pair of boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.connectivity.rows import Connectivity, Row
from calicoctl.name_list import count_noun
from calicoctl.printers.connectivity.limits import check_limit
from calicoctl.printers.connectivity.markup import Markup, element
from calicoctl.printers.connectivity.result import format_row_services, shorten_names
from calicoctl.printers.connectivity.text_width import truncate_text

_MAX_SEPARATE_GROUPS = 80
"""Maximum number of groups with a box each in pictures. If there are more, groups in the same rows share a box."""
_MAX_SEPARATE_NODES = 30
"""The same limit in Graphviz and Mermaid graphs."""
_MAX_NAMES_IN_BOX = 2


class Box(NamedTuple):
    """An endpoint group, or several groups in the same rows."""

    groups: tuple[EndpointGroup, ...]

    @property
    def name(self) -> str:
        """Names of the first groups."""
        return shorten_names([group.name for group in self.groups], _MAX_NAMES_IN_BOX)

    @property
    def full_name(self) -> str:
        """Names of all groups."""
        return ", ".join(group.name for group in self.groups)

    @property
    def outside(self) -> bool:
        """Whether it contains addresses of non-endpoints only."""
        return all(group.outside for group in self.groups)

    @property
    def is_single_endpoint(self) -> bool:
        """Whether it consists of a single endpoint."""
        return len(self.groups) == 1 and self.groups[0].single_endpoint is not None

    @property
    def size_text(self) -> str:
        """Number of endpoints as text."""
        members = [member for group in self.groups for member in group.members]
        if self.outside:
            return "not an endpoint"
        if any(member.endpoint and member.endpoint.origin is None for member in members):
            return "any endpoint"
        return count_noun(len({member.endpoint for member in members}), "endpoint")

    @property
    def tooltip(self) -> str:
        """Names of all groups, and the number of endpoints."""
        return f"{self.full_name} ({self.size_text})"


class Graph(NamedTuple):
    """Boxes in the order of the output, and the rows between them."""

    boxes: Sequence[Box]
    rows: Sequence[Row]
    edges: Mapping[tuple[int, int], Sequence[int]]
    """Positions of rows by the positions of source and destination; only pairs with allowed traffic."""

    def edge_labels(self, pair: tuple[int, int]) -> list[str]:
        """Return the services allowed between a pair of boxes, as a text for each row."""
        return [format_row_services(self.rows[number]) for number in self.edges[pair]]


def make_graph(connectivity: Connectivity, max_separate_groups: int = _MAX_SEPARATE_GROUPS) -> Graph:
    """Return the graph; if there are more than `max_separate_groups` groups, those in the same rows share a box."""
    if len(connectivity.groups) > max_separate_groups:
        boxes = [Box(groups) for groups in connectivity.grouped_by_rows]
    else:
        boxes = [Box((group,)) for group in connectivity.groups]
    box_index = {box.groups[0]: number for number, box in enumerate(boxes)}
    edges: dict[tuple[int, int], list[int]] = {}
    for number, row in enumerate(connectivity.rows):
        sources, destinations = ([box_index[group] for group in end if group in box_index] for end in row.ends)
        for source, destination in product(sources, destinations):
            if _has_traffic(row, boxes[source], boxes[destination]):
                edges.setdefault((source, destination), []).append(number)
    return Graph(boxes, connectivity.rows, edges)


def _has_traffic(row: Row, source: Box, destination: Box) -> bool:
    """Return whether any packet of the row goes from one box to the other."""
    if source is destination and source.is_single_endpoint:
        return False
    versions = [frozenset[int]().union(*(group.versions for group in box.groups)) for box in (source, destination)]
    return bool(versions[0] & versions[1] & frozenset(row.versions))


def graph_lines(
    connectivity: Connectivity,
    output_format: str,
    max_edges: int,
    format_node: Callable[[int, Box], str],
    format_edge: Callable[[int, int, Sequence[str]], str],
) -> Iterator[str]:
    """Yield the lines of a graph language: a line for each box, then a line for each pair with allowed traffic.

    Args:
        connectivity: the result.
        output_format: value of `-o`.
        max_edges: maximum number of pairs.
        format_node: function of the position of a box and the box.
        format_edge: function of the positions of two boxes and the texts of the services allowed between them.

    Raises:
        UsageError: there are more than `max_edges` pairs.
    """
    graph = make_graph(connectivity, _MAX_SEPARATE_NODES)
    check_limit(len(graph.edges), max_edges, output_format, "arrows")
    yield from (format_node(number, box) for number, box in enumerate(graph.boxes))
    yield from (format_edge(*pair, graph.edge_labels(pair)) for pair in sorted(graph.edges))


def box_label(box: Box, font_size: float, max_width: float) -> list[Markup]:
    """Return the name of a box for an SVG text; a prefix such as `profile/` has a less prominent color.

    Args:
        box: box to name.
        font_size: font size in pixels.
        max_width: width in pixels to which the name is truncated.
    """
    text = truncate_text(box.name, font_size, max_width)
    kind, slash, rest = text.partition("/")
    if slash and kind.isalpha():
        return [element("tspan", kind + slash, class_="kind"), element("tspan", rest)]
    return [element("tspan", text)]
