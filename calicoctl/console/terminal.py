"""Properties of the terminal that a stream is connected to."""

from __future__ import annotations

import sys
from typing import TextIO


def is_terminal(*streams: TextIO | None) -> bool:
    """Whether all streams are terminals; a stream is None if the caller has closed it."""
    return all(stream is not None and stream.isatty() for stream in streams)


def terminal_width() -> int | None:
    """Return the number of columns of the terminal; None if stdout is not a terminal."""
    if not is_terminal(sys.stdout):
        return None
    import shutil

    return shutil.get_terminal_size().columns
