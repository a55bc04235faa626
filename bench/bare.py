"""Bulk operations as ratios to bare steps of the same run: parsing, writing and reading the same bytes."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.bare_steps import STEPS
from bench.bulk import MeasuredProgram
from bench.etcd import new_etcd
from bench.fill import writes_of
from bench.policies import manifest
from bench.process import Run, run


class Aim(NamedTuple):
    """Bare steps of a command, and the maximum ratio of its CPU time to theirs."""

    steps: tuple[str, ...]
    ratio: float


AIMS = {
    "validate": Aim(("bare-parse",), 1.3),
    "create": Aim(("bare-parse", "bare-etcd"), 2),
    "apply, unchanged": Aim(("bare-parse", "bare-read"), 1.8),
}


def measure(count: int, rounds: int) -> dict[str, Run]:
    """Run the bare steps for a number of policies; return the run of each with the least CPU time."""
    with tempfile.TemporaryDirectory() as folder, new_etcd() as server:
        policies, pairs = Path(folder, "policies.yaml"), Path(folder, "pairs.json")
        policies.write_text(manifest(count), encoding="utf-8")
        pairs.write_text(json.dumps([(f"/bare{key}", value) for key, value in writes_of(policies)]), encoding="utf-8")
        files = {"bare-parse": policies, "bare-etcd": pairs, "bare-read": pairs}
        environment = {"ETCD_ENDPOINTS": server.endpoint}
        runs: dict[str, list[Run]] = {name: [] for name in STEPS}
        for _ in range(rounds):
            for name in STEPS:
                command = (sys.executable, "-m", "bench.bare_steps", name, str(files[name]))
                runs[name].append(run(command, environment))
    return {name: min(each, key=lambda one: one.cpu) for name, each in runs.items()}


def rows(bare: dict[str, Run], ours: MeasuredProgram, count: int) -> Iterator[tuple[str, ...]]:
    """Yield the table: seconds and CPU seconds of the bare steps, and of the commands as ratios to these."""
    yield (f"{count:,} policies", "s", "CPU s", "ratio", "CPU ratio", "aim", "")
    for name, each in bare.items():
        yield (name, f"{each.seconds:.2f}", f"{each.cpu:.2f}", "", "", "", "")
    for name, aim in AIMS.items():
        runs = ours.runs.get((name, count))
        if not runs or name in ours.failures:
            continue
        seconds, cpu = min(each.seconds for each in runs), min(each.cpu for each in runs)
        ratio = seconds / sum(bare[step].seconds for step in aim.steps)
        cpu_ratio = cpu / sum(bare[step].cpu for step in aim.steps)
        verdict = "met" if cpu_ratio <= aim.ratio else "missed"
        ratios = (f"{ratio:.2f}", f"{cpu_ratio:.2f}", f"{aim.ratio:g} x {' + '.join(aim.steps)}")
        yield (name, f"{seconds:.2f}", f"{cpu:.2f}", *ratios, verdict)
