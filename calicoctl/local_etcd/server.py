"""Start and stop of the local etcd."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

from calicoctl.deadline import Deadline
from calicoctl.errors import Conflict, Timeout
from calicoctl.local_etcd import process, program
from calicoctl.local_etcd.process import choose_port
from calicoctl.local_etcd.record import Server, home_lock, log_file, log_tail, remove_state, running_server, save_state
from calicoctl.signals import raised_signals

_START_TIMEOUT_SECONDS = 30.0
_POLL_SECONDS = 0.03


class StartResult(NamedTuple):
    """Result of `start`."""

    server: Server
    newly_started: bool
    """Whether `start` started the server; False if it was running."""
    other_data_dirs: tuple[Path, ...]
    """Data directories of other etcd versions, if the server has none of its version yet."""


def start(home: Path, port: int | None) -> StartResult:
    """Start the etcd of a home directory, if it is not running, and wait until it is healthy.

    Args:
        home: absolute path; created if missing.
        port: client port on 127.0.0.1; 0 for any free port, None for 2379 or the port of the running server.

    Raises:
        UsageError: no etcd program found, or the directory cannot be used.
        Conflict: the port is in use, the server is running on another port, or etcd exited.
        Timeout: etcd did not become healthy in time.
    """
    with home_lock(home):
        server = running_server(home)
        if server is not None:
            if port not in (None, 0, server.port):
                raise Conflict(
                    f"etcd is already running at {server.endpoint}, not on port {port} (data: {home})",
                    "  stop it first (calicoctl etcd stop), or start another one with --data-dir",
                )
            return StartResult(server, newly_started=False, other_data_dirs=())
        etcd = program.find_program()
        data_dir = home / etcd.minor_version
        other_data_dirs = () if data_dir.exists() else tuple(sorted(home.glob("[0-9]*.[0-9]*")))
        with raised_signals():  # a server that is not healthy yet is killed
            server = _launch(home, etcd, data_dir, choose_port(port))
        return StartResult(server, newly_started=True, other_data_dirs=other_data_dirs)


def stop(home: Path) -> Server | None:
    """Stop the etcd of a home directory and wait until it has exited; return it, or None if none was running."""
    if not home.is_dir():
        return None
    with home_lock(home):
        server = running_server(home)
        if server is not None:
            process.terminate(server.process)
        remove_state(home)
        return server


def _launch(home: Path, etcd: program.Program, data_dir: Path, port: int) -> Server:
    with log_file(home).open("wb") as log:
        child = subprocess.Popen(
            _command_line(etcd, data_dir, port),
            cwd=home,
            env=_environment(),
            # Own session and files: etcd survives the terminal, and `calicoctl etcd start | tee` does not wait for it.
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    with ExitStack() as undo:
        undo.callback(_discard, home, child)
        start_time = process.start_time(child.pid)
        if start_time is not None:
            save_state(home, server := Server(process.Process(child.pid, start_time), port, etcd.version, data_dir))
            if _wait_until_healthy(home, child, port):
                # The server survives this process. Without a return code, Popen warns about a running child.
                child.returncode = 0
                undo.pop_all()
                return server
        raise Conflict(f"etcd {etcd.version} exited during start ({etcd.path}); end of its log:", *log_tail(home))


def _discard(home: Path, child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    remove_state(home)


def _command_line(etcd: program.Program, data_dir: Path, port: int) -> list[str]:
    client = f"http://127.0.0.1:{port}"
    # A single member has no peers: use any free port, since 2380 may be in use.
    peer = "http://127.0.0.1:0"
    flags = {
        "name": "calicoctl",
        "data-dir": str(data_dir),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"calicoctl={peer}",
        # Short election of a single member: with the defaults, each start takes a second longer.
        "heartbeat-interval": "50",
        "election-timeout": "250",
    }
    return [str(etcd.path), *(f"--{name}={value}" for name, value in flags.items())]


def _environment() -> dict[str, str]:
    # etcd reads ETCD_* variables as flags, and calicoctl has variables with such names (ETCD_CERT_FILE).
    keep = "ETCD_UNSUPPORTED_ARCH"
    return {name: value for name, value in os.environ.items() if name == keep or not name.startswith("ETCD_")}


def _wait_until_healthy(home: Path, child: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until etcd is healthy (return True) or has exited (return False)."""
    deadline = Deadline.after(_START_TIMEOUT_SECONDS)
    while not deadline.has_passed:
        if child.poll() is not None:
            return False
        if _is_healthy(port):
            return child.poll() is None
        time.sleep(_POLL_SECONDS)
    raise Timeout(
        f"etcd did not answer on port {port} within {_START_TIMEOUT_SECONDS:.0f} s; end of its log:", *log_tail(home)
    )


def _is_healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health")
        return b'"true"' in connection.getresponse().read()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
