"""Files of saved plans."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from calicoctl.errors import CalicoctlError, InvalidManifest, Position, Problem, UsageError

if TYPE_CHECKING:
    from calicoctl.operations.plan import SavedPlan

_DISK_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT}


def save(filename: str, text: str) -> None:
    """Write a file atomically. Devices and pipes are written to directly.

    Raises:
        UsageError: the path cannot be written.
        CalicoctlError: the disk is full.
    """
    path = Path(filename)
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8") as file:
                file.write(text)
        else:
            _write_atomically(Path(os.path.realpath(path)), text)
    except OSError as error:
        error_class = CalicoctlError if error.errno in _DISK_FULL_ERRNOS else UsageError
        raise error_class(f"{path}: cannot save the plan: {(error.strerror or str(error)).lower()}") from None


def _write_atomically(path: Path, text: str) -> None:
    """Write a temporary file in the same directory and rename it. The mode of an existing file is kept."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("x", encoding="utf-8") as file:
            file.write(text)
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def load(option: str, filename: str) -> SavedPlan:
    """Return the plan in a file, or on stdin (`-`).

    Args:
        option: the option with the name of the file, for messages.
        filename: the file.

    Raises:
        UsageError: the name is empty, or stdin is closed.
        InvalidManifest: the file is unreadable or not a plan.
    """
    from calicoctl.operations.plan import SavedPlan

    if filename == "":
        raise UsageError(f"{option} is empty (name a file, or - for stdin)")
    if filename == "-" and not sys.stdin:
        raise UsageError(f"{option} -: stdin is closed")
    try:
        text = (sys.stdin.buffer.read() if filename == "-" else Path(filename).read_bytes()).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or str(error)).lower() if isinstance(error, OSError) else "is not UTF-8"
        raise InvalidManifest([Problem(Position(filename), "", "", f"cannot read the plan: {reason}")]) from None
    return SavedPlan.loads(filename, text)
