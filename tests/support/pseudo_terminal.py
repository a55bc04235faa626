"""Calicoctl in this process with a terminal as stdout and stderr: a pipe hides what a terminal would act on."""

from __future__ import annotations

import io
import os
import pty
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from calicoctl.cli import main


def show_on_terminal(*args: str, input: bytes = b"") -> tuple[int, str]:  # noqa: A002  # as in subprocess
    """Run calicoctl with colors, and return the exit code and all that the terminal gets."""
    with (
        _terminal() as (descriptor, shown),
        open(descriptor, "w", encoding="utf-8", closefd=False) as stdout,
        open(descriptor, "w", encoding="utf-8", closefd=False, errors="backslashreplace") as stderr,
        io.TextIOWrapper(io.BytesIO(input)) as stdin,
        patch.multiple(sys, stdout=stdout, stderr=stderr, stdin=stdin),
    ):
        try:
            main(args)
        except SystemExit as system_exit:
            code = int(system_exit.code or 0)
    return code, b"".join(shown).decode()


@contextmanager
def _terminal() -> Iterator[tuple[int, list[bytes]]]:
    """Return a raw terminal, and what is written to it, complete after the `with` block."""
    ours, theirs = pty.openpty()
    attributes = termios.tcgetattr(theirs)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, attributes)
    shown: list[bytes] = []
    reader = threading.Thread(target=_read_all, args=(ours, shown))
    reader.start()
    try:
        yield theirs, shown
    finally:
        os.close(theirs)
        reader.join()
        os.close(ours)


def _read_all(descriptor: int, shown: list[bytes]) -> None:
    try:
        while data := os.read(descriptor, 65536):
            shown.append(data)
    except OSError:  # Linux: all other ends are closed
        return
