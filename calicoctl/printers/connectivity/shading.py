"""Which colour and which number stand for what is allowed."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from calicoctl.printers.connectivity.picture import Graph

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
