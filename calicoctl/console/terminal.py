"""Properties of the terminal that a stream is connected to."""

from __future__ import annotations

import sys
from typing import TextIO


def is_terminal(*streams: TextIO | None) -> bool:
    """Whether all streams are terminals; a stream is None if the caller has closed it."""
    return all(stream is not None and stream.isatty() for stream in streams)


def terminal_width(stream: TextIO | None = None) -> int | None:
    """Return the number of columns of the terminal of a stream, by default stdout; None if it is not a terminal."""
    stream = stream or sys.stdout
    if stream is None or not is_terminal(stream):
        return None
    import os
    import shutil

    if os.environ.get("COLUMNS") or stream is sys.stdout:
        return shutil.get_terminal_size().columns
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None
