"""The file that an editor changes."""

from __future__ import annotations

import contextlib
import shutil
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from calicoctl.bounded_read import read_bounded
from calicoctl.console.streams import message_line, write_message
from calicoctl.errors import CalicoctlError, UsageError, interruption, os_reason
from calicoctl.signals import SignalReceived, raised_signals

_MAX_SIZE = 16 * 2**20
"""Largest text that is read, in bytes: about 25,000 policies."""


class EditFile:
    """Edited text: a file of mode 0600 in a temporary directory, which editors can use for their own files.

    Editors replace the file in many ways. The replacement is read without waiting. A file elsewhere, to
    which a symbolic link points, is not changed, and keeps its mode.

    The comment lines at the top are a header with information for the user. If an exception leaves the `with` block
    and the text has changed, the file is kept, and its path is added to the exception.
    """

    def __init__(self, text: str, header: Sequence[str]) -> None:
        self._original = text.encode()
        self._directory = Path(tempfile.mkdtemp(prefix="calicoctl-edit-"))
        self._file = self._directory / "edit.yaml"
        self._write(self._original, header)

    @property
    def path(self) -> str:
        """Path of the file."""
        return str(self._file)

    @property
    def body(self) -> bytes:
        """Current text below the header; empty if the file does not exist.

        Raises:
            UsageError: it is not a file, or too large.
        """
        lines = self._read().splitlines(keepends=True)
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
        new = self._directory / "new.yaml"
        new.touch(0o600)
        new.write_bytes(top.encode() + body)
        new.replace(self._file)

    def _read(self) -> bytes:
        try:
            return read_bounded(self.path, _MAX_SIZE, only_files=True)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise UsageError(f"{self.path}: {os_reason(error)} (nothing was written)") from error

    def __enter__(self) -> EditFile:
        self._signal_handling = contextlib.ExitStack()
        self._signal_handling.enter_context(raised_signals())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signal_handling.close()
        if error is None or not self._is_worth_keeping():
            shutil.rmtree(self._directory, ignore_errors=True)
            return
        self._restrict_access()
        hint = f"your changes are saved in {self.path}"
        if isinstance(error, CalicoctlError):
            error.messages = (*error.messages, hint)
        elif isinstance(error, SignalReceived):
            raise interruption(error.number, hint) from None
        else:
            with contextlib.suppress(OSError):
                write_message(message_line(hint))

    def _is_worth_keeping(self) -> bool:
        try:
            return not self.unchanged
        except (UsageError, OSError):
            return True

    def _restrict_access(self) -> None:
        """Set the mode again: some editors write a new file. The target of a symbolic link keeps its mode."""
        with contextlib.suppress(OSError):
            if stat.S_ISREG(self._file.lstat().st_mode):
                self._file.chmod(0o600)
