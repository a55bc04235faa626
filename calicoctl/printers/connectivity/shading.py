"""Which colour and which number stand for what is allowed."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from calicoctl.printers.connectivity.picture import Picture

_EVERYTHING = "all"
_HUES = 7
"""The stylesheet has so many colours of their own, `s1` and on; `s0` is for everything, `s8` for the rest."""


class Shade(NamedTuple):
    """What stands for some services."""

    text: str
    number: int
    """From 1 on, the most frequent first."""
    class_: str
    times: int
    """How many pairs have it."""


def shades(found: Picture) -> dict[tuple[int, int], Shade]:
    """The shade of each pair that may exchange something."""
    texts = {pair: "; ".join(found.words(pair)) for pair in found.cells}
    counts = Counter(texts.values())
    ranked = sorted(counts, key=lambda text: (text != _EVERYTHING, -counts[text], text))
    hues = iter([*(f"s{number}" for number in range(1, _HUES + 1)), *["s8"] * len(ranked)])
    known = {
        text: Shade(text, number, "s0" if text == _EVERYTHING else next(hues), counts[text])
        for number, text in enumerate(ranked, 1)
    }
    return {pair: known[text] for pair, text in texts.items()}
