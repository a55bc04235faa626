"""The matrix: a row for who sends, a column for who receives, a coloured field for what is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.printers.connectivity.answer import ARROW
from calicoctl.printers.connectivity.drawing import Drawing, named
from calicoctl.printers.connectivity.legend import legend
from calicoctl.printers.connectivity.lettering import lines, width
from calicoctl.printers.connectivity.markup import Markup, element, joined
from calicoctl.printers.connectivity.picture import Box, Picture
from calicoctl.printers.connectivity.shading import Shade, shades

_ROOMY = 10
"""Of so many groups each field has room for words; otherwise it has a number, which a legend explains."""
_MANY = 40
"""More groups than that are drawn smaller."""
_LONGEST_NAME = 260
_SLANTED = 200
"""How long names are shown at the most, beside rows and above columns."""


class _Plan(NamedTuple):
    """Where things are."""

    left: float
    top: float
    across: float
    """How wide a field is."""
    down: float
    size: float
    """Of the names."""

    def x(self, column: float) -> float:
        return self.left + column * self.across

    def y(self, row: float) -> float:
        return self.top + row * self.down


def matrix(found: Picture) -> Drawing:
    """The matrix, with a legend where the fields have no room for words."""
    count, roomy = len(found.boxes), len(found.boxes) <= _ROOMY
    plan, slanted = _planned(found.boxes, roomy=roomy)
    used = shades(found)
    parts = [*_grid(plan, count), *_axes(plan), *_headings(plan, found.boxes, roomy=roomy)]
    parts += _fields(plan, found, used, roomy=roomy)
    if roomy:
        return Drawing(joined(parts), plan.x(count) + 12, plan.y(count) + 12)
    wide = max(plan.x(count) + slanted * 0.72, 640)
    below = legend(used.values(), wide, plan.y(count) + 34)
    return Drawing(joined([*parts, below.content]), wide, below.height)


def _planned(boxes: Sequence[Box], *, roomy: bool) -> tuple[_Plan, float]:
    """The plan for these boxes, and how long the longest slanted name is."""
    many = len(boxes) > _MANY
    size = 11.0 if many else 13.0
    longest = max(min(width(box.name, size), _LONGEST_NAME) for box in boxes)
    slanted = min(longest, _SLANTED)
    across, down = (128.0, 50.0) if roomy else (20.0, 20.0) if many else (26.0, 26.0)
    return _Plan(max(longest, 60) + 22, 66.0 if roomy else 18 + slanted * 0.74, across, down, size), slanted


def _grid(plan: _Plan, count: int) -> Iterator[Markup]:
    yield element("rect", class_="panel", x=plan.left, y=plan.top, width=count * plan.across, height=count * plan.down)
    across = "".join(f"M{plan.left:g} {plan.y(number):g}H{plan.x(count):g}" for number in range(count + 1))
    down = "".join(f"M{plan.x(number):g} {plan.top:g}V{plan.y(count):g}" for number in range(count + 1))
    yield element("path", class_="grid", d=across + down)


def _axes(plan: _Plan) -> Iterator[Markup]:
    for text, above in ((f"TO {ARROW}", 28), ("FROM \N{DOWNWARDS ARROW}", 10)):
        yield element("text", text, class_="axis", x=plan.left - 10, y=plan.top - above, text_anchor="end")


def _headings(plan: _Plan, boxes: Sequence[Box], *, roomy: bool) -> Iterator[Markup]:
    for number, box in enumerate(boxes):
        middle = plan.y(number + 0.5) + plan.size * 0.36
        row = element("text", *named(box, plan.size, _LONGEST_NAME), x=plan.left - 10, y=middle, text_anchor="end")
        yield _heading(box, number, "from", row, plan.size)
        column = _wrapped(box, plan, number) if roomy else _slanted(box, plan, number)
        yield _heading(box, number, "to", column, plan.size)


def _heading(box: Box, number: int, end: str, text: Markup, size: float) -> Markup:
    title = element("title", f"{box.whole_name} ({box.size})")
    return element("g", title, text, class_="head small" if size < 12 else "head", **{f"data_{end}": number})


def _wrapped(box: Box, plan: _Plan, number: int) -> Markup:
    shown = lines(box.name, plan.size, plan.across - 8, 3)
    start = plan.top - 10 - (len(shown) - 1) * 15
    spans = [element("tspan", line, x=plan.x(number + 0.5), y=start + place * 15) for place, line in enumerate(shown)]
    return element("text", *spans, text_anchor="middle")


def _slanted(box: Box, plan: _Plan, number: int) -> Markup:
    x, y = plan.x(number + 0.62), plan.top - 8
    return element("text", *named(box, plan.size, _SLANTED), transform=f"translate({x:g} {y:g}) rotate(-45)")


def _fields(plan: _Plan, found: Picture, used: Mapping[tuple[int, int], Shade], *, roomy: bool) -> Iterator[Markup]:
    for (one, other), shade in sorted(used.items()):
        rows = " ".join(map(str, found.cells[one, other]))
        box = element("rect", class_="shade", x=plan.x(other), y=plan.y(one), width=plan.across, height=plan.down, rx=4)
        title = element("title", f"{found.boxes[one].name} {ARROW} {found.boxes[other].name}: {shade.text}")
        words = _said(plan, one, other, shade) if roomy else _numbered(plan, one, other, shade)
        yield element(
            "g",
            title,
            box,
            words,
            class_=f"cell {shade.class_}",
            data_from=str(one),
            data_to=str(other),
            data_rows=rows,
        )
    for number, each in enumerate(found.boxes):
        if each.alone:
            yield _itself(plan, number)


def _said(plan: _Plan, one: int, other: int, shade: Shade) -> Markup:
    shown = lines(shade.text, 12, plan.across - 12, 3)
    start = plan.y(one + 0.5) + 4.5 - (len(shown) - 1) * 7
    spans = [element("tspan", line, x=plan.x(other + 0.5), y=start + place * 14) for place, line in enumerate(shown)]
    return element("text", *spans, class_="said")


def _numbered(plan: _Plan, one: int, other: int, shade: Shade) -> Markup:
    return element("text", str(shade.number), class_="key", x=plan.x(other + 0.5), y=plan.y(one + 0.5) + 4)


def _itself(plan: _Plan, number: int) -> Markup:
    """A field that means nothing: what one endpoint sends to itself is not judged."""
    x, y = plan.x(number + 0.5), plan.y(number + 0.5)
    title = element("title", "one endpoint: what it sends to itself never comes to the agent")
    return element("g", title, element("path", class_="none", d=f"M{x - 4:g} {y:g}h8"))
