"""Positions, problems, exit codes and the tree of errors.

Errors become text and an exit code in one place, `calicoctl.cli`.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable
from dataclasses import field
from enum import IntEnum
from typing import ClassVar, NamedTuple

from calicoctl.bounded_read import ReadError
from calicoctl.lazy_dataclass import dataclass
from calicoctl.printable import MAX_MESSAGE_LENGTH, clip, escape_unprintable
from calicoctl.signals import SIGNAL_MESSAGES


class ExitCode(IntEnum):
    """Exit codes of calicoctl, each with its meaning. Help, reference and manual pages are made from them."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> ExitCode:
        """Return a code with its meaning."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    DONE = 0, "success"
    FINDINGS = (
        1,
        "differences (diff, plan --detailed-exitcode), denied traffic (trace), failed cases (test) or findings (lint, "
        "doctor)",
    )
    USAGE = 2, "invalid usage or connection settings"
    INVALID_MANIFEST = 3, "invalid, empty or unreadable manifest"
    UNREACHABLE = 4, "datastore unreachable, or TLS or authentication failed"
    CONFLICT = 5, "conflict: the resource exists, does not exist, overlaps with another, or was changed concurrently"
    NOT_FOUND = 6, "not found (get, --at, label --list, rollback, set show, set remove --all, etcd status)"
    TIMEOUT = 7, "timeout"
    REFUSED = 8, "refused: locked datastore, loss of data, lockout, or no consent"
    OUTPUT_FAILED = 9, "output cannot be written, such as on a full disk; changes of the datastore are done"
    INTERNAL = 70, "internal error"
    HUNG_UP = 129, "terminated by SIGHUP"
    INTERRUPTED = 130, "interrupted"
    TERMINATED = 143, "terminated by SIGTERM"


class Position(NamedTuple):
    """Position in a source. Lines and columns count from 1, columns in characters; stdin is `-`.

    Line 0 is the source as a whole, for example an unreadable file. Messages omit a source without a name: the command
    line has no positions.
    """

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        source = escape_unprintable(self.source)
        return f"{source}:{self.line}:{self.column}" if self.line else source


NO_POSITION = Position("")
"""Position of a text that is not in a manifest, such as a name on the command line."""


@dataclass(frozen=True, order=True)
class Problem:
    """Problem with its position. Problems can be sorted and compared."""

    position: Position
    subject: str = ""
    """Resource as `kind/name`; empty if the problem does not belong to a resource."""
    path: str = ""
    """Path of the field, such as `spec.ingress[0].action`; empty for the resource itself."""
    message: str = ""
    """Problem and remedy; lower case, no full stop."""
    code: str = field(default="schema", compare=False)
    """Code of the type of problem; `calicoctl.findings` describes the codes."""

    def __post_init__(self) -> None:
        for name in ("subject", "path", "message"):
            if len(text := getattr(self, name)) > MAX_MESSAGE_LENGTH:
                object.__setattr__(self, name, clip(text))

    def __str__(self) -> str:
        return ": ".join(filter(None, (str(self.position), self.subject, self.path, self.message)))


class CalicoctlError(Exception):
    """Error that the user can fix; `messages` are the lines on stderr."""

    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL

    def __init__(self, *messages: str | Problem) -> None:
        super().__init__("\n".join(map(str, messages)))
        self.messages: tuple[str | Problem, ...] = messages
        """Messages; a text that begins with two spaces is a detail of the message before it."""
        self.warnings: tuple[Problem, ...] = ()
        """Warnings found before the error; they did not cause it."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Messages as text."""
        return tuple(map(str, self.messages))


def os_reason(error: OSError) -> str:
    """Return the reason of an error of the operating system: `no space left on device`."""
    reason = error.strerror or str(error)
    return reason if isinstance(error, ReadError) else reason.lower()


class UsageError(CalicoctlError):
    """Contradictory options, or invalid connection settings."""

    exit_code = ExitCode.USAGE


class InvalidManifest(CalicoctlError):
    """Invalid, empty or unreadable manifest; nothing was written."""

    exit_code = ExitCode.INVALID_MANIFEST

    def __init__(self, problems: Iterable[Problem], warnings: Iterable[Problem] = ()) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__(*self.problems)
        self.warnings = tuple(warnings)


class DatastoreUnreachable(CalicoctlError):
    """No endpoint responded, or TLS or authentication failed."""

    exit_code = ExitCode.UNREACHABLE


class RequestRejected(DatastoreUnreachable):
    """Request that etcd rejects, for example because the user lacks a permission or the space quota is exceeded."""


class PermissionDenied(RequestRejected):
    """Request that etcd rejects because the role of the user does not allow it. Nothing was written."""


class WriteResultUnknown(DatastoreUnreachable):
    """Write without an answer from etcd, which may execute it."""


class Conflict(CalicoctlError):
    """Resource that exists already, does not exist, overlaps with another one, or was changed concurrently."""

    exit_code = ExitCode.CONFLICT


class NotFound(CalicoctlError):
    """Name that does not exist."""

    exit_code = ExitCode.NOT_FOUND


class Timeout(CalicoctlError):
    """Timeout of `wait`."""

    exit_code = ExitCode.TIMEOUT


class Refused(CalicoctlError):
    """Operation that was refused by a check, or because the datastore is locked."""

    exit_code = ExitCode.REFUSED


class OutputFailed(CalicoctlError):
    """Result that cannot be written, to stdout or to a file. Changes of the datastore are done."""

    exit_code = ExitCode.OUTPUT_FAILED


class Interrupted(CalicoctlError):
    """Operation that was ended by Ctrl-C or another signal; the messages have the consequences."""

    exit_code = ExitCode.INTERRUPTED


class HungUp(Interrupted):
    """Operation that was ended by SIGHUP."""

    exit_code = ExitCode.HUNG_UP


class Terminated(Interrupted):
    """Operation that was ended by SIGTERM."""

    exit_code = ExitCode.TERMINATED


_SIGNAL_ERRORS = {signal.SIGINT: Interrupted, signal.SIGHUP: HungUp, signal.SIGTERM: Terminated}


def interruption(signal_number: int, *consequences: str) -> Interrupted:
    """Return the error of an operation that was ended by one of `SIGNAL_MESSAGES`."""
    return _SIGNAL_ERRORS[signal.Signals(signal_number)](SIGNAL_MESSAGES[signal_number], *consequences)
