"""The process of an editor."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress

from calicoctl.console.terminal import is_terminal
from calicoctl.errors import Interrupted, UsageError, os_reason
from calicoctl.signals import signal_handler

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


def run_editor(argv: Sequence[str], path: str) -> None:
    """Run the editor and wait for it.

    Raises:
        UsageError: the editor cannot be started, or fails.
        Interrupted: the editor was terminated by a signal.
    """
    try:
        process = subprocess.Popen([*argv, path])
    except OSError as error:
        reason = os_reason(error)
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
        if is_terminal(sys.stdin):
            stack.enter_context(signal_handler(lambda _number, _frame: None, (signal.SIGINT,)))
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_TERMINATE_TIMEOUT_SECONDS)  # the editor can save its state and restore the terminal
            raise
