"""Deferred Ctrl-C: a write in several transactions is interrupted between two of them only."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def deferred_interrupt() -> Iterator[Callable[[], bool]]:
    """Defer SIGINT; the yielded function returns whether it was received."""
    received = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # only the main thread can set and receive signals
        yield received.is_set
        return
    previous_handler = signal.signal(signal.SIGINT, lambda _number, _frame: received.set())
    try:
        yield received.is_set
    finally:
        signal.signal(signal.SIGINT, previous_handler)
