"""Where and what is wrong: positions, problems, and the tree of errors.

::

    CalicoctlError                  exit code
      UsageProblem                  2   options or connection settings that are wrong
      InvalidManifest               3   a manifest that is invalid, empty or unreadable
      DatastoreUnreachable          4   no answer, TLS, authentication
      Conflict                      5   exists already, does not exist, changed meanwhile
      NotFound                      6   `get` of a name that is not there
      Timeout                       7   waited in vain
      Refused                       8   a guard refuses, or the datastore is locked
      Interrupted                 130   Ctrl-C, where there is more to say about it

They become text and an exit code in one place, `calicoctl.cli`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple


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

    exit_code: ClassVar[int] = 70

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

    exit_code = 2


class InvalidManifest(CalicoctlError):
    """A manifest that is invalid, empty or unreadable; nothing was written."""

    exit_code = 3

    def __init__(self, problems: Iterable[Problem], warnings: Iterable[Problem] = ()) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__(*self.problems)
        self.warnings = tuple(warnings)


class DatastoreUnreachable(CalicoctlError):
    """No endpoint answered, or TLS or authentication failed."""

    exit_code = 4


class Conflict(CalicoctlError):
    """A resource exists already, does not exist, or was changed meanwhile."""

    exit_code = 5


class NotFound(CalicoctlError):
    """A resource that was asked for by name is not there."""

    exit_code = 6


class Timeout(CalicoctlError):
    """What was waited for did not happen in time."""

    exit_code = 7


class Refused(CalicoctlError):
    """A guard refuses the operation, or the datastore is locked."""

    exit_code = 8


class Interrupted(CalicoctlError):
    """Ctrl-C came, and has been heeded; the lines say what that has led to."""

    exit_code = 130
