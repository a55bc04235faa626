"""The file of a plan: kept as a whole or not at all, and read."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from calicoctl.errors import CalicoctlError, InvalidManifest, Position, Problem, UsageProblem

if TYPE_CHECKING:
    from calicoctl.operations.saved import SavedPlan

_FULL = {errno.ENOSPC, errno.EDQUOT}


def keep(name: str, text: str) -> None:
    """Write a file as a whole, or leave what was there; a device or a pipe is written to as it is.

    Raises:
        UsageProblem: there can be no such file.
        CalicoctlError: the disk is full.
    """
    path = Path(name)
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8") as file:
                file.write(text)
        else:
            _replace(Path(os.path.realpath(path)), text)
    except OSError as error:
        kind = CalicoctlError if error.errno in _FULL else UsageProblem
        raise kind(f"{path}: the plan can't be kept: {(error.strerror or str(error)).lower()}") from None


def _replace(path: Path, text: str) -> None:
    """Write beside the file first; it keeps its mode."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with new.open("x", encoding="utf-8") as file:
            file.write(text)
        if path.exists():
            shutil.copymode(path, new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def fetch(option: str, name: str) -> SavedPlan:
    """The plan that a file holds, or stdin (`-`); the option that names it stands in messages.

    Raises:
        UsageProblem: the name is empty, or stdin is closed.
        InvalidManifest: the file can't be read, or is no plan.
    """
    from calicoctl.operations.saved import read

    if name == "":
        raise UsageProblem(f"{option} is empty: name a file, or - for stdin")
    if name == "-" and not sys.stdin:
        raise UsageProblem(f"{option} -: stdin is closed")
    try:
        text = (sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()).decode()
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror or str(error)).lower() if isinstance(error, OSError) else "is not UTF-8"
        raise InvalidManifest([Problem(Position(name), "", "", f"the plan can't be read: {why}")]) from None
    return read(name, text)
