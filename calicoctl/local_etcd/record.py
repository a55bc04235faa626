"""Remembers which local etcd runs, in the home folder of that etcd."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from calicoctl.errors import UsageError
from calicoctl.local_etcd.process import Process, is_running


@dataclass(frozen=True)
class Server:
    """A local etcd that was started."""

    process: Process
    port: int
    version: str
    data_dir: Path
    """The data folder of this server's minor version."""

    @property
    def endpoint(self) -> str:
        """The URL for ETCD_ENDPOINTS."""
        return f"http://127.0.0.1:{self.port}"


def default_home() -> Path:
    """The home folder when the user names none: a place of its own below XDG_DATA_HOME."""
    base = Path(os.environ.get("XDG_DATA_HOME", ""))
    # The XDG specification wants relative paths to be ignored.
    return (base if base.is_absolute() else Path.home() / ".local" / "share") / "calicoctl" / "etcd"


def log_file(home: Path) -> Path:
    """Where the server writes what it has to say."""
    return home / "etcd.log"


def disk_usage(folder: Path) -> int:
    """How many bytes of disk the files below `folder` take; 0 when it is not there."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def running_server(home: Path) -> Server | None:
    """The server of this home folder, or None when it does not run (any more)."""
    try:
        state = json.loads(_state_file(home).read_text(encoding="utf-8"))
        process = Process(state["pid"], state["began"])
        server = Server(process, state["port"], state["version"], Path(state["data"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    except OSError as error:
        raise _unusable_home_error(home, error) from error
    return server if is_running(process) else None


def save_state(home: Path, server: Server) -> None:
    """Write down that this server runs."""
    state = {
        "pid": server.process.pid,
        "began": server.process.start_time,
        "port": server.port,
        "version": server.version,
        "data": str(server.data_dir),
    }
    temporary_file = _state_file(home).with_suffix(".new")
    temporary_file.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    # At once, so that `status` never reads half a file.
    temporary_file.replace(_state_file(home))


def remove_state(home: Path) -> None:
    """Write down that no server runs."""
    _state_file(home).unlink(missing_ok=True)


@contextmanager
def home_lock(home: Path) -> Iterator[None]:
    """Keep other `start` and `stop` of this home folder waiting; create the folder for this user alone.

    Raises:
        UsageProblem: the folder can't be created or written to.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (home / "lock").open("w")
    except OSError as error:
        raise _unusable_home_error(home, error) from error
    with lock:
        # The system drops the lock when this process ends, however that happens.
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _state_file(home: Path) -> Path:
    return home / "server.json"


def _unusable_home_error(home: Path, error: OSError) -> UsageError:
    return UsageError(f"{home}: can't be used as the data folder: {error.strerror}")


_ERROR_LEVELS = ("error", "dpanic", "panic", "fatal")


_MAX_LOG_LINES = 5


_MAX_LINE_LENGTH = 400


def log_tail(home: Path) -> list[str]:
    """The lines that matter at the end of the log, indented, and where the log is."""
    log = log_file(home)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    # After a panic the end is a Go stack trace; the cause stands above it.
    error_lines = [text for line in lines if (text := _error_text(line))]
    chosen = (error_lines or lines)[-_MAX_LOG_LINES:]
    return [*(f"  {line[:_MAX_LINE_LENGTH]}" for line in chosen), f"the whole log: {log}"]


def _error_text(line: str) -> str:
    """What a line says, when it is about an error; empty otherwise."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line if line.startswith("panic:") else ""
    if not isinstance(entry, dict) or entry.get("level") not in _ERROR_LEVELS:
        return ""
    return ": ".join(str(entry[field]) for field in ("level", "msg", "error") if field in entry)
