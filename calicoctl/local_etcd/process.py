"""Tells processes apart for certain, and ends them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from calicoctl.errors import Conflict, UsageError

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


DEFAULT_PORT = 2379
"""The client port that etcd has from IANA."""


_HOST = "127.0.0.1"


def choose_port(port: int | None) -> int:
    """The port to listen at: `port`, 2379 for None, a free one for 0.

    Raises:
        Conflict: something listens there already.
        UsageProblem: this user may not listen there.
    """
    port = DEFAULT_PORT if port is None else port
    if _is_port_answering(port):
        raise _port_in_use_error(port)
    with socket.socket() as probe:
        # As etcd does it; else a server that was stopped just now seems to be there for another minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except PermissionError as error:
            raise UsageError(f"port {port}: you may not listen there; use one above 1023") from error
        except OSError as error:
            raise _port_in_use_error(port) from error
        return int(probe.getsockname()[1])


def _is_port_answering(port: int) -> bool:
    # A server at 0.0.0.0 has the port too, though some systems would let us bind 127.0.0.1.
    with socket.socket() as client:
        client.settimeout(1)
        return port != 0 and client.connect_ex((_HOST, port)) == 0


def _port_in_use_error(port: int) -> Conflict:
    return Conflict(
        f"port {port} of 127.0.0.1 is in use by another program",
        f"  if that is an etcd you want to use: export ETCD_ENDPOINTS=http://127.0.0.1:{port}",
        "  otherwise choose another port, or any free one: calicoctl etcd start --port 0",
    )
