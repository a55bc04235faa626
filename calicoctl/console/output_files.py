"""Files that commands write."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from calicoctl.errors import CalicoctlError, UsageError

_DISK_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT}


def save(filename: str, text: str, content: str) -> None:
    """Write a file atomically. Devices and pipes are written to directly.

    Args:
        filename: the path of the file.
        text: the text to write.
        content: what the text is, for messages.

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
        raise _save_error(path, content, error) from None


def save_all(directory: str, texts: Mapping[str, str], stale: Iterable[str], content: str) -> None:
    """Write files into a directory, which is created if it does not exist.

    Args:
        directory: the path of the directory.
        texts: file name to text.
        stale: names of files of an earlier run to delete.
        content: what the texts are, for messages.

    Raises:
        UsageError, CalicoctlError: as `save`.
    """
    path = Path(directory)
    try:
        path.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (path / name).unlink(missing_ok=True)
    except OSError as error:
        raise _save_error(path, content, error) from None
    for name, text in texts.items():
        save(str(path / name), text, content)


def _save_error(path: Path, content: str, error: OSError) -> CalicoctlError:
    error_class = CalicoctlError if error.errno in _DISK_FULL_ERRNOS else UsageError
    return error_class(f"{path}: cannot save the {content}: {(error.strerror or str(error)).lower()}")


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
