"""Ctrl-C while a command writes in several transactions: heeded between two of them, not in the midst of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def deferred_interrupt() -> Iterator[Callable[[], bool]]:
    """Hold back Ctrl-C; the function that is given tells whether it came."""
    received = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # only that one may, and gets it
        yield received.is_set
        return
    previous_handler = signal.signal(signal.SIGINT, lambda _number, _frame: received.set())
    try:
        yield received.is_set
    finally:
        signal.signal(signal.SIGINT, previous_handler)
