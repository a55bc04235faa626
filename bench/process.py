"""Time and memory of one run of a program."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    """Measured time and memory of a run."""

    seconds: float
    cpu: float
    """User and system CPU seconds."""
    mebibytes: float
    """Peak resident memory."""


class FailedError(Exception):
    """The program failed; the message contains the reason."""


def run(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    success_codes: Collection[int] = (0,),
    output_file: Path | None = None,
) -> Run:
    """Run a program from start to exit, with its output in a file.

    Args:
        command: program and arguments.
        environment: additional environment variables.
        success_codes: expected exit codes.
        output_file: file for the output; None for a temporary one.

    Raises:
        FailedError: another exit code.
    """
    with (
        output_file.open("w+b") if output_file else tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
    ):
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env={**os.environ, **(environment or {})}
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in success_codes:
            errors.seek(0)
            lines = errors.read().decode(errors="replace").strip().splitlines() or ["no output"]
            raise FailedError(f"exit code {process.returncode}: {lines[0]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
