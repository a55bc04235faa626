"""docs/growth.svg: the CPU time of commands by the number of policies, as measured into growth.json by `make bench`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from docs.generators.svg import svg_document

FIGURES = Path(__file__).resolve().parents[1] / "growth.json"

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 210, 20, 50
_LINE = 18
_COLORS = ("#2f6fb0", "#b0552f", "#3f8f4f", "#8a55b0", "#a08a20", "#2f9a9a", "#b03f6f")

Curves = Mapping[str, Mapping[int, float]]


def picture() -> str:
    """The picture: both axes are logarithmic, so a straight line with a slope of 1 is linear growth."""
    curves = _curves()
    counts = sorted({count for curve in curves.values() for count in curve})
    values = [seconds for curve in curves.values() for seconds in curve.values()]
    decades = range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)
    parts = [*_grid(counts, decades), *_lines(curves, counts, decades)]
    return svg_document(_WIDTH, _HEIGHT, "CPU seconds by number of policies", parts)


def _curves() -> Curves:
    """CPU seconds by command and number of policies."""
    curves: dict[str, dict[int, float]] = {}
    for figure in json.loads(FIGURES.read_text(encoding="utf-8"))["figures"]:
        command, _, policies = figure["case"].rpartition(", ")
        if policies.endswith(" policies") and not command.startswith("peer: "):
            curves.setdefault(command, {})[int(policies.split()[0].replace(",", ""))] = figure["cpu"]
    return curves


def _x(count: int, counts: list[int]) -> float:
    first, last = math.log10(counts[0]), math.log10(counts[-1])
    return _LEFT + (math.log10(count) - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT)


def _y(seconds: float, decades: range) -> float:
    share = (math.log10(seconds) - decades[0]) / (decades[-1] - decades[0])
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _grid(counts: list[int], decades: range) -> Iterator[str]:
    for decade in decades:
        y = _y(10.0**decade, decades)
        yield f'<path class="arrow" d="M{_LEFT} {y:.0f} H{_WIDTH - _RIGHT}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{10.0**decade:g} s</text>'
    for count in counts:
        yield f'<text x="{_x(count, counts):.0f}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle">{count:,}</text>'
    yield f'<text x="{_LEFT}" y="{_HEIGHT - 8}">policies; CPU seconds of one run</text>'


def _lines(curves: Curves, counts: list[int], decades: range) -> Iterator[str]:
    """A line for each command, the name at its end: the slowest first, so that names do not overlap."""
    below = 0.0
    for color, (command, curve) in zip(
        _COLORS, sorted(curves.items(), key=lambda item: -max(item[1].values())), strict=False
    ):
        points = [(_x(count, counts), _y(seconds, decades)) for count, seconds in sorted(curve.items())]
        path = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        yield f'<path fill="none" stroke="{color}" stroke-width="2" d="M{path}"/>'
        x, y = points[-1]
        below = max(y + 4, below + _LINE)
        yield f'<text style="fill: {color}" x="{x + 10:.0f}" y="{below:.0f}">{escape(command)}</text>'
