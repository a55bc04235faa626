"""Benchmark of the analysis, with small clusters in manifests and a large cluster in the datastore."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench.cluster import Cluster, Manifest
from bench.fill import fill
from bench.process import FailedError, Run, run
from bench.programs import CALICOCTL
from calicoctl.commands import VERBS
from calicoctl.manifest.writer import to_yaml

HEADING = ("cluster", "command", "s", "CPU s", "peak MiB", "target", "")
WIDTHS = (53, 40, 6, 6, 8, 14, 0)
LARGE = Cluster(10_000, 100_000)
_SMALL = Cluster(100, 20)
_CHANGED_POLICIES = 10
"""Number of changed policies for diff --semantic."""
_SUCCESS_CODES = (0, 1)
"""Exit codes without and with findings."""


class AnalysisCase(NamedTuple):
    """A command to measure, with its targets."""

    name: str
    command: Sequence[str]
    seconds: float | None = None
    """Maximum seconds."""
    mebibytes: float | None = None
    """Maximum peak memory."""

    @property
    def exists(self) -> bool:
        """Whether this calicoctl has the command."""
        return self.command[: len(CALICOCTL)] != CALICOCTL or self.command[len(CALICOCTL)] in VERBS

    def row(self, cluster: str, rounds: int) -> tuple[str, ...]:
        """Run the command; return the row of the table with the fastest run."""
        try:
            runs = [run(self.command, success_codes=_SUCCESS_CODES) for _ in range(rounds)]
        except FailedError as error:
            return (cluster, self.name, "-", "-", "-", self._target, f"failed: {error}")
        best = min(runs)
        peak = max(each.mebibytes for each in runs)
        numbers = (f"{best.seconds:.2f}", f"{min(each.cpu for each in runs):.2f}", f"{peak:.0f}")
        return (cluster, self.name, *numbers, self._target, self._verdict(best._replace(mebibytes=peak)))

    @property
    def _target(self) -> str:
        parts = [f"{self.seconds:g} s"] if self.seconds is not None else []
        return ", ".join([*parts, *([f"{self.mebibytes:g} MiB"] if self.mebibytes is not None else [])])

    def _verdict(self, measured: Run) -> str:
        missed = [
            f"{value - limit:.2f} {unit}"
            for value, limit, unit in (
                (measured.seconds, self.seconds, "s"),
                (measured.mebibytes, self.mebibytes, "MiB"),
            )
            if limit is not None and value > limit
        ]
        return f"missed by {' and '.join(missed)}" if missed else "met" if self._target else ""


def measure(large: Cluster, rounds: int) -> Iterator[tuple[str, ...]]:
    """Yield a row for each command. Fills the datastore of the environment, which must be empty."""
    yield HEADING
    with TemporaryDirectory() as folder:
        path = str(Path(folder, "cluster.yaml"))
        _write(path, _SMALL.manifests())
        yield from _rows(_SMALL, "in manifests", rounds, [_trace(_SMALL, "-f", path, seconds=0.25)])
        for endpoints, seconds in ((300, 0.3), (1000, 0.5)):
            cluster = Cluster(10, endpoints)
            _write(path, cluster.manifests())
            case = AnalysisCase("connectivity", (*CALICOCTL, "connectivity", "-f", path), seconds)
            yield from _rows(cluster, "in manifests", rounds, [case])
        fill(large.manifests())
        _write(path, large.changed(_CHANGED_POLICIES))
        flows = Path(folder, "flows.csv")
        flows.write_text("\n".join(large.flows(large.endpoints)), encoding="utf-8")
        yield from _rows(large, "in the datastore", rounds, _datastore_cases(large, path, str(flows)))
        _write(path, large.manifests())
        yield from _rows(large, "in manifests", 1, [_trace(large, "-f", path)])


def _datastore_cases(large: Cluster, changed: str, flows: str) -> list[AnalysisCase]:
    library = (sys.executable, "-m", "bench.reachability")
    return [
        _trace(large, seconds=4),
        AnalysisCase("lint", (*CALICOCTL, "lint"), 10),
        AnalysisCase(
            f"diff --semantic, {_CHANGED_POLICIES} changed", (*CALICOCTL, "diff", "--semantic", "-f", changed), 15
        ),
        AnalysisCase(f"trace --flows, {large.endpoints:,} flows", (*CALICOCTL, "trace", "--flows", flows), 60),
        AnalysisCase(
            f"diff --semantic --flows, {large.endpoints:,} flows",
            (*CALICOCTL, "diff", "--semantic", "-f", changed, "--flows", flows),
            60,
        ),
        AnalysisCase("connectivity", (*CALICOCTL, "connectivity"), 60, 1500),
        AnalysisCase("connectivity --group-by class", (*CALICOCTL, "connectivity", "--group-by", "class"), 60, 1500),
        AnalysisCase("all blocks, by the library", library, 60, 1500),
    ]


def _trace(cluster: Cluster, *manifests: str, seconds: float | None = None) -> AnalysisCase:
    ends = ("--from", cluster.endpoint_name(0), "--to", cluster.endpoint_name(cluster.applications))
    service = ("--protocol", "tcp", "--port", "8080")
    return AnalysisCase("trace", (*CALICOCTL, "trace", *manifests, *ends, *service), seconds)


def _rows(cluster: Cluster, where: str, rounds: int, cases: Sequence[AnalysisCase]) -> Iterator[tuple[str, ...]]:
    description = f"{cluster.policies:,} policies, {cluster.endpoints:,} endpoints {where}"
    yield from (case.row(description, rounds) for case in cases if case.exists)


def _write(path: str, manifests: Iterable[Manifest]) -> None:
    Path(path).write_text(to_yaml(list(manifests)), encoding="utf-8")
