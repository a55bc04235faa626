"""Shows why etcd gave up, from the end of its log."""

from __future__ import annotations

import json
from pathlib import Path

from calicoctl.localetcd.record import log_file

_SERIOUS = ("error", "dpanic", "panic", "fatal")
_LINES = 5
_WIDTH = 400


def last_words(home: Path) -> list[str]:
    """The lines that matter at the end of the log, indented, and where the log is."""
    log = log_file(home)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    # After a panic the end is a Go stack trace; the cause stands above it.
    serious = [text for line in lines if (text := _serious(line))]
    chosen = (serious or lines)[-_LINES:]
    return [*(f"  {line[:_WIDTH]}" for line in chosen), f"the whole log: {log}"]


def _serious(line: str) -> str:
    """What a line says, when it is about an error; empty otherwise."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line if line.startswith("panic:") else ""
    if not isinstance(entry, dict) or entry.get("level") not in _SERIOUS:
        return ""
    return ": ".join(str(entry[field]) for field in ("level", "msg", "error") if field in entry)
