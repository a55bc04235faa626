"""The editor of whoever is at the terminal: which program it is, and how it is run."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress

from calicoctl.errors import Interrupted, UsageProblem

_VARIABLES = ("VISUAL", "EDITOR")
_USUAL = "vi"
_PATIENCE = 2.0
"""Seconds that an editor has to end when we are ended."""


def editor_words(environment: Mapping[str, str]) -> list[str]:
    """The words of the editor's command: those of the first variable that is set, split as a shell splits them.

    Raises:
        UsageProblem: a quote is not closed.
    """
    for name in _VARIABLES:
        try:
            words = shlex.split(environment.get(name, ""))
        except ValueError as error:
            raise UsageProblem(f"{name}: {environment[name]!r}: {str(error).lower()}") from None
        if words:
            return words
    return [_USUAL]


def interactive() -> bool:
    """Whether a person is there to correct what is wrong."""
    return sys.stdin is not None and sys.stdin.isatty()


def run_editor(words: Sequence[str], path: str) -> None:
    """Run the editor on a file until it ends.

    Raises:
        UsageProblem: it can't be run, or fails.
        Interrupted: a signal has ended it.
    """
    try:
        process = subprocess.Popen([*words, path])
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageProblem(f"the editor {words[0]!r} can't be run: {reason} (set {' or '.join(_VARIABLES)})") from None
    code = _wait(process)
    command = shlex.join(words)
    if code < 0:
        raise Interrupted(f"the editor {command!r} was ended by {signal.Signals(-code).name}: nothing is written")
    if code:
        raise UsageProblem(f"the editor {command!r} failed with exit code {code}: nothing is written")


def _wait(process: subprocess.Popen[bytes]) -> int:
    """The exit code. At a terminal Ctrl-C is the editor's own business, and reaches it as well as us."""
    from calicoctl.operations.interrupts import held

    with ExitStack() as stack:
        if interactive():
            stack.enter_context(held())
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)  # it may still save, and leaves the terminal as it found it
            raise
