"""Tells processes apart for certain, and ends them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Process:
    """One process. The pid alone is not enough: the system gives it to another one later."""

    pid: int
    start_time: str
    """When it began, in the words of the system: to be compared, not read."""


def start_time(pid: int) -> str | None:
    """When the process with this pid began; None when there is none, or one that has ended."""
    if (_PROC / "self" / "stat").exists():
        return _start_time_from_proc(pid)
    return _start_time_from_ps(pid)


def is_running(process: Process) -> bool:
    """Whether this very process still runs."""
    return start_time(process.pid) == process.start_time


def terminate(process: Process, timeout: float = 10.0) -> None:
    """End a process, by SIGTERM first and by SIGKILL when it still runs after `timeout` seconds."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        if not is_running(process):
            return
        os.kill(process.pid, signal_number)
        _wait_for_exit(process, timeout)


def _wait_for_exit(process: Process, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _start_time_from_proc(pid: int) -> str | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # Field 2 is the program's name in brackets and may itself hold spaces and brackets. After it come the
    # state (field 3) and, as field 22, the start in clock ticks since the machine was booted.
    fields = stat.rpartition(")")[2].split()
    boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return None if fields[0] in ("Z", "X") else f"{boot}/{fields[19]}"


def _start_time_from_ps(pid: int) -> str | None:
    answer = subprocess.run(
        ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)],
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()
