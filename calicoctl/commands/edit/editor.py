"""A text that is being edited: a private file, which is kept when anything goes wrong with what was typed."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn

import click

from calicoctl.errors import CalicoctlError, Interrupted, UsageError


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


_EDITOR_VARIABLES = ("VISUAL", "EDITOR")


_DEFAULT_EDITOR = "vi"


_TERMINATE_TIMEOUT_SECONDS = 2.0
"""Seconds that an editor has to end when we are ended."""


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """The words of the editor's command: those of the first variable that is set, split as a shell splits them.

    Raises:
        UsageProblem: a quote is not closed.
    """
    for name in _EDITOR_VARIABLES:
        try:
            argv = shlex.split(environment.get(name, ""))
        except ValueError as error:
            raise UsageError(f"{name}: {environment[name]!r}: {str(error).lower()}") from None
        if argv:
            return argv
    return [_DEFAULT_EDITOR]


def is_interactive() -> bool:
    """Whether a person is there to correct what is wrong."""
    return sys.stdin is not None and sys.stdin.isatty()


def run_editor(argv: Sequence[str], path: str) -> None:
    """Run the editor on a file until it ends.

    Raises:
        UsageProblem: it can't be run, or fails.
        Interrupted: a signal has ended it.
    """
    try:
        process = subprocess.Popen([*argv, path])
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"the editor {argv[0]!r} can't be run: {reason} (set {' or '.join(_EDITOR_VARIABLES)})"
        ) from None
    code = _wait_for_editor(process)
    command = shlex.join(argv)
    if code < 0:
        raise Interrupted(f"the editor {command!r} was ended by {signal.Signals(-code).name}: nothing is written")
    if code:
        raise UsageError(f"the editor {command!r} failed with exit code {code}: nothing is written")


def _wait_for_editor(process: subprocess.Popen[bytes]) -> int:
    """The exit code. At a terminal Ctrl-C is the editor's own business, and reaches it as well as us."""
    from calicoctl.operations.write.interrupts import deferred_interrupt

    with ExitStack() as stack:
        if is_interactive():
            stack.enter_context(deferred_interrupt())
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_TERMINATE_TIMEOUT_SECONDS)  # it may still save, and leaves the terminal as it found it
            raise
