"""Benchmark of many processes that change the same resource at the same time, compared with one after another."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple

from bench.process import run
from bench.programs import CALICOCTL

COUNT = 50
_PROFILE = "contention"


class ContentionResult(NamedTuple):
    """Result of the concurrent writers of a round."""

    succeeded: int
    seconds: float
    sequential_seconds: float
    """Time of as many commands one after another."""


def measure(count: int) -> ContentionResult:
    """Let `count` processes set a different label each on one profile."""
    run((*CALICOCTL, "delete", "-s", "profile", _PROFILE))
    manifest = json.dumps({"apiVersion": "v1", "kind": "profile", "metadata": {"name": _PROFILE}})
    subprocess.run([*CALICOCTL, "create", "-f", "-"], input=manifest, text=True, check=True, stdout=subprocess.DEVNULL)
    commands = [(*CALICOCTL, "label", "profile", _PROFILE, f"n{number}=1") for number in range(count)]
    seconds = _run_together(commands)
    printed = subprocess.run([*CALICOCTL, "get", "profile", _PROFILE, "-o", "json"], capture_output=True, check=True)
    labels = json.loads(printed.stdout)[0]["metadata"].get("labels", {})
    undo = [(*CALICOCTL, "label", "profile", _PROFILE, f"n{number}-") for number in range(count)]
    return ContentionResult(len(labels), seconds, sum(run(command).seconds for command in undo))


def rows(results: Sequence[ContentionResult], count: int) -> Iterator[tuple[str, ...]]:
    """Yield the table: the heading and a row for the slowest round."""
    slowest = max(results, key=lambda result: result.seconds)
    succeeded = min(result.succeeded for result in results)
    ratio = slowest.seconds / slowest.sequential_seconds
    yield ("writers of one resource", "succeeded", "s", "s one after another", "ratio", "")
    yield (
        str(count),
        str(succeeded),
        f"{slowest.seconds:.1f}",
        f"{slowest.sequential_seconds:.1f}",
        f"{ratio:.2f}",
        "met" if succeeded == count else f"missed by {count - succeeded}",
    )


def _run_together(commands: Sequence[Sequence[str]]) -> float:
    started = time.perf_counter()
    with ExitStack() as running:
        for command in commands:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            running.enter_context(process)
    return time.perf_counter() - started
