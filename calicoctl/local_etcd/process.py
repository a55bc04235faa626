"""Identification and termination of processes, and the choice of a port.

Reads /proc, or runs ps on systems without it. (The import of psutil takes 20 ms.)
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from calicoctl.deadline import Deadline
from calicoctl.errors import Conflict, UsageError

_PROC = Path("/proc")
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Process:
    """A process, identified by pid and start time, since the system reuses pids."""

    pid: int
    start_time: str
    """Start time in a format of the system, for comparison only."""


def start_time(pid: int) -> str | None:
    """Return the start time of the process with this pid; None if it does not exist or has ended."""
    if (_PROC / "self" / "stat").exists():
        return _start_time_from_proc(pid)
    return _start_time_from_ps(pid)


def is_running(process: Process) -> bool:
    """Whether the process is running."""
    return start_time(process.pid) == process.start_time


def terminate(process: Process, timeout: float = 10.0) -> None:
    """Terminate a process with SIGTERM, and with SIGKILL if it is running after `timeout` seconds."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        if not is_running(process):
            return
        os.kill(process.pid, signal_number)
        _wait_for_exit(process, timeout)


def _wait_for_exit(process: Process, timeout: float) -> None:
    deadline = Deadline.after(timeout)
    while is_running(process) and not deadline.has_passed:
        time.sleep(_POLL_SECONDS)


def _start_time_from_proc(pid: int) -> str | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # Field 2 is the name of the program in parentheses; it may contain spaces and parentheses. Field 3 is the state,
    # field 22 the start in clock ticks since boot (proc(5)).
    fields = stat.rpartition(")")[2].split()
    boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return None if fields[0] in ("Z", "X") else f"{boot}/{fields[19]}"


def _start_time_from_ps(pid: int) -> str | None:
    result = subprocess.run(
        ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)],
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, started = result.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


DEFAULT_PORT = 2379
"""Client port of etcd, assigned by IANA."""
_HOST = "127.0.0.1"


def choose_port(port: int | None) -> int:
    """Return the port to listen on: `port`, 2379 for None, a free port for 0.

    Raises:
        Conflict: the port is in use.
        UsageError: the user lacks the permission for this port.
    """
    port = DEFAULT_PORT if port is None else port
    if _is_port_answering(port):
        raise _port_in_use_error(port)
    with socket.socket() as probe:
        # As etcd does. Otherwise, the port of a stopped server is in use for another minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except PermissionError as error:
            raise UsageError(f"port {port}: permission denied (choose a port above 1023)") from error
        except OSError as error:
            raise _port_in_use_error(port) from error
        return int(probe.getsockname()[1])


def _is_port_answering(port: int) -> bool:
    # With a server on 0.0.0.0, some systems allow binding 127.0.0.1 anyway.
    with socket.socket() as client:
        client.settimeout(1)
        return port != 0 and client.connect_ex((_HOST, port)) == 0


def _port_in_use_error(port: int) -> Conflict:
    return Conflict(
        f"port {port} of 127.0.0.1 is in use by another program",
        f"  to use an etcd that listens there: export ETCD_ENDPOINTS=http://127.0.0.1:{port}",
        "  to use any free port: calicoctl etcd start --port 0",
    )
