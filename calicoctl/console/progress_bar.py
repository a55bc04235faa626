"""Progress bar on a terminal, for commands that take longer than a second."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from calicoctl.console.terminal import is_terminal
from calicoctl.signals import raised_signals

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

_DELAY_SECONDS = 1.0
"""Time before the progress bar is shown, in seconds."""


class DelayedProgressBar:
    """Shows progress on stderr if that is a terminal and the command takes longer than `_DELAY_SECONDS`."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._signal_handling = ExitStack()
        self._bar_stack = ExitStack()
        self._label = ""
        self._bar: ProgressBar[Any] | None = None

    def __enter__(self) -> DelayedProgressBar:
        if is_terminal(sys.stderr):
            self._signal_handling.enter_context(raised_signals())  # a bar hides the cursor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar_stack.close()
        self._signal_handling.close()

    def __call__(self, label: str, done: int, total: int) -> None:
        """Show the number of finished items."""
        if not is_terminal(sys.stderr) or time.monotonic() - self._started < _DELAY_SECONDS:
            return
        if self._bar is None or label != self._label:
            self._bar_stack.close()
            self._label = label
            self._bar = self._bar_stack.enter_context(click.progressbar(length=total, label=label, file=sys.stderr))
        self._bar.update(done - self._bar.pos)
