"""A text that is being edited: a private file, which is kept when anything goes wrong with what was typed."""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn

import click

from calicoctl.errors import CalicoctlError, Interrupted


class EditFile:
    """A file of mode 0600 in a directory of its own, where editors may put their own files beside it.

    Comment lines at the top are ours, to say things to who edits it. When an exception leaves the `with` and the
    text is not the one that it began with, the file stays, and the exception says where.
    """

    def __init__(self, text: str, header: Sequence[str]) -> None:
        self._original = text.encode()
        self._directory = Path(tempfile.mkdtemp(prefix="calicoctl-edit-"))
        self._file = self._directory / "edit.yaml"
        self._file.touch(0o600)
        self._write(self._original, header)

    @property
    def path(self) -> str:
        """The path of the file."""
        return str(self._file)

    @property
    def body(self) -> bytes:
        """What is there now below our lines; nothing when the file is gone."""
        try:
            lines = self._file.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return b""
        first = next((index for index, line in enumerate(lines) if not line.startswith(b"#")), len(lines))
        return b"".join(lines[first:])

    @property
    def unchanged(self) -> bool:
        """Whether there is nothing to write: the text is as it was, or there is none."""
        body = self.body
        has_content = any(line.strip() and not line.lstrip().startswith(b"#") for line in body.splitlines())
        return not has_content or body == self._original

    def set_header(self, header: Sequence[str]) -> None:
        """Put lines at the top in place of those before."""
        self._write(self.body, header)

    def _write(self, body: bytes, header: Sequence[str]) -> None:
        top = "".join(f"# {' '.join(note.splitlines())}".rstrip() + "\n" for note in header)
        self._file.write_bytes(top.encode() + body)

    def __enter__(self) -> EditFile:
        self._signal_handling = contextlib.ExitStack()
        self._signal_handling.enter_context(_signals_as_exceptions())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signal_handling.close()
        if error is None or self.unchanged:
            shutil.rmtree(self._directory, ignore_errors=True)
            return
        with contextlib.suppress(OSError):
            self._file.chmod(0o600)  # some editors write a new file
        hint = f"your text is kept in {self.path}"
        if isinstance(error, CalicoctlError):
            error.messages = (*error.messages, hint)
        elif isinstance(error, KeyboardInterrupt):
            raise Interrupted("interrupted", hint) from None
        else:
            with contextlib.suppress(OSError):
                click.echo(hint, err=True)


@contextlib.contextmanager
def _signals_as_exceptions() -> Iterator[None]:
    """Let the signals that end a program come as an exception, so that there is time for a word."""
    if threading.current_thread() is not threading.main_thread():  # only that one may set this, and gets them
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGHUP)
    previous_handlers = [signal.signal(number, _raise_interrupted) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, previous_handlers, strict=True):
            signal.signal(number, handler)


def _raise_interrupted(number: int, _frame: FrameType | None) -> NoReturn:
    raise Interrupted(f"ended by {signal.Signals(number).name}")
