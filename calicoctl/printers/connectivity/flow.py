"""The flow: who sends at the left, what is allowed in the middle, who receives at the right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.connectivity.crowds import Crowd
from calicoctl.analysis.connectivity.rows import Connectivity, Row
from calicoctl.printers.connectivity.answer import ARROW, services
from calicoctl.printers.connectivity.drawing import Drawing, named
from calicoctl.printers.connectivity.lettering import lines, width
from calicoctl.printers.connectivity.markup import Markup, element, joined
from calicoctl.printers.connectivity.picture import Box

_MOST = 10
"""So many rows, and so many groups, a flow shows clearly."""
_WIDTH = 960.0
_BOX = (264.0, 50.0)
_GAP = 20.0
_MARGIN = 16.0
_CHIP = 230.0
_LINE = 16.0
_TOP = 34.0


def is_clear(found: Connectivity) -> bool:
    """Whether there is little enough to show it as a flow."""
    return 0 < len(found.rows) <= _MOST and len(found.crowds) <= _MOST


class _Chip(NamedTuple):
    """A row in the middle."""

    number: int
    row: Row
    lines: Sequence[str]
    class_: str

    @property
    def height(self) -> float:
        return 14 + _LINE * len(self.lines)

    @property
    def width(self) -> float:
        return max(64.0, max(width(line, 12.5) for line in self.lines) + 34)


Heights = Mapping[Crowd, float]
"""The middle of each box."""


def flow(found: Connectivity) -> Drawing:
    """The flow of all rows."""
    senders, receivers = (
        [crowd for crowd in found.crowds if any(crowd in row.ends[side] for row in found.rows)] for side in (0, 1)
    )
    chips = _chips(found.rows)
    columns = [_stack([_BOX[1]] * len(senders)), _stack([_BOX[1]] * len(receivers))]
    high = max(columns[0][1], columns[1][1], _stack([chip.height for chip in chips])[1])
    left, right = (
        dict(zip(those, (y + (high - column[1]) / 2 for y in column[0]), strict=True))
        for those, column in zip((senders, receivers), columns, strict=True)
    )
    chips.sort(key=lambda chip: _mean(chip.row.sources, left) + _mean(chip.row.destinations, right))
    middles, deep = _stack([chip.height for chip in chips])
    placed = [(chip, y + (high - deep) / 2) for chip, y in zip(chips, middles, strict=True)]
    parts = [*_axes(), *_flows(placed, left, right), *_boxes(left, _MARGIN, "from"), *_boxes(right, _right(), "to")]
    return Drawing(joined(parts), _WIDTH, high + _TOP + _MARGIN)


def _right() -> float:
    return _WIDTH - _MARGIN - _BOX[0]


def _chips(rows: Sequence[Row]) -> list[_Chip]:
    texts = list(dict.fromkeys(services(row) for row in rows if services(row) != "all"))
    classes = {"all": "s0", **{text: f"s{min(number, 8)}" for number, text in enumerate(texts, 1)}}
    return [
        _Chip(number, row, lines(services(row), 12.5, _CHIP - 28, 3), classes[services(row)])
        for number, row in enumerate(rows)
    ]


def _stack(heights: Sequence[float]) -> tuple[list[float], float]:
    """The middles of things that stand below each other, and how high they are together."""
    middles, y = [], 0.0
    for height in heights:
        middles.append(_TOP + y + height / 2)
        y += height + _GAP
    return middles, y - _GAP


def _mean(crowds: Sequence[Crowd], places: Heights) -> float:
    return sum(places[crowd] for crowd in crowds) / len(crowds)


def _axes() -> Iterator[Markup]:
    for text, x in (("FROM", _MARGIN), ("ALLOWED", _WIDTH / 2), ("TO", _right())):
        yield element("text", text, class_="axis", x=x, y=16.0, text_anchor="middle" if text == "ALLOWED" else None)


def _boxes(places: Heights, x: float, end: str) -> Iterator[Markup]:
    for crowd, middle in places.items():
        box = Box((crowd,))
        shape = element("rect", class_="box", x=x, y=middle - _BOX[1] / 2, width=_BOX[0], height=_BOX[1], rx=9)
        name = element("text", *named(box, 14, _BOX[0] - 32), class_="name", x=x + 16, y=middle - 3)
        size = element("text", box.size, class_="quiet", x=x + 16, y=middle + 15)
        title = element("title", f"{box.whole_name} ({box.size})")
        kind = "head outside" if crowd.outside else "head"
        yield element("g", title, shape, name, size, class_=kind, **{f"data_{end}": str(crowd.index)})


def _flows(placed: Sequence[tuple[_Chip, float]], left: Heights, right: Heights) -> Iterator[Markup]:
    """A row with its ways; where several ways come to one box they keep apart."""
    outgoing, incoming = (
        _Ports(side, [chip.row.ends[end] for chip, _ in placed]) for end, side in enumerate((left, right))
    )
    for chip, middle in placed:
        edge = (_WIDTH / 2 - chip.width / 2, _WIDTH / 2 + chip.width / 2)
        ways = [_way(_MARGIN + _BOX[0], outgoing.next(crowd), edge[0], middle) for crowd in chip.row.sources]
        for crowd in chip.row.destinations:
            y = incoming.next(crowd)
            ways += [_way(edge[1], middle, _right() - 9, y), _tip(_right() - 1, y)]
        ends = [", ".join(crowd.name for crowd in side) for side in chip.row.ends]
        title = element("title", f"{ends[0]} {ARROW} {ends[1]}: {services(chip.row)}")
        numbers = [" ".join(str(crowd.index) for crowd in side) for side in chip.row.ends]
        yield element(
            "g",
            title,
            *ways,
            *_words(chip, middle),
            class_=f"flow {chip.class_}",
            data_from=numbers[0],
            data_to=numbers[1],
            data_rows=str(chip.number),
        )


class _Ports:
    """Where ways leave or enter each box, from its top down."""

    def __init__(self, places: Heights, sides: Sequence[Sequence[Crowd]]) -> None:
        self._free: dict[Crowd, list[float]] = {}
        for crowd, middle in places.items():
            count = sum(crowd in side for side in sides)
            step = min(12.0, (_BOX[1] - 14) / max(count, 1))
            self._free[crowd] = [middle + (place - (count - 1) / 2) * step for place in range(count)]

    def next(self, crowd: Crowd) -> float:
        """The place of the next way."""
        return self._free[crowd].pop(0)


def _way(x: float, y: float, to_x: float, to_y: float) -> Markup:
    bend = (to_x - x) * 0.5
    return element(
        "path",
        class_="way",
        d=f"M{x:.1f} {y:.1f}C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}",
    )


def _tip(x: float, y: float) -> Markup:
    return element("path", class_="tip", d=f"M{x:.1f} {y:.1f}l-10 -5v10z")


def _words(chip: _Chip, middle: float) -> Iterator[Markup]:
    x, top = _WIDTH / 2 - chip.width / 2, middle - chip.height / 2
    yield element(
        "rect",
        class_="shade chip",
        x=x,
        y=top,
        width=chip.width,
        height=chip.height,
        rx=chip.height / 2 if len(chip.lines) == 1 else 12,
    )
    spans = [element("tspan", line, x=_WIDTH / 2, y=top + 19 + place * _LINE) for place, line in enumerate(chip.lines)]
    yield element("text", *spans, class_="said")
