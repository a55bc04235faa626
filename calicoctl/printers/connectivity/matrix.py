"""The matrix: a row for who sends, a column for who receives, a coloured field for what is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.printers.connectivity.answer import ARROW
from calicoctl.printers.connectivity.lettering import fitted, lines, width
from calicoctl.printers.connectivity.markup import Markup, element, joined
from calicoctl.printers.connectivity.picture import Box, Picture
from calicoctl.printers.connectivity.shading import Shade, shades

_ROOMY = 10
"""Of so many groups each field has room for words; otherwise it has a number, which a legend explains."""
_LONGEST_NAME = 260
_SLANTED = 200
"""How long names are shown at the most, beside rows and above columns."""
_LEGEND = 60
"""So many lines the legend has at most."""
_ENTRY = 300
"""How wide they are."""


class Drawing(NamedTuple):
    """Something drawn, from the top left corner on."""

    content: Markup
    width: float
    height: float


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
    count = len(found.boxes)
    roomy = count <= _ROOMY
    size = 13.0 if count <= 40 else 11.0
    names = [min(width(box.name, size), _LONGEST_NAME) for box in found.boxes]
    top = 66.0 if roomy else 18 + min(max(names), _SLANTED) * 0.74
    plan = _Plan(
        max(*names, 60) + 22, top, *((128.0, 50.0) if roomy else (26.0, 26.0) if count <= 40 else (20.0, 20.0)), size
    )
    used = shades(found)
    parts = [*_grid(plan, count), *_axes(plan), *_headings(plan, found.boxes, roomy=roomy)]
    parts += _fields(plan, found, used, roomy=roomy)
    right = plan.x(count) + (12 if roomy else min(max(names), _SLANTED) * 0.72)
    if roomy:
        return Drawing(joined(parts), right, plan.y(count) + 12)
    legend = _legend(sorted(set(used.values()), key=lambda shade: shade.number), max(right, 640), plan.y(count) + 34)
    return Drawing(joined([*parts, legend.content]), max(right, 640), legend.height)


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


def named(box: Box, size: float, most: float) -> list[Markup]:
    """The name of a box; what it shares with most others, such as `profile/`, stands back."""
    text = fitted(box.name, size, most)
    kind, slash, rest = text.partition("/")
    if slash and kind.isalpha():
        return [element("tspan", kind + slash, class_="kind"), element("tspan", rest)]
    return [element("tspan", text)]


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


def _legend(used: Sequence[Shade], most: float, top: float) -> Drawing:
    """The services behind the numbers, in as many columns as there is room for."""
    columns = max(1, int(most // _ENTRY))
    shown = used[:_LEGEND]
    deep = -(-len(shown) // columns) or 1
    parts = [element("text", "ALLOWED", class_="axis", x=16.0, y=top)] if shown else []
    for place, shade in enumerate(shown):
        x, y = 16.0 + place // deep * _ENTRY, top + 12 + place % deep * 24
        field = element("rect", class_="shade", x=x, y=y, width=26.0, height=20.0, rx=4)
        key = element("text", str(shade.number), class_="key", x=x + 13, y=y + 14)
        pairs = "1 pair" if shade.times == 1 else f"{shade.times} pairs"
        words = element("text", fitted(shade.text, 12, _ENTRY - 110), x=x + 34, y=y + 14.5)
        quiet = element("tspan", f"  {pairs}", class_="quiet")
        words = Markup(words.replace("</text>", f"{quiet}</text>"))
        title = element("title", f"{shade.text}: {pairs}")
        parts.append(element("g", title, field, key, words, class_=shade.class_))
    if len(used) > len(shown):
        parts.append(
            element("text", f"and {len(used) - len(shown)} more", class_="quiet", x=16.0, y=top + 30 + deep * 24)
        )
    return Drawing(joined(parts), most, top + 44 + deep * 24)
