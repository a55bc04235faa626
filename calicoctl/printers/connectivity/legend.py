"""The legend of a matrix: which services its numbers and colours stand for."""

from __future__ import annotations

from collections.abc import Iterable

from calicoctl.printers.connectivity.drawing import Drawing
from calicoctl.printers.connectivity.lettering import fitted
from calicoctl.printers.connectivity.markup import element, joined
from calicoctl.printers.connectivity.shading import Shade

_MOST = 60
"""So many lines the legend has at most."""
_ENTRY = 300
"""How wide they are."""


def legend(used: Iterable[Shade], most: float, top: float) -> Drawing:
    """The services behind the numbers, in as many columns as there is room for."""
    columns = max(1, int(most // _ENTRY))
    ranked = sorted(set(used), key=lambda shade: shade.number)
    shown = ranked[:_MOST]
    deep = -(-len(shown) // columns) or 1
    parts = [element("text", "ALLOWED", class_="axis", x=16.0, y=top)] if shown else []
    for place, shade in enumerate(shown):
        x, y = 16.0 + place // deep * _ENTRY, top + 12 + place % deep * 24
        field = element("rect", class_="shade", x=x, y=y, width=26.0, height=20.0, rx=4)
        key = element("text", str(shade.number), class_="key", x=x + 13, y=y + 14)
        pairs = "1 pair" if shade.times == 1 else f"{shade.times} pairs"
        told = (fitted(shade.text, 12, _ENTRY - 110), element("tspan", f"  {pairs}", class_="quiet"))
        words = element("text", *told, x=x + 34, y=y + 14.5)
        title = element("title", f"{shade.text}: {pairs}")
        parts.append(element("g", title, field, key, words, class_=shade.class_))
    if len(ranked) > len(shown):
        parts.append(
            element("text", f"and {len(ranked) - len(shown)} more", class_="quiet", x=16.0, y=top + 30 + deep * 24)
        )
    return Drawing(joined(parts), most, top + 44 + deep * 24)
