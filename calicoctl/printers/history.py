"""Commands of the history, as tables and JSON."""

from __future__ import annotations

import calendar
import time
from collections.abc import Sequence
from typing import Any

from calicoctl.name_list import join_limited
from calicoctl.operations.history.log import LoggedCommand
from calicoctl.printable import MAX_CELL_LENGTH, align_columns, clip, escape_unprintable, join_lines
from calicoctl.printers import record

_MAX_RESOURCES = 5
"""Maximum number of resources in a cell."""
_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_MIN_NUMBER = 2
"""Number of a larger unit from which an age is in this unit, as in kubectl: 90 minutes, and then 2 hours."""


def format_text(commands: Sequence[LoggedCommand]) -> str:
    """Return a table of the commands, the oldest first."""
    now = time.time()
    rows = [(str(each.revision), _format_age(each, now), _author(each), each.verb, each.summary) for each in commands]
    return _format_table(("REVISION", "AGE", "AUTHOR", "COMMAND", "SUMMARY"), rows)


def format_wide(commands: Sequence[LoggedCommand]) -> str:
    """Return a table of the commands with all columns, the oldest first."""
    rows = [
        (
            *(str(each.revision), each.time, _user_at_host(each), each.author.job or "-", each.verb, each.summary),
            join_limited([change.identifier for change in each.changes], _MAX_RESOURCES),
        )
        for each in commands
    ]
    return _format_table(("REVISION", "TIME", "USER", "JOB", "COMMAND", "SUMMARY", "RESOURCES"), rows)


def format_json(commands: Sequence[LoggedCommand]) -> str:
    """Return a JSON list with an object for each command."""
    return record.format_json([_command_to_dict(command) for command in commands])


def format_heading(command: LoggedCommand) -> str:
    """Return a line about a command, as the heading of its changes."""
    parts = (f"revision {command.revision}", command.time, _author(command), f"{command.verb}: {command.summary}")
    return join_lines([clip(", ".join(parts))])


def _command_to_dict(command: LoggedCommand) -> dict[str, Any]:
    return {
        "revision": command.revision,
        "firstRevision": command.first_revision,
        "time": command.time,
        **command.author._asdict(),
        "command": command.verb,
        "summary": command.summary,
        "resources": [
            {
                "kind": change.identifier.kind,
                "name": change.identifier.name,
                "action": change.action,
                "key": change.key,
                "restorable": not change.is_omitted,
            }
            for change in command.changes
        ],
    }


def _author(command: LoggedCommand) -> str:
    """Return the CI job, or user@host outside of CI."""
    return command.author.job or _user_at_host(command)


def _user_at_host(command: LoggedCommand) -> str:
    return f"{command.author.user}@{command.author.host}"


def _format_age(command: LoggedCommand, now: float) -> str:
    """Return the age as kubectl prints it: `90s`, `5m`, `3h`, `2d`."""
    try:
        seconds = int(now - calendar.timegm(time.strptime(command.time, "%Y-%m-%dT%H:%M:%SZ")))
    except ValueError:
        return "<unknown>"
    unit, letter = next((each for each in _UNITS if seconds >= _MIN_NUMBER * each[0]), _UNITS[-1])
    return f"{max(seconds, 0) // unit}{letter}"


def _format_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = [[clip(escape_unprintable(cell), MAX_CELL_LENGTH) for cell in row] for row in rows]
    return join_lines(align_columns([headings, *cells]))
