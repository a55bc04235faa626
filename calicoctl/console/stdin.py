"""Reads of stdin, and of files that options name."""

from __future__ import annotations

import sys
from collections.abc import Callable

from calicoctl.bounded_read import read_argument
from calicoctl.console.messages import current_messages
from calicoctl.errors import CalicoctlError, UsageError, os_reason


def read_option_file(option: str, filename: str, unreadable: Callable[[str], CalicoctlError]) -> str:
    """Return the text of the file that an option names, or of stdin (`-`).

    Args:
        option: the option, for messages.
        filename: the file.
        unreadable: returns the error for the reason why the file cannot be read.

    Raises:
        UsageError: stdin is closed.
        CalicoctlError: that of `unreadable`.
    """
    if filename == "-":
        check_stdin(option)
    try:
        return read_argument(filename).decode()
    except OSError as error:
        raise unreadable(os_reason(error)) from None
    except UnicodeDecodeError:
        raise unreadable("is not UTF-8") from None


def check_stdin(option: str) -> None:
    """Check that stdin, which an option names, is open, and announce that it is read.

    Raises:
        UsageError: stdin is closed.
    """
    if not sys.stdin:
        raise UsageError(f"{option} -: stdin is closed")
    announce_stdin()


def announce_stdin() -> None:
    """Write to stderr that stdin is read, if it is a terminal: the command seems to hang otherwise."""
    if sys.stdin.isatty():
        current_messages().info("reading stdin (end it with Ctrl-D)")
