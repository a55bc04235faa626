"""The legend of a matrix: which services its numbers and colours stand for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from calicoctl.printers.connectivity.graph import Graph
from calicoctl.printers.connectivity.markup import SvgFragment, element, join_markup
from calicoctl.printers.connectivity.text_width import truncate_text

_MAX_ENTRIES = 60
"""So many lines the legend has at most."""


_ENTRY_WIDTH = 300
"""How wide they are."""


def draw_legend(styles: Iterable[ServiceStyle], max_width: float, top: float) -> SvgFragment:
    """The services behind the numbers, in as many columns as there is room for."""
    columns = max(1, int(max_width // _ENTRY_WIDTH))
    ranked = sorted(set(styles), key=lambda style: style.number)
    shown = ranked[:_MAX_ENTRIES]
    rows_per_column = -(-len(shown) // columns) or 1
    parts = [element("text", "ALLOWED", class_="axis", x=16.0, y=top)] if shown else []
    for entry_index, style in enumerate(shown):
        x, y = 16.0 + entry_index // rows_per_column * _ENTRY_WIDTH, top + 12 + entry_index % rows_per_column * 24
        colour_box = element("rect", class_="shade", x=x, y=y, width=26.0, height=20.0, rx=4)
        key = element("text", str(style.number), class_="key", x=x + 13, y=y + 14)
        pairs = "1 pair" if style.pair_count == 1 else f"{style.pair_count} pairs"
        label_parts = (
            truncate_text(style.text, 12, _ENTRY_WIDTH - 110),
            element("tspan", f"  {pairs}", class_="quiet"),
        )
        label = element("text", *label_parts, x=x + 34, y=y + 14.5)
        title = element("title", f"{style.text}: {pairs}")
        parts.append(element("g", title, colour_box, key, label, class_=style.css_class))
    if len(ranked) > len(shown):
        parts.append(
            element(
                "text",
                f"and {len(ranked) - len(shown)} more",
                class_="quiet",
                x=16.0,
                y=top + 30 + rows_per_column * 24,
            )
        )
    return SvgFragment(join_markup(parts), max_width, top + 44 + rows_per_column * 24)


_ALL_SERVICES = "all"


_COLOUR_COUNT = 7
"""The stylesheet has so many colours of their own, `s1` and on; `s0` is for everything, `s8` for the rest."""


class ServiceStyle(NamedTuple):
    """What stands for some services."""

    text: str
    number: int
    """From 1 on, the most frequent first."""
    css_class: str
    pair_count: int
    """How many pairs have it."""


def service_styles(graph: Graph) -> dict[tuple[int, int], ServiceStyle]:
    """The shade of each pair that may exchange something."""
    texts = {pair: "; ".join(graph.edge_labels(pair)) for pair in graph.edges}
    counts = Counter(texts.values())
    ranked = sorted(counts, key=lambda text: (text != _ALL_SERVICES, -counts[text], text))
    css_classes = iter([*(f"s{number}" for number in range(1, _COLOUR_COUNT + 1)), *["s8"] * len(ranked)])
    styles_by_text = {
        text: ServiceStyle(text, number, "s0" if text == _ALL_SERVICES else next(css_classes), counts[text])
        for number, text in enumerate(ranked, 1)
    }
    return {pair: styles_by_text[text] for pair, text in texts.items()}
