"""Files of a local etcd in its home directory: state of the running server, lock, log."""

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
    """A started local etcd."""

    process: Process
    port: int
    version: str
    data_dir: Path
    """Data directory of the minor version of the server."""

    @property
    def endpoint(self) -> str:
        """URL for ETCD_ENDPOINTS."""
        return f"http://127.0.0.1:{self.port}"


def default_home() -> Path:
    """Return the default home directory, in XDG_DATA_HOME."""
    base = Path(os.environ.get("XDG_DATA_HOME", ""))
    # The XDG Base Directory Specification requires to ignore relative paths.
    return (base if base.is_absolute() else Path.home() / ".local" / "share") / "calicoctl" / "etcd"


def log_file(home: Path) -> Path:
    """Return the path of the log."""
    return home / "etcd.log"


def disk_usage(folder: Path) -> int:
    """Return the disk usage of a directory in bytes; 0 if it does not exist."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def running_server(home: Path) -> Server | None:
    """Return the running server of a home directory, or None."""
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
    """Save the state of a running server."""
    state = {
        "pid": server.process.pid,
        "began": server.process.start_time,
        "port": server.port,
        "version": server.version,
        "data": str(server.data_dir),
    }
    temporary_file = _state_file(home).with_suffix(".new")
    temporary_file.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    # Atomic, so that `status` never reads a partial file.
    temporary_file.replace(_state_file(home))


def remove_state(home: Path) -> None:
    """Remove the state of the server."""
    _state_file(home).unlink(missing_ok=True)


@contextmanager
def home_lock(home: Path) -> Iterator[None]:
    """Hold the lock of a home directory; create the directory with access for the current user only.

    Raises:
        UsageError: the directory cannot be created or written.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (home / "lock").open("w")
    except OSError as error:
        raise _unusable_home_error(home, error) from error
    with lock:
        # The system releases the lock when the process ends.
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _state_file(home: Path) -> Path:
    return home / "server.json"


def _unusable_home_error(home: Path, error: OSError) -> UsageError:
    return UsageError(f"{home}: invalid data directory: {error.strerror}")


_ERROR_LEVELS = ("error", "dpanic", "panic", "fatal")
_MAX_LOG_LINES = 5
_MAX_LINE_LENGTH = 400


def log_tail(home: Path) -> list[str]:
    """Return the last error lines of the log (or the last lines), indented, and the path of the log."""
    log = log_file(home)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    # After a panic, the log ends with a Go stack trace, after the cause.
    error_lines = [text for line in lines if (text := _error_text(line))]
    chosen = (error_lines or lines)[-_MAX_LOG_LINES:]
    return [*(f"  {line[:_MAX_LINE_LENGTH]}" for line in chosen), f"complete log: {log}"]


def _error_text(line: str) -> str:
    """Return the message of a log line with an error level, else an empty text."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line if line.startswith("panic:") else ""
    if not isinstance(entry, dict) or entry.get("level") not in _ERROR_LEVELS:
        return ""
    return ": ".join(str(entry[field]) for field in ("level", "msg", "error") if field in entry)
