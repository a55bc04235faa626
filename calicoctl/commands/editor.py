"""The editor of whoever is at the terminal: which program it is, and how it is run."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress

from calicoctl.errors import Interrupted, UsageError

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
    from calicoctl.operations.interrupts import deferred_interrupt

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
