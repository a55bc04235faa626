"""The file and the process of an editor."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType

import click

from calicoctl.errors import CalicoctlError, Interrupted, UsageError, interruption
from calicoctl.signals import SignalReceived, raised_signals, signal_handler


class EditFile:
    """Edited text: a file of mode 0600 in a temporary directory, which editors can use for their own files.

    The comment lines at the top are a header with information for the user. If an exception leaves the `with` block
    and the text has changed, the file is kept, and its path is added to the exception.
    """

    def __init__(self, text: str, header: Sequence[str]) -> None:
        self._original = text.encode()
        self._directory = Path(tempfile.mkdtemp(prefix="calicoctl-edit-"))
        self._file = self._directory / "edit.yaml"
        self._file.touch(0o600)
        self._write(self._original, header)

    @property
    def path(self) -> str:
        """Path of the file."""
        return str(self._file)

    @property
    def body(self) -> bytes:
        """Current text below the header; empty if the file does not exist."""
        try:
            lines = self._file.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return b""
        first = next((index for index, line in enumerate(lines) if not line.startswith(b"#")), len(lines))
        return b"".join(lines[first:])

    @property
    def unchanged(self) -> bool:
        """Whether there is nothing to write: the text is unchanged or empty."""
        body = self.body
        has_content = any(line.strip() and not line.lstrip().startswith(b"#") for line in body.splitlines())
        return not has_content or body == self._original

    def set_header(self, header: Sequence[str]) -> None:
        """Replace the header."""
        self._write(self.body, header)

    def _write(self, body: bytes, header: Sequence[str]) -> None:
        top = "".join(f"# {' '.join(note.splitlines())}".rstrip() + "\n" for note in header)
        self._file.write_bytes(top.encode() + body)

    def __enter__(self) -> EditFile:
        self._signal_handling = contextlib.ExitStack()
        self._signal_handling.enter_context(raised_signals())
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
        hint = f"your changes are saved in {self.path}"
        if isinstance(error, CalicoctlError):
            error.messages = (*error.messages, hint)
        elif isinstance(error, SignalReceived):
            raise interruption(error.number, hint) from None
        else:
            with contextlib.suppress(OSError):
                click.echo(hint, err=True)


_EDITOR_VARIABLES = ("VISUAL", "EDITOR")
_DEFAULT_EDITOR = "vi"
_TERMINATE_TIMEOUT_SECONDS = 2.0
"""Time that the editor has to exit after a signal, in seconds."""


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """Return the command of the editor from $VISUAL, $EDITOR or the default, split as by a shell.

    Raises:
        UsageError: missing closing quote.
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
    """Whether stdin is a terminal, so that the user can correct errors."""
    return sys.stdin is not None and sys.stdin.isatty()


def run_editor(argv: Sequence[str], path: str) -> None:
    """Run the editor and wait for it.

    Raises:
        UsageError: the editor cannot be started, or fails.
        Interrupted: the editor was terminated by a signal.
    """
    try:
        process = subprocess.Popen([*argv, path])
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot run the editor {argv[0]!r}: {reason} (set {' or '.join(_EDITOR_VARIABLES)})"
        ) from None
    code = _wait_for_editor(process)
    command = shlex.join(argv)
    if code < 0:
        raise Interrupted(
            f"the editor {command!r} was terminated by {signal.Signals(-code).name} (nothing was written)"
        )
    if code:
        raise UsageError(f"the editor {command!r} failed with exit code {code} (nothing was written)")


def _wait_for_editor(process: subprocess.Popen[bytes]) -> int:
    """Return the exit code. On a terminal the editor handles Ctrl-C, which both processes receive."""
    with ExitStack() as stack:
        if is_interactive():
            stack.enter_context(signal_handler(lambda _number, _frame: None, (signal.SIGINT,)))
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_TERMINATE_TIMEOUT_SECONDS)  # the editor can save its state and restore the terminal
            raise
