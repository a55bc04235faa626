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


class Draft:
    """A file of mode 0600 in a directory of its own, where editors may put their own files beside it.

    Comment lines at the top are ours, to say things to who edits it. When an exception leaves the `with` and the
    text is not the one that it began with, the file stays, and the exception says where.
    """

    def __init__(self, text: str, notes: Sequence[str]) -> None:
        self._begun = text.encode()
        self._folder = Path(tempfile.mkdtemp(prefix="calicoctl-edit-"))
        self._file = self._folder / "edit.yaml"
        self._file.touch(0o600)
        self._write(self._begun, notes)

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
    def is_untouched(self) -> bool:
        """Whether there is nothing to write: the text is as it was, or there is none."""
        body = self.body
        said = any(line.strip() and not line.lstrip().startswith(b"#") for line in body.splitlines())
        return not said or body == self._begun

    def note(self, notes: Sequence[str]) -> None:
        """Put lines at the top in place of those before."""
        self._write(self.body, notes)

    def _write(self, body: bytes, notes: Sequence[str]) -> None:
        top = "".join(f"# {' '.join(note.splitlines())}".rstrip() + "\n" for note in notes)
        self._file.write_bytes(top.encode() + body)

    def __enter__(self) -> Draft:
        self._ended = contextlib.ExitStack()
        self._ended.enter_context(_ending_by_exception())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.close()
        if error is None or self.is_untouched:
            shutil.rmtree(self._folder, ignore_errors=True)
            return
        with contextlib.suppress(OSError):
            self._file.chmod(0o600)  # some editors write a new file
        kept = f"your text is kept in {self.path}"
        if isinstance(error, CalicoctlError):
            error.causes = (*error.causes, kept)
        elif isinstance(error, KeyboardInterrupt):
            raise Interrupted("interrupted", kept) from None
        else:
            with contextlib.suppress(OSError):
                click.echo(kept, err=True)


@contextlib.contextmanager
def _ending_by_exception() -> Iterator[None]:
    """Let the signals that end a program come as an exception, so that there is time for a word."""
    if threading.current_thread() is not threading.main_thread():  # only that one may set this, and gets them
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, _end) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise Interrupted(f"ended by {signal.Signals(number).name}")
