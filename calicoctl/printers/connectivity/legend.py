"""Legend of a matrix: the services of its numbers and colors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from calicoctl.name_list import count_noun
from calicoctl.printers.connectivity.graph import Graph
from calicoctl.printers.connectivity.markup import SvgFragment, element, join_markup
from calicoctl.printers.connectivity.text_width import truncate_text

_MAX_ENTRIES = 60
"""Maximum number of services in the legend."""
_ENTRY_WIDTH = 300
"""Width of an entry in pixels."""


def draw_legend(styles: Iterable[ServiceStyle], max_width: float, top: float) -> SvgFragment:
    """Return the services and their numbers in as many columns as fit.

    Args:
        styles: styles in use.
        max_width: width of the legend in pixels.
        top: vertical position of the first line in pixels.
    """
    columns = max(1, int(max_width // _ENTRY_WIDTH))
    ranked = sorted(set(styles), key=lambda style: style.number)
    shown = ranked[:_MAX_ENTRIES]
    rows_per_column = -(-len(shown) // columns) or 1
    parts = [element("text", "ALLOWED", class_="axis", x=16.0, y=top)] if shown else []
    for entry_index, style in enumerate(shown):
        x, y = 16.0 + entry_index // rows_per_column * _ENTRY_WIDTH, top + 12 + entry_index % rows_per_column * 24
        color_box = element("rect", class_="fill", x=x, y=y, width=26.0, height=20.0, rx=4)
        key = element("text", str(style.number), class_="number", x=x + 13, y=y + 14)
        pairs = count_noun(style.pair_count, "pair")
        label_parts = (
            truncate_text(style.text, 12, _ENTRY_WIDTH - 110),
            element("tspan", f"  {pairs}", class_="muted"),
        )
        label = element("text", *label_parts, x=x + 34, y=y + 14.5)
        title = element("title", f"{style.text}: {pairs}")
        parts.append(element("g", title, color_box, key, label, class_=style.css_class))
    if len(ranked) > len(shown):
        parts.append(
            element(
                "text",
                f"and {len(ranked) - len(shown)} more",
                class_="muted",
                x=16.0,
                y=top + 30 + rows_per_column * 24,
            )
        )
    return SvgFragment(join_markup(parts), max_width, top + 44 + rows_per_column * 24)


_ALL_SERVICES = "all"
_COLOR_COUNT = 7
"""Number of colors for services: CSS classes `s1` to `s7`; `s0` is for all services, `s8` for the rest."""


class ServiceStyle(NamedTuple):
    """Number and color of some services."""

    text: str
    number: int
    """Rank by frequency, from 1; `all` is first."""
    css_class: str
    pair_count: int
    """Number of pairs of boxes with these services."""


def service_styles(graph: Graph) -> dict[tuple[int, int], ServiceStyle]:
    """Return the style of each pair of boxes with allowed traffic."""
    texts = {pair: "; ".join(graph.edge_labels(pair)) for pair in graph.edges}
    counts = Counter(texts.values())
    ranked = sorted(counts, key=lambda text: (text != _ALL_SERVICES, -counts[text], text))
    css_classes = iter([*(f"s{number}" for number in range(1, _COLOR_COUNT + 1)), *["s8"] * len(ranked)])
    styles_by_text = {
        text: ServiceStyle(text, number, "s0" if text == _ALL_SERVICES else next(css_classes), counts[text])
        for number, text in enumerate(ranked, 1)
    }
    return {pair: styles_by_text[text] for pair, text in texts.items()}
