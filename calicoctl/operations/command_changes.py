"""Changes of one command of the history, by resource: the values before and after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from calicoctl.datastore import Entry, Range, SnapshotReader
from calicoctl.errors import NotFound, Position
from calicoctl.kinds import Kind, kind_of_key
from calicoctl.operations.diff import ResourceDiff
from calicoctl.operations.history.entry import LoggedChange, digest
from calicoctl.operations.history.log import HistoryLog, LoggedCommand
from calicoctl.operations.read.lookup import decode_entry
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.resource import Resource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


def command_changes(
    datastore: Datastore, log: HistoryLog, command: LoggedCommand
) -> tuple[list[ResourceDiff], list[str]]:
    """Return the changes of a command by resource, and messages about changes that cannot be shown."""
    values = _later_values(datastore, log, command)
    diffs: list[ResourceDiff] = []
    messages: list[str] = []
    for change in command.changes:
        kind = kind_of_key(change.key)
        if kind is None:
            messages.append(f"{change.identifier} {change.action}: v1 cannot represent it")
        elif change.is_omitted or (change.digest and change.digest not in values):
            messages.append(f"{change.identifier} {change.action}: a value is not in the history or the datastore")
        else:
            diffs.append(_make_diff(kind, change, values.get(change.digest), command.revision))
    return diffs, messages


def _make_diff(kind: Kind, change: LoggedChange, after: bytes | None, revision: int) -> ResourceDiff:
    action = next((each for each in Action if each.value == change.action), Action.CONFIGURED)
    outcome = Outcome(change.identifier, action, Position(f"revision {revision}"), key=change.key)
    before_resource, after_resource = (_decode(kind, change.key, value) for value in (change.before, after))
    return ResourceDiff(outcome, before_resource, after_resource, change.before_revision, unchanged=False)


def _decode(kind: Kind, key: str, value: bytes | None) -> Resource | None:
    return None if value is None else decode_entry(kind, Entry(key, value, 0, 0)).resource


def _later_values(datastore: Datastore, log: HistoryLog, command: LoggedCommand) -> dict[str, bytes]:
    """Return the values after a command by digest: from later commands, the datastore, or its earlier revision."""
    wanted = {change.digest: change.key for change in command.changes if change.digest}
    found: dict[str, bytes] = {}

    def add(values: Iterable[bytes]) -> list[str]:
        """Add requested values, and return the keys of the missing ones."""
        found.update((name, value) for value in values if (name := digest(value)) in wanted)
        return [key for name, key in wanted.items() if name not in found]

    missing = add(_values_of_log(log))
    for revision in (0, command.revision):
        if missing:
            missing = add(_values_of_datastore(datastore, missing, revision))
    return found


def _values_of_log(log: HistoryLog) -> Iterator[bytes]:
    return (change.before for each in log.commands for change in each.changes if change.before is not None)


def _values_of_datastore(datastore: Datastore, keys: Sequence[str], revision: int) -> Iterator[bytes]:
    from calicoctl.datastore.past_revisions import PastRevision

    reader: SnapshotReader = PastRevision(datastore, revision) if revision else datastore
    try:
        snapshot = reader.read([Range(key) for key in keys])
    except NotFound:
        return iter(())  # compacted
    return (entry.value for entries in snapshot.entries_by_range for entry in entries)
