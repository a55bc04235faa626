"""The history as it is read: commands with their entries, and the changes since a revision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calicoctl.errors import NotFound
from calicoctl.kinds import kind_of_key
from calicoctl.operations.history.entry import HISTORY_RANGE, Author, LogEntry, LoggedChange, decode_log_entry
from calicoctl.printable import escape_unprintable
from calicoctl.storage import CorruptEntryError

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.read.query import Query


@dataclass(frozen=True)
class LoggedCommand:
    """A command of the history."""

    entries: tuple[LogEntry, ...]
    """Entries of its transactions, in the order of their revisions."""

    @property
    def revision(self) -> int:
        """Revision after the command."""
        return self.entries[-1].revision

    @property
    def first_revision(self) -> int:
        """Revision of the first transaction."""
        return self.entries[0].revision

    @property
    def time(self) -> str:
        """Time in UTC, such as 2026-01-31T12:00:00Z."""
        return self.entries[0].time

    @property
    def author(self) -> Author:
        """Author of the command."""
        return self.entries[0].author

    @property
    def verb(self) -> str:
        """The command, such as `set add`."""
        return self.entries[0].verb

    @property
    def is_first(self) -> bool:
        """Whether the history was empty before the command."""
        return self.entries[0].is_first

    @property
    def changes(self) -> tuple[LoggedChange, ...]:
        """Changes of all transactions."""
        return tuple(change for entry in self.entries for change in entry.changes)

    @property
    def summary(self) -> str:
        """Number of changes by action: `2 created, 1 deleted`."""
        counts = Counter(change.action for change in self.changes)
        return ", ".join(f"{count} {action}" for action, count in counts.items())

    def concerns(self, queries: Sequence[Query]) -> bool:
        """Whether the command changed a resource that a query matches."""
        return any(_matches(query, change) for query in queries for change in self.changes)


@dataclass(frozen=True)
class HistoryLog:
    """The history at one revision."""

    revision: int
    commands: tuple[LoggedCommand, ...]
    """Commands in the order of their revisions."""
    warnings: tuple[str, ...] = ()
    """Messages about unreadable entries."""

    def command_at(self, revision: int) -> LoggedCommand:
        """Return the command with a revision.

        Raises:
            NotFound: no command of the history has it.
        """
        for command in self.commands:
            if any(entry.revision == revision for entry in command.entries):
                return command
        raise NotFound(f"revision {revision} is not in the history (list it: calicoctl history)")

    def entries_since(self, revision: int) -> list[LogEntry]:
        """Return the entries after a revision, in the order of their revisions.

        Raises:
            NotFound: the revision is in the future, or older entries were deleted.
        """
        if revision > self.revision:
            raise NotFound(f"revision {revision} does not exist, the datastore is at revision {self.revision}")
        if not self.commands:
            raise NotFound("the history is empty")
        oldest = min(self.commands, key=lambda command: command.first_revision)
        if revision < oldest.first_revision and not oldest.is_first:
            begin = f"begins at revision {oldest.revision}"
            raise NotFound(f"revision {revision} is before the history, which {begin} (list it: calicoctl history)")
        entries = (entry for command in self.commands for entry in command.entries if entry.revision > revision)
        return sorted(entries, key=lambda entry: entry.revision)


def read_history(datastore: Datastore) -> HistoryLog:
    """Read the history. Unreadable entries are skipped with a warning."""
    snapshot = datastore.read([HISTORY_RANGE])
    entries: list[LogEntry] = []
    warnings: list[str] = []
    for each in snapshot.entries_by_range[0]:
        try:
            entries.append(decode_log_entry(each))
        except CorruptEntryError as error:
            warnings.append(f"{escape_unprintable(each.key)} {error}: skipped")
    return HistoryLog(snapshot.revision, tuple(_group(entries)), tuple(warnings))


def _group(entries: Iterable[LogEntry]) -> Iterator[LoggedCommand]:
    """Yield the commands of entries, in the order of their last revisions."""
    groups: dict[str, list[LogEntry]] = {}
    for entry in sorted(entries, key=lambda entry: entry.revision):
        groups.setdefault(entry.command_id, []).append(entry)
    commands = [LoggedCommand(tuple(group)) for group in groups.values()]
    yield from sorted(commands, key=lambda command: command.revision)


def _matches(query: Query, change: LoggedChange) -> bool:
    """Whether a change concerns a resource of a query: by v1 name, or by raw name in the store."""
    kind = query.kind
    if kind_of_key(change.key) is not kind or len(change.identifier.values) != len(kind.identifying_fields):
        return False
    values = dict(zip(kind.identifying_fields, change.identifier.values, strict=True))
    if kind.implied_fields(query.values).items() <= values.items():
        return True
    return query.values.get(kind.identifying_fields[-1]) == kind.stored_kind.key_suffix(change.key)
