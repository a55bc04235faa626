"""One run of a program as a whole process: how long it took, and how much memory it had."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple


class Run(NamedTuple):
    """What a run took."""

    seconds: float
    cpu: float
    """Seconds of the processor, its own and those that it had the system do."""
    mebibytes: float
    """The peak of its resident memory."""


class FailedError(Exception):
    """A program did not do what is measured; says why."""


def seconds_to_first_line(command: Sequence[str]) -> float:
    """How long a program takes to say something.

    Raises:
        FailedError: it ended with another code than 0.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout
        process.stdout.readline()
        seconds = time.perf_counter() - started
        process.stdout.read()
    if process.returncode:
        raise FailedError(f"exit code {process.returncode}")
    return seconds


def run(command: Sequence[str], extra: Mapping[str, str] | None = None, good: Collection[int] = (0,)) -> Run:
    """Run a program from start to exit; what it prints goes to a file, as into a pipe.

    Raises:
        FailedError: it ended with another code than the good ones.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env={**os.environ, **(extra or {})}
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in good:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines() or ["it says nothing"]
            raise FailedError(f"exit code {process.returncode}: {said[0]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
