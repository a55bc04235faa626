"""What is drawn of an answer: boxes, and what goes from which to which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

from calicoctl.analysis.connectivity.crowds import Crowd
from calicoctl.analysis.connectivity.rows import Connectivity, Row
from calicoctl.printers.connectivity.answer import services, shortened

_ALL_SHOWN = 80
"""So many crowds are shown each for itself; of more those together that are treated alike."""
_NAMES = 2
"""So many names stand in a box of several crowds."""


class Box(NamedTuple):
    """One crowd, or several that are treated alike."""

    crowds: tuple[Crowd, ...]

    @property
    def name(self) -> str:
        """What stands in it."""
        return shortened([crowd.name for crowd in self.crowds], _NAMES)

    @property
    def whole_name(self) -> str:
        """All of it."""
        return ", ".join(crowd.name for crowd in self.crowds)

    @property
    def outside(self) -> bool:
        """Whether it is no endpoint."""
        return all(crowd.outside for crowd in self.crowds)

    @property
    def alone(self) -> bool:
        """Whether it is one endpoint."""
        return len(self.crowds) == 1 and self.crowds[0].lone is not None

    @property
    def size(self) -> str:
        """How many there are in it, in words."""
        people = [one for crowd in self.crowds for one in crowd.inhabitants]
        if self.outside:
            return "not an endpoint"
        if any(one.endpoint and one.endpoint.origin is None for one in people):
            return "any endpoint"
        count = len({one.endpoint for one in people})
        return "1 endpoint" if count == 1 else f"{count} endpoints"


class Picture(NamedTuple):
    """Boxes in the order in which they are shown, and the rows between each pair of them."""

    boxes: Sequence[Box]
    rows: Sequence[Row]
    cells: Mapping[tuple[int, int], Sequence[int]]
    """Numbers of rows by the places of two boxes; no pair that may exchange nothing is there."""

    def words(self, pair: tuple[int, int]) -> list[str]:
        """What a pair may exchange."""
        return [services(self.rows[number]) for number in self.cells[pair]]


def picture(found: Connectivity, most: int = _ALL_SHOWN) -> Picture:
    """The picture; when there are more than so many crowds, those that are treated alike share a box."""
    boxes = [Box(crowds) for crowds in (found.alike if len(found.crowds) > most else [(one,) for one in found.crowds])]
    place = {box.crowds[0]: number for number, box in enumerate(boxes)}
    cells: dict[tuple[int, int], list[int]] = {}
    for number, row in enumerate(found.rows):
        sides = [[place[crowd] for crowd in side if crowd in place] for side in row.ends]
        for pair in product(*sides):
            if _exchanges(row, *(boxes[end] for end in pair)):
                cells.setdefault((pair[0], pair[1]), []).append(number)
    return Picture(boxes, found.rows, cells)


def _exchanges(row: Row, one: Box, other: Box) -> bool:
    """Whether a packet of the row goes from one box to the other."""
    versions = [frozenset[int]().union(*(crowd.versions for crowd in box.crowds)) for box in (one, other)]
    return not (one is other and one.alone) and bool(versions[0] & versions[1] & frozenset(row.versions))
