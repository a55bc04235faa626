"""Signals that end calicoctl: SIGINT (Ctrl-C), SIGTERM and SIGHUP. They end it alike, with exit code 128 + number.

By default a signal ends the process immediately, with a message and without an exception, since an exception can occur
anywhere: in an import, where it becomes a traceback, or in a destructor, where Python drops it. Code that has to clean
up runs in `raised_signals`, a write in `deferred_signals`. The second signal always ends the process immediately.

A signal that is ignored at the start stays ignored: SIGHUP with nohup, SIGINT in a background job of sh.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

SIGNAL_MESSAGES: dict[int, str] = {
    signal.SIGHUP: "terminated by SIGHUP",
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "terminated by SIGTERM",
}
"""Handled signals, each with its message."""

SIGNAL_EXIT_BASE = 128
"""Exit code of a process that a signal has ended, less the number of the signal: the convention of shells."""

SignalHandler = Callable[[int, FrameType | None], object]


class SignalReceived(KeyboardInterrupt):
    """Exception of `raised_signals`."""

    def __init__(self, number: int) -> None:
        super().__init__(SIGNAL_MESSAGES[number])
        self.number = number


class ExitNotice:
    """Text on stderr when a signal ends the process immediately."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Return to plain text without consequences."""
        self.consequences: Callable[[], Sequence[str]] = tuple
        """Returns the consequences for the datastore; each begins with two spaces."""
        self.format: Callable[[int], str] = self._format_plain
        """Returns the text for a signal, in the format of the command."""

    def silence(self) -> None:
        """Print nothing for a further signal: the first one was reported."""
        self.format = lambda _number: ""

    def _format_plain(self, number: int) -> str:
        return "".join(f"{line}\n" for line in (SIGNAL_MESSAGES[number], *self.consequences()))

    def text(self, number: int) -> str:
        """Return the text for a signal; plain text if the signal interrupts the import of a required module."""
        with suppress(Exception):
            return self.format(number)
        return self._format_plain(number)


EXIT_NOTICE = ExitNotice()


def exit_immediately(number: int, _frame: FrameType | None = None) -> NoReturn:
    """Write the notice and end the process, without the cleanup of the interpreter."""
    # Not sys.stderr: the signal can interrupt a write to it.
    with suppress(OSError):
        os.write(2, EXIT_NOTICE.text(number).encode(errors="replace"))
    os._exit(SIGNAL_EXIT_BASE + number)


def install_handlers() -> None:
    """Let each signal end the process immediately. Signals that are ignored stay ignored."""
    for number in SIGNAL_MESSAGES:
        _set_handler(number, exit_immediately)


class ReceivedSignal:
    """The first signal of `deferred_signals`."""

    number = 0
    """Number of the signal; 0 if none was received."""

    def __bool__(self) -> bool:
        return bool(self.number)

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Record the first signal. The second one ends the process immediately."""
        if self.number:
            exit_immediately(number)
        self.number = number


@contextmanager
def deferred_signals() -> Iterator[ReceivedSignal]:
    """Defer signals. The code in the context, or after it, checks the yielded object."""
    received = ReceivedSignal()
    with signal_handler(received.handle):
        yield received


@contextmanager
def raised_signals() -> Iterator[None]:
    """Raise `SignalReceived` for the first signal, for code that has to clean up."""

    def handle(number: int, _frame: FrameType | None) -> NoReturn:
        install_handlers()
        raise SignalReceived(number)

    with signal_handler(handle):
        yield


@contextmanager
def signal_handler(handler: SignalHandler, numbers: Sequence[int] = tuple(SIGNAL_MESSAGES)) -> Iterator[None]:
    """Handle signals by a function. Does nothing in other threads than the main thread: these receive no signals."""
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.getsignal(number) for number in numbers}
    try:
        for number in numbers:
            _set_handler(number, handler)
        yield
    finally:
        for number, previous_handler in previous.items():
            _set_handler(number, previous_handler)


def restore_default_handlers() -> None:
    """Let the signals end this process silently, for a child process whose parent reports them."""
    for number in SIGNAL_MESSAGES:
        _set_handler(number, signal.SIG_DFL)


def _set_handler(number: int, handler: SignalHandler | int | None) -> None:
    """Set a handler, unless the signal is ignored, or its handler is from C and cannot be restored."""
    if handler is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
        signal.signal(number, handler)
