"""Shows why etcd gave up, from the end of its log."""

from __future__ import annotations

import json
from pathlib import Path

from calicoctl.localetcd.record import log_file

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
