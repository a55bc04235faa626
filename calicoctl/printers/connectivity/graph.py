"""What is drawn of an answer: boxes, and what goes from which to which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.connectivity.rows import Connectivity, Row
from calicoctl.printers.connectivity.answer import format_row_services, shorten_names

_MAX_SEPARATE_GROUPS = 80
"""So many crowds are shown each for itself; of more those together that are treated alike."""
_MAX_NAMES_IN_BOX = 2
"""So many names stand in a box of several crowds."""


class Box(NamedTuple):
    """One crowd, or several that are treated alike."""

    groups: tuple[EndpointGroup, ...]

    @property
    def name(self) -> str:
        """What stands in it."""
        return shorten_names([group.name for group in self.groups], _MAX_NAMES_IN_BOX)

    @property
    def full_name(self) -> str:
        """All of it."""
        return ", ".join(group.name for group in self.groups)

    @property
    def outside(self) -> bool:
        """Whether it is no endpoint."""
        return all(group.outside for group in self.groups)

    @property
    def is_single_endpoint(self) -> bool:
        """Whether it is one endpoint."""
        return len(self.groups) == 1 and self.groups[0].single_endpoint is not None

    @property
    def size_text(self) -> str:
        """How many there are in it, in words."""
        members = [member for group in self.groups for member in group.members]
        if self.outside:
            return "not an endpoint"
        if any(member.endpoint and member.endpoint.origin is None for member in members):
            return "any endpoint"
        count = len({member.endpoint for member in members})
        return "1 endpoint" if count == 1 else f"{count} endpoints"


class Graph(NamedTuple):
    """Boxes in the order in which they are shown, and the rows between each pair of them."""

    boxes: Sequence[Box]
    rows: Sequence[Row]
    edges: Mapping[tuple[int, int], Sequence[int]]
    """Numbers of rows by the places of two boxes; no pair that may exchange nothing is there."""

    def edge_labels(self, pair: tuple[int, int]) -> list[str]:
        """What a pair may exchange."""
        return [format_row_services(self.rows[number]) for number in self.edges[pair]]


def make_graph(connectivity: Connectivity, max_separate_groups: int = _MAX_SEPARATE_GROUPS) -> Graph:
    """The picture; when there are more than so many crowds, those that are treated alike share a box."""
    boxes = [
        Box(groups)
        for groups in (
            connectivity.grouped_by_rows
            if len(connectivity.groups) > max_separate_groups
            else [(single_group,) for single_group in connectivity.groups]
        )
    ]
    box_index = {box.groups[0]: number for number, box in enumerate(boxes)}
    edges: dict[tuple[int, int], list[int]] = {}
    for number, row in enumerate(connectivity.rows):
        sides = [[box_index[group] for group in side if group in box_index] for side in row.ends]
        for pair in product(*sides):
            if _has_traffic(row, *(boxes[end] for end in pair)):
                edges.setdefault((pair[0], pair[1]), []).append(number)
    return Graph(boxes, connectivity.rows, edges)


def _has_traffic(row: Row, source: Box, destination: Box) -> bool:
    """Whether a packet of the row goes from one box to the other."""
    versions = [frozenset[int]().union(*(group.versions for group in box.groups)) for box in (source, destination)]
    return not (source is destination and source.is_single_endpoint) and bool(
        versions[0] & versions[1] & frozenset(row.versions)
    )
