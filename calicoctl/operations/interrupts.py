"""Ctrl-C while a command writes in several transactions: heeded between two of them, not in the midst of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def held() -> Iterator[Callable[[], bool]]:
    """Hold back Ctrl-C; the function that is given tells whether it came."""
    came = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # only that one may, and gets it
        yield came.is_set
        return
    before = signal.signal(signal.SIGINT, lambda _number, _frame: came.set())
    try:
        yield came.is_set
    finally:
        signal.signal(signal.SIGINT, before)
