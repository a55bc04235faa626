"""Reads of files that users name, with limits of size and time, also for pipes and devices."""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
import time
from collections.abc import Iterator
from typing import Any

from calicoctl.deadline import Deadline

_MAX_ARGUMENT_BYTES = 2**28
"""Maximum size of a manifest or a plan: about 400,000 policies."""
_MAX_LINE_BYTES = 2**22
"""Maximum size of a line of a file that is read line by line."""
_CHUNK_BYTES = 2**20
_WRITER_SECONDS = 5.0
"""Longest wait for a program that opens the other end of a named pipe."""
_PIPE_SECONDS = 60.0
"""Longest wait for the next bytes of a pipe, such as of a shell's `<(helm template .)`."""
_POLL_SECONDS = 0.02
_MEBIBYTE = 2**20


class ReadError(OSError):
    """A path that is not read, because it is too large, not a file, or a pipe without a writer."""


def read_argument(path: str) -> bytes:
    """Return the contents of a manifest or a plan. Stdin (`-`) is read without a limit of time.

    Raises:
        OSError: as `read_bounded`.
    """
    if path == "-":
        return _join(_stdin_chunks(), path, _MAX_ARGUMENT_BYTES)
    return read_bounded(path, _MAX_ARGUMENT_BYTES, seconds=_PIPE_SECONDS)


def read_bounded(path: str, limit: int, *, seconds: float = 0, only_files: bool = False) -> bytes:
    """Return the contents of a file, a pipe or a device.

    Args:
        path: the path.
        limit: maximum size in bytes.
        seconds: longest wait for the next bytes of a pipe.
        only_files: whether pipes and devices are refused.

    Raises:
        OSError: the path is unreadable; a `ReadError` for what the system would read.
    """
    return _join(_file_chunks(path, limit, seconds, only_files=only_files), path, limit)


def read_lines(path: str) -> Iterator[bytes]:
    """Yield the lines of a file of any size, or of stdin (`-`), without line feeds.

    Raises:
        OSError: the path is unreadable; a `ReadError` for a line that is too long.
    """
    chunks = _stdin_chunks() if path == "-" else _file_chunks(path, sys.maxsize, _PIPE_SECONDS)
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
        if len(rest) > _MAX_LINE_BYTES:
            raise ReadError(errno.EFBIG, f"a line is larger than {_MAX_LINE_BYTES / _MEBIBYTE:g} MiB", path)
    if rest:
        yield rest


def _stdin_chunks() -> Iterator[bytes]:
    # `read1` returns at the end of a line of a terminal; `read` would require Ctrl-D twice.
    stdin: Any = sys.stdin.buffer
    return iter(lambda: stdin.read1(_CHUNK_BYTES), b"")


def _file_chunks(path: str, limit: int, seconds: float, *, only_files: bool = False) -> Iterator[bytes]:
    # Without waiting: the open of a named pipe would not return before a writer opens it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        _check_type(status, path, limit, only_files=only_files)
        wait = seconds if stat.S_ISFIFO(status.st_mode) else None
        yield from _chunks(descriptor, path, wait)
    finally:
        os.close(descriptor)


def _check_type(status: os.stat_result, path: str, limit: int, *, only_files: bool) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if only_files and not stat.S_ISREG(status.st_mode):
        raise ReadError(errno.EINVAL, "not a regular file", path)
    if status.st_size > limit:
        raise _too_large(path, limit)


def _join(chunks: Iterator[bytes], path: str, limit: int) -> bytes:
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > limit:
            raise _too_large(path, limit)
    return bytes(data)


def _too_large(path: str, limit: int) -> ReadError:
    return ReadError(errno.EFBIG, f"larger than {limit / _MEBIBYTE:g} MiB", path)


def _chunks(descriptor: int, path: str, pipe_seconds: float | None) -> Iterator[bytes]:
    """Yield the contents of a descriptor that does not block; `pipe_seconds` is None if it is not a pipe."""
    has_writer = pipe_seconds is None
    writer_seconds = min(pipe_seconds or 0, _WRITER_SECONDS)
    deadline = Deadline.after(writer_seconds)
    while True:
        try:
            chunk = os.read(descriptor, _CHUNK_BYTES)
        except BlockingIOError:
            has_writer = True
            if not select.select([descriptor], [], [], pipe_seconds)[0]:
                raise ReadError(errno.ETIME, f"the pipe had no data for {pipe_seconds:g} seconds", path) from None
            continue
        if chunk:
            has_writer = True
            yield chunk
        elif has_writer or _is_at_end(descriptor):
            return
        elif deadline.has_passed:
            raise ReadError(errno.ETIME, f"no program wrote to this pipe for {writer_seconds:g} seconds", path)
        else:
            time.sleep(_POLL_SECONDS)


def _is_at_end(descriptor: int) -> bool:
    """Whether a pipe had a writer. Before the first writer, a read returns the end of the file, too."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    # With POLLIN, the first writer has begun since the read.
    return any(event & select.POLLHUP and not event & select.POLLIN for _, event in poll.poll(0))
