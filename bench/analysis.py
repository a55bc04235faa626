"""What the analysis takes: a few policies in manifests, and a large cluster in the datastore."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench.clusters import Cluster, Manifest
from bench.filling import fill
from bench.process import FailedError, Run, run
from bench.programs import CALICOCTL
from calicoctl.commands import VERBS
from calicoctl.manifest.writer import to_yaml

HEADING = ("what is analysed", "command", "s", "CPU s", "peak MiB", "target", "")
WIDTHS = (53, 31, 6, 6, 8, 14, 0)
LARGE = Cluster(10_000, 100_000)
_SMALL = Cluster(100, 20)
_CHANGED = 10
"""So many policies differ where a change is judged."""
_DONE = (0, 1)
"""The exit codes of a check that was carried out, whatever it has found."""


class Case(NamedTuple):
    """A command to measure, and what is expected of it."""

    name: str
    command: Sequence[str]
    seconds: float | None = None
    """The target."""
    mebibytes: float | None = None
    """The target for the peak of memory."""

    @property
    def exists(self) -> bool:
        """Whether it is no verb of ours, or one that there is."""
        return self.command[: len(CALICOCTL)] != CALICOCTL or self.command[len(CALICOCTL)] in VERBS

    def row(self, about: str, rounds: int) -> tuple[str, ...]:
        """The quickest of so many runs."""
        try:
            runs = [run(self.command, good=_DONE) for _ in range(rounds)]
        except FailedError as error:
            return (about, self.name, "-", "-", "-", self._target, f"failed: {error}")
        best = min(runs)
        peak = max(each.mebibytes for each in runs)
        numbers = (f"{best.seconds:.2f}", f"{min(each.cpu for each in runs):.2f}", f"{peak:.0f}")
        return (about, self.name, *numbers, self._target, self._verdict(best._replace(mebibytes=peak)))

    @property
    def _target(self) -> str:
        parts = [f"{self.seconds:g} s"] if self.seconds is not None else []
        return ", ".join([*parts, *([f"{self.mebibytes:g} MiB"] if self.mebibytes is not None else [])])

    def _verdict(self, measured: Run) -> str:
        missed = [
            f"{have - limit:.2f} {unit}"
            for have, limit, unit in (
                (measured.seconds, self.seconds, "s"),
                (measured.mebibytes, self.mebibytes, "MiB"),
            )
            if limit is not None and have > limit
        ]
        return f"missed by {' and '.join(missed)}" if missed else "met" if self._target else ""


def measure(large: Cluster, rounds: int) -> Iterator[tuple[str, ...]]:
    """A row for each command. The datastore of the environment is empty before, and holds the large cluster then."""
    yield HEADING
    with TemporaryDirectory() as folder:
        path = str(Path(folder, "cluster.yaml"))
        _write(path, _SMALL.manifests())
        yield from _rows(_SMALL, "in manifests", rounds, [_trace(_SMALL, "-f", path, seconds=0.25)])
        for endpoints, seconds in ((300, 0.3), (1000, 0.5)):
            cluster = Cluster(10, endpoints)
            _write(path, cluster.manifests())
            case = Case("connectivity", (*CALICOCTL, "connectivity", "-f", path), seconds)
            yield from _rows(cluster, "in manifests", rounds, [case])
        fill(large.manifests())
        _write(path, large.changed(_CHANGED))
        yield from _rows(large, "in the datastore", rounds, _of_datastore(large, path))
        _write(path, large.manifests())
        yield from _rows(large, "in manifests", 1, [_trace(large, "-f", path)])


def _of_datastore(large: Cluster, changed: str) -> list[Case]:
    beneath = (sys.executable, "-m", "bench.beneath")
    return [
        _trace(large, seconds=4),
        Case("lint", (*CALICOCTL, "lint"), 10),
        Case(f"diff --semantic, {_CHANGED} changed", (*CALICOCTL, "diff", "--semantic", "-f", changed), 15),
        Case("connectivity", (*CALICOCTL, "connectivity"), 60, 1500),
        Case("connectivity --group-by class", (*CALICOCTL, "connectivity", "--group-by", "class"), 60, 1500),
        Case("all blocks, by the library", beneath, 60, 1500),
    ]


def _trace(cluster: Cluster, *manifests: str, seconds: float | None = None) -> Case:
    ends = ("--from", cluster.name_of(0), "--to", cluster.name_of(cluster.applications))
    service = ("--protocol", "tcp", "--port", "8080")
    return Case("trace", (*CALICOCTL, "trace", *manifests, *ends, *service), seconds)


def _rows(cluster: Cluster, where: str, rounds: int, cases: Sequence[Case]) -> Iterator[tuple[str, ...]]:
    about = f"{cluster.policies:,} policies, {cluster.endpoints:,} endpoints {where}"
    yield from (case.row(about, rounds) for case in cases if case.exists)


def _write(path: str, manifests: Iterable[Manifest]) -> None:
    Path(path).write_text(to_yaml(list(manifests)), encoding="utf-8")
