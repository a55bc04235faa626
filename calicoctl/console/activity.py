"""Elapsed time of work without a progress bar, on a terminal, if it takes longer than a second."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

from calicoctl.console.terminal import is_terminal

_DELAY_SECONDS = 1.0
"""Time before the line is shown, and between two updates, in seconds."""


class ActivityLine:
    """Last line of stderr with the work and the elapsed time. Other output erases it first."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown = ""

    def start(self, label: str) -> None:
        """Show the line after a second, until `stop`; never if stderr is not a terminal.

        A thread writes it. A process with threads cannot fork, so manifests must be read before.
        """
        if self._thread or not is_terminal(sys.stderr):
            return
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, args=(label, time.monotonic()), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Erase the line and end its updates."""
        if self._thread:
            self._stopped.set()
            self._thread.join()
            self._thread = None
            with self.hidden():
                pass

    @contextlib.contextmanager
    def hidden(self) -> Iterator[None]:
        """Erase the line, and do not write it during other output."""
        with self._lock:
            self._write(self.erasure())
            self._shown = ""
            yield

    def erasure(self) -> str:
        """Return the text that erases the line; empty if it is not shown."""
        return f"\r{' ' * len(self._shown)}\r" if self._shown else ""

    def _run(self, label: str, started: float) -> None:
        while not self._stopped.wait(_DELAY_SECONDS):
            with self._lock:
                text = f"{label} ({time.monotonic() - started:.0f} s)"
                self._write(f"\r{text}")
                self._shown = text

    def _write(self, text: str) -> None:
        if text:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write(text)
                sys.stderr.flush()


ACTIVITY = ActivityLine()
