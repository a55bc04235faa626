"""Starts and stops the local etcd, and waits until it answers."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

from calicoctl.errors import Conflict, Timeout
from calicoctl.local_etcd import process, program
from calicoctl.local_etcd.process import choose_port
from calicoctl.local_etcd.record import Server, home_lock, log_file, log_tail, remove_state, running_server, save_state

_START_TIMEOUT_SECONDS = 30.0
_POLL_SECONDS = 0.03


class StartResult(NamedTuple):
    """What `start` did."""

    server: Server
    newly_started: bool
    """Whether it was started now, rather than running already."""
    other_data_dirs: tuple[Path, ...]
    """Data of other etcd versions that a new, empty server of this version does not show."""


def start(home: Path, port: int | None) -> StartResult:
    """Start the etcd of this home folder, unless it runs, and wait until it answers.

    Args:
        home: an absolute path; created when missing.
        port: the client port on 127.0.0.1; 0 for any free one, None for 2379 or the one it runs at already.

    Raises:
        UsageProblem: no etcd program, or a folder that can't be used.
        Conflict: the port is in use, it runs at another port, or etcd gave up.
        Timeout: etcd did not answer in time.
    """
    with home_lock(home):
        server = running_server(home)
        if server is not None:
            if port not in (None, 0, server.port):
                raise Conflict(
                    f"an etcd runs already at {server.endpoint}, not at port {port} (data: {home})",
                    "  stop it first (calicoctl etcd stop), or give the other one a --data-dir of its own",
                )
            return StartResult(server, newly_started=False, other_data_dirs=())
        etcd = program.find_program()
        data_dir = home / etcd.minor_version
        other_data_dirs = () if data_dir.exists() else tuple(sorted(home.glob("[0-9]*.[0-9]*")))
        return StartResult(
            _launch(home, etcd, data_dir, choose_port(port)), newly_started=True, other_data_dirs=other_data_dirs
        )


def stop(home: Path) -> Server | None:
    """Stop the etcd of this home folder and wait for its end; None when none was running."""
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
            # A session and files of its own: it outlives the terminal, and `calicoctl etcd start | tee` ends.
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
                # It is meant to outlive this process; without this Python warns that a child still runs.
                child.returncode = 0
                undo.pop_all()
                return server
        raise Conflict(f"etcd {etcd.version} gave up at once ({etcd.path}); its log ends:", *log_tail(home))


def _discard(home: Path, child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    remove_state(home)


def _command_line(etcd: program.Program, data_dir: Path, port: int) -> list[str]:
    client = f"http://127.0.0.1:{port}"
    # A cluster of one talks to nobody: any free port does for the peers, and 2380 may be taken.
    peer = "http://127.0.0.1:0"
    flags = {
        "name": "calicoctl",
        "data-dir": str(data_dir),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"calicoctl={peer}",
        # Nor is there anybody else to vote for: the defaults make every start take a second longer.
        "heartbeat-interval": "50",
        "election-timeout": "250",
    }
    return [str(etcd.path), *(f"--{name}={value}" for name, value in flags.items())]


def _environment() -> dict[str, str]:
    # etcd takes every ETCD_* variable for a flag, and calicoctl has variables of such names (ETCD_CERT_FILE).
    keep = "ETCD_UNSUPPORTED_ARCH"
    return {name: value for name, value in os.environ.items() if name == keep or not name.startswith("ETCD_")}


def _wait_until_healthy(home: Path, child: subprocess.Popen[bytes], port: int) -> bool:
    """Whether etcd answers; False when it ended instead."""
    deadline = time.monotonic() + _START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            return False
        if _is_healthy(port):
            return child.poll() is None
        time.sleep(_POLL_SECONDS)
    raise Timeout(
        f"etcd did not answer at port {port} in {_START_TIMEOUT_SECONDS:.0f} s; its log ends:", *log_tail(home)
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
