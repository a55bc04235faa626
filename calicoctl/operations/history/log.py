"""The history as it is read: commands with their entries, and the changes since a revision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.errors import NotFound, Refused
from calicoctl.kinds import kind_of_key
from calicoctl.operations.history.entry import (
    HISTORY_RANGE,
    Author,
    LogEntry,
    LoggedChange,
    command_id_of,
    decode_log_entry,
)
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


class UnreadableEntry(NamedTuple):
    """Entry that is damaged, or that a later version wrote."""

    key: str
    revision: int
    """Revision of its changes."""
    reason: str
    """Reason, which follows the key in messages."""

    def __str__(self) -> str:
        return f"{escape_unprintable(self.key)} {self.reason}"

    @property
    def consequence(self) -> str:
        """Message that its changes can't be undone, with the remedy."""
        remedy = "use the version of calicoctl that wrote it, or delete the key with etcdctl to keep its changes"
        return f"{self}: revision {self.revision} can't be undone ({remedy})"


@dataclass(frozen=True)
class HistoryLog:
    """The history at one revision."""

    revision: int
    commands: tuple[LoggedCommand, ...]
    """Commands in the order of their revisions."""
    unreadable: tuple[UnreadableEntry, ...] = ()
    """Entries that are not in `commands`."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Messages about unreadable entries."""
        return tuple(f"{each}: skipped" for each in self.unreadable)

    def last_command(self) -> LoggedCommand:
        """Return the newest command.

        Raises:
            NotFound: the history is empty.
            Refused: an entry of it, or a newer entry, is unreadable.
        """
        if not self.commands:
            self._refuse_unreadable(self.unreadable)
            raise NotFound("the history is empty")
        last = self.commands[-1]
        command_id = last.entries[0].command_id
        self._refuse_unreadable(
            each for each in self.unreadable if each.revision > last.revision or command_id_of(each.key) == command_id
        )
        return last

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
            Refused: an entry after the revision is unreadable.
        """
        if revision > self.revision:
            raise NotFound(f"revision {revision} does not exist, the datastore is at revision {self.revision}")
        self._refuse_unreadable(each for each in self.unreadable if each.revision > revision)
        if not self.commands:
            raise NotFound("the history is empty")
        oldest = min(self.commands, key=lambda command: command.first_revision)
        if revision < oldest.first_revision and not oldest.is_first:
            begin = f"begins at revision {oldest.revision}"
            raise NotFound(f"revision {revision} is before the history, which {begin} (list it: calicoctl history)")
        entries = (entry for command in self.commands for entry in command.entries if entry.revision > revision)
        return sorted(entries, key=lambda entry: entry.revision)

    def _refuse_unreadable(self, entries: Iterable[UnreadableEntry]) -> None:
        """Raise Refused if there are entries whose changes would not be undone."""
        if messages := [each.consequence for each in entries]:
            raise Refused(*messages)


def read_history(datastore: Datastore) -> HistoryLog:
    """Read the history, also its unreadable entries."""
    snapshot = datastore.read([HISTORY_RANGE])
    entries: list[LogEntry] = []
    unreadable: list[UnreadableEntry] = []
    for each in snapshot.entries_by_range[0]:
        try:
            entries.append(decode_log_entry(each))
        except CorruptEntryError as error:
            unreadable.append(UnreadableEntry(each.key, each.mod_revision, str(error)))
    return HistoryLog(snapshot.revision, tuple(_group(entries)), tuple(unreadable))


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
