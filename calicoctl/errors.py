"""Positions, problems, exit codes and the tree of errors.

Errors become text and an exit code in one place, `calicoctl.cli`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, NamedTuple


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
    FINDINGS = 1, "differences (diff), denied traffic (trace), failed cases (test) or findings (lint)"
    USAGE = 2, "invalid usage or connection settings"
    INVALID_MANIFEST = 3, "invalid, empty or unreadable manifest"
    UNREACHABLE = 4, "datastore unreachable, or TLS or authentication failed"
    CONFLICT = 5, "conflict: the resource exists, does not exist, or was changed concurrently"
    NOT_FOUND = 6, "not found (get, etcd status)"
    TIMEOUT = 7, "timeout"
    REFUSED = 8, "refused: locked datastore, loss of data, or lockout"
    INTERNAL = 70, "internal error"
    INTERRUPTED = 130, "interrupted"


class Position(NamedTuple):
    """A place in a source. Lines and columns count from 1, columns in characters; stdin is `-`.

    Line 0 means the source as a whole, as when it can't be read. A source without a name is left out of messages: what
    was given as words on the command line stands nowhere.
    """

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


NO_POSITION = Position("")
"""The position of what no manifest says, such as a name on the command line."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, as a value that can be sorted and compared."""

    position: Position
    subject: str = ""
    """The resource as `kind/name`; empty when the problem lies outside any resource."""
    path: str = ""
    """The field, as in `spec.ingress[0].action`; empty for the resource itself."""
    message: str = ""
    """What is wrong and what to write instead: lower case, no full stop."""
    code: str = field(default="schema", compare=False)
    """What sort of problem it is; `calicoctl.findings` has what each code stands for."""

    def __str__(self) -> str:
        return ": ".join(filter(None, (str(self.position), self.subject, self.path, self.message)))


class CalicoctlError(Exception):
    """An error that the user can do something about; `messages` is what stderr shows, a line each."""

    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL

    def __init__(self, *messages: str | Problem) -> None:
        super().__init__("\n".join(map(str, messages)))
        self.messages: tuple[str | Problem, ...] = messages
        """A text that begins with two spaces adds to the cause before it."""
        self.warnings: tuple[Problem, ...] = ()
        """What is surprising besides; it has not led to the error."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The causes as text."""
        return tuple(map(str, self.messages))


class UsageError(CalicoctlError):
    """Options that contradict each other, or connection settings that are wrong."""

    exit_code = ExitCode.USAGE


class InvalidManifest(CalicoctlError):
    """A manifest that is invalid, empty or unreadable; nothing was written."""

    exit_code = ExitCode.INVALID_MANIFEST

    def __init__(self, problems: Iterable[Problem], warnings: Iterable[Problem] = ()) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__(*self.problems)
        self.warnings = tuple(warnings)


class DatastoreUnreachable(CalicoctlError):
    """No endpoint answered, or TLS or authentication failed."""

    exit_code = ExitCode.UNREACHABLE


class Conflict(CalicoctlError):
    """A resource exists already, does not exist, or was changed meanwhile."""

    exit_code = ExitCode.CONFLICT


class NotFound(CalicoctlError):
    """A resource that was asked for by name is not there."""

    exit_code = ExitCode.NOT_FOUND


class Timeout(CalicoctlError):
    """What was waited for did not happen in time."""

    exit_code = ExitCode.TIMEOUT


class Refused(CalicoctlError):
    """A guard refuses the operation, or the datastore is locked."""

    exit_code = ExitCode.REFUSED


class Interrupted(CalicoctlError):
    """Ctrl-C came, and has been heeded; the lines say what that has led to."""

    exit_code = ExitCode.INTERRUPTED
