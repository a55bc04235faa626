"""Commands that keep running (get --watch, wait), as processes whose output is read meanwhile."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

TIMEOUT_SECONDS = 30.0


class RunningCommand:
    """A running calicoctl, and the lines that it has printed so far."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "calicoctl", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self.errors: list[str] = []
        assert self.process.stdout
        assert self.process.stderr
        sources = ((self.process.stdout, self.lines), (self.process.stderr, self.errors))
        self._readers = [threading.Thread(target=self._read, args=pair) for pair in sources]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(source: IO[str], lines: list[str]) -> None:
        with source:
            lines.extend(map(str.rstrip, source))

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"not reached: {self.lines}, {self.errors}"
            time.sleep(0.01)

    def expect_lines(self, *lines: str) -> None:
        """Wait until these are all lines of stdout, with one space for several."""
        self.wait_until(lambda: len(self.lines) >= len(lines))
        assert [" ".join(line.split()) for line in self.lines] == list(lines)

    def wait_for_exit(self) -> int:
        """The exit code, when it ends by itself and all that it says has been read."""
        code = self.process.wait(TIMEOUT_SECONDS)
        for reader in self._readers:
            reader.join(TIMEOUT_SECONDS)
        return code

    def kill(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.wait_for_exit()


@contextmanager
def running_command(*arguments: str) -> Iterator[RunningCommand]:
    """Run calicoctl with arguments, until the end of the block at the latest."""
    running = RunningCommand(*arguments)
    try:
        yield running
    finally:
        running.kill()
