"""Reads of stdin."""

from __future__ import annotations

import sys

from calicoctl.console.messages import current_messages


def announce_stdin() -> None:
    """Write to stderr that stdin is read, if it is a terminal: the command seems to hang otherwise."""
    if sys.stdin.isatty():
        current_messages().info("reading stdin (end it with Ctrl-D)")
