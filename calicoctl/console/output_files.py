"""Files that commands write."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from calicoctl.errors import CalicoctlError, OutputFailed, UsageError, os_reason
from calicoctl.signals import raised_signals

_DISK_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT}


def save(filename: str, text: str, content: str) -> None:
    """Write a file atomically. Devices and pipes are written to directly.

    Args:
        filename: the path of the file.
        text: the text to write.
        content: what the text is, for messages.

    Raises:
        UsageError: the path cannot be written.
        OutputFailed: the disk is full.
    """
    _save({Path(filename): text}, content)


def save_private(filename: str, text: str, content: str) -> None:
    """Write a file atomically that only its owner can read. Devices and pipes are written to directly.

    A symbolic link is refused, because another user may have created it.

    Args:
        filename: the path of the file.
        text: the text to write.
        content: what the text is, for messages.

    Raises:
        UsageError, OutputFailed: as `save`.
    """
    path = Path(filename)
    if path.is_symlink():
        raise UsageError(f"{path}: cannot save the {content}: is a symbolic link (name the file itself)")
    with raised_signals(), ExitStack() as cleanup, _save_errors(path, content):
        if path.exists() and not path.is_file():
            _write_directly(path, text, os.O_NOFOLLOW)  # another user may replace the path by a link at any moment
            return
        _write_temporary(path, text, cleanup, private=True).replace(path)


def save_all(directory: str, texts: Mapping[str, str], stale: Iterable[str], content: str) -> None:
    """Write files into a directory, which is created if it does not exist.

    If a text cannot be written, such as on a full disk, the files of an earlier run stay as they are.

    Args:
        directory: the path of the directory.
        texts: file name to text.
        stale: names of files of an earlier run to delete.
        content: what the texts are, for messages.

    Raises:
        UsageError, OutputFailed: as `save`.
    """
    path = Path(directory)
    with _save_errors(path, content):
        path.mkdir(parents=True, exist_ok=True)
    _save({path / name: text for name, text in texts.items()}, content)
    with _save_errors(path, content):
        for name in stale:
            (path / name).unlink(missing_ok=True)


def _save(texts: Mapping[Path, str], content: str) -> None:
    """Write all texts to temporary files first, then replace the files."""
    with raised_signals(), ExitStack() as cleanup:
        temporaries: dict[Path, Path] = {}
        for path, text in texts.items():
            with _save_errors(path, content):
                if path.exists() and not path.is_file():
                    _write_directly(path, text)
                else:
                    temporaries[path] = _write_temporary(path, text, cleanup)
        for path, temporary in temporaries.items():
            with _save_errors(path, content):
                temporary.replace(os.path.realpath(path))


def _write_directly(path: Path, text: str, flags: int = 0) -> None:
    """Write to a device or a pipe. A pipe without a reader is an error: the open would wait for one, without limit."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | flags)
    except OSError as error:
        if error.errno == errno.ENXIO and path.is_fifo():
            raise OSError(errno.ENXIO, "no program reads this pipe") from None
        raise
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.set_blocking(descriptor, True)  # so that a slow reader is waited for
        file.write(text)


def _write_temporary(path: Path, text: str, cleanup: ExitStack, *, private: bool = False) -> Path:
    """Write a temporary file in the directory of a file. `cleanup` deletes it.

    It has the mode of the file, or if it is private, only its owner can read it, and links are not followed.
    """
    target = path if private else Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    cleanup.callback(temporary.unlink, missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | (os.O_NOFOLLOW if private else 0)
    with os.fdopen(os.open(temporary, flags, 0o600 if private else 0o666), "w", encoding="utf-8") as file:
        file.write(text)
    if not private and target.exists():
        shutil.copymode(target, temporary)
    return temporary


@contextmanager
def _save_errors(path: Path, content: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        error_class: type[CalicoctlError] = OutputFailed if error.errno in _DISK_FULL_ERRNOS else UsageError
        message = f"{path}: cannot save the {content}: {os_reason(error)}"
        raise error_class(message) from None
