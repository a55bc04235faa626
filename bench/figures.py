"""Figures of a benchmark in a JSON file, by which two commits are compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple


class Figure(NamedTuple):
    """What was measured of a case."""

    case: str
    """Unique name, with the number of policies."""
    seconds: float
    cpu: float
    """User and system CPU seconds."""
    mebibytes: float
    """Peak resident memory."""
    bare: float | None = None
    """Ratio of the seconds to those of the bare step in the same run."""
    peer: float | None = None
    """Ratio of the seconds to those of the peer in the same run."""


def write_figures(path: Path, versions: str, figures: Iterable[Figure]) -> None:
    """Write the figures of a run."""
    cases = [{name: _rounded(value) for name, value in figure._asdict().items()} for figure in figures]
    path.write_text(json.dumps({"versions": versions, "figures": cases}, indent=1) + "\n", encoding="utf-8")


def read_figures(path: Path) -> dict[str, Figure]:
    """Return the figures of a file by the names of their cases."""
    cases = json.loads(path.read_text(encoding="utf-8"))["figures"]
    return {case["case"]: Figure(**case) for case in cases}


def comparison_rows(old: Mapping[str, Figure], new: Mapping[str, Figure]) -> Iterator[tuple[str, ...]]:
    """Yield the table of the cases of both runs: each ratio is the new value to the old one.

    The ratios to the bare step do not depend on the speed of the machine.
    """
    yield ("case", "s", "CPU", "MiB", "x bare before", "x bare now", "ratio")
    for case in (name for name in old if name in new):
        before, now = old[case], new[case]
        bare = now.bare / before.bare if now.bare and before.bare else None
        yield (
            case,
            f"{now.seconds / before.seconds:.2f}",
            f"{now.cpu / before.cpu:.2f}",
            f"{now.mebibytes / before.mebibytes:.2f}",
            *(_formatted(value) for value in (before.bare, now.bare, bare)),
        )


def _rounded(value: str | float | None) -> str | float | None:
    return round(value, 4) if isinstance(value, float) else value


def _formatted(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
