"""Writes text to stdout and stderr. All output passes here: escaped, clipped, colored and encoded."""

from __future__ import annotations

import sys
from typing import TextIO

from calicoctl.console.activity import ACTIVITY
from calicoctl.console.colors import render_colors
from calicoctl.errors import OutputFailed, os_reason
from calicoctl.printable import clip, clip_lines, escape_controls, escape_unprintable


def write_result(text: str, *, machine: bool, color: bool | None = None) -> None:
    """Write a result to stdout.

    Args:
        text: lines of text.
        machine: whether the text is in a format for programs. It is written as UTF-8, and as it is unless stdout is a
            terminal. Other text has the encoding of stdout: a character that it lacks is escaped.
        color: whether to write colors; None for a terminal only.

    Raises:
        BrokenPipeError: the reader has closed stdout.
        OutputFailed: stdout cannot be written, such as on a full disk, or the caller has closed it.
    """
    ACTIVITY.stop()
    if not text:
        return
    if (stream := sys.stdout) is None:  # an error as in coreutils: the result would be lost silently
        raise OutputFailed("cannot write the output: stdout is closed (redirect it to /dev/null to discard the output)")
    if not machine:
        text = clip_lines(escape_controls(text))
    elif stream.isatty():
        text = escape_controls(text)
    try:
        _write(stream, render_colors(text, color=_is_colored(stream, color)), "utf-8" if machine else None)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputFailed(f"cannot write the output: {os_reason(error)}") from error


def write_message(text: str, color: bool | None = None) -> None:
    """Write a line to stderr; nothing if the caller has closed it.

    Raises:
        OSError: stderr cannot be written.
    """
    if (stream := sys.stderr) is not None:
        with ACTIVITY.hidden():
            _write(stream, render_colors(text + "\n", color=_is_colored(stream, color)), None)


def message_line(text: str) -> str:
    """Return the text of a message in one line, escaped and clipped."""
    return clip(escape_unprintable(clip(text)))


def _is_colored(stream: TextIO, color: bool | None) -> bool:
    return stream.isatty() if color is None else color


def _write(stream: TextIO, text: str, encoding: str | None) -> None:
    buffer = getattr(stream, "buffer", None)
    if buffer is None:  # replaced by a program that uses calicoctl as a library
        stream.write(text)
    else:
        stream.flush()
        buffer.write(text.encode(encoding or stream.encoding or "utf-8", "backslashreplace"))
        buffer.flush()
