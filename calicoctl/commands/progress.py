"""A progress bar for commands that take their time: on a terminal only, and after a second only."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

_PATIENCE = 1.0
"""Seconds that a command may take without a word."""


class Bar:
    """Shows progress on stderr; what it is told before the time, or off a terminal, it keeps to itself."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._shown = ExitStack()
        self._what = ""
        self._bar: ProgressBar[Any] | None = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shown.close()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that so many are done."""
        if not sys.stderr or not sys.stderr.isatty() or time.monotonic() - self._since < _PATIENCE:
            return
        if self._bar is None or what != self._what:
            self._shown.close()
            self._what = what
            self._bar = self._shown.enter_context(click.progressbar(length=total, label=what, file=sys.stderr))
        self._bar.update(done - self._bar.pos)
