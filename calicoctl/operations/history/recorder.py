"""Record of a command in the history: an entry in each of its transactions, and the deletion of old entries."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from calicoctl.conversion.stored_object import from_value
from calicoctl.datastore import ANY_REVISION, Entry, Range, Write
from calicoctl.kinds import kind_of_key
from calicoctl.lazy_dataclass import dataclass
from calicoctl.operations.history import entry as log_entry
from calicoctl.operations.history.entry import Author, LogEntry, LoggedChange
from calicoctl.operations.read.lookup import StoreView, decode_entry
from calicoctl.resource import Identifier
from calicoctl.storage import CorruptEntryError, new_timestamp

MAX_HISTORY_BYTES = 8 * 2**20
"""Maximum size of all entries. Older ones are deleted; those of the last command may exceed it."""
_MAX_PRUNED = 16
"""Maximum number of old commands that a transaction deletes from the history."""
_ROW_BYTES = 100
"""Estimated size of a change in an entry, without the previous value."""
_PACKED_SHARE = 2
"""Factor by which previous values are at least compressed, in general."""


@dataclass
class HistoryOptions:
    """Record of a command in the history."""

    author: Author
    verb: str
    """The command, such as `set add`."""
    limit: int
    """Maximum number of commands in the history."""
    is_permitted: bool = True
    """Whether the user has the permission for the history, as far as known."""


def history_ranges(options: HistoryOptions | None) -> tuple[Range, ...]:
    """Return the ranges to read before a command that is recorded."""
    return (log_entry.KEYS_RANGE,) if options and options.is_permitted else ()


class NamedAction(NamedTuple):
    """A resource, and what the command does with it."""

    identifier: Identifier
    action: str


class HistoryRecorder:
    """Adds entries of the history to transactions."""

    def __init__(
        self,
        options: HistoryOptions,
        keys: Sequence[Entry],
        view: StoreView,
        names: Mapping[str, NamedAction],
        recorded_keys: Collection[str],
    ) -> None:
        """Prepare the record of a command.

        Args:
            options: the author and the command.
            keys: the entries of `history_ranges`.
            view: the values before the command.
            names: the resources and actions by key, as far as known.
            recorded_keys: the keys to record. Initialisation of the datastore is not recorded.
        """
        self._options = options
        self._view = view
        self._names = names
        self._recorded_keys = recorded_keys
        self._is_first = not keys
        self._time = new_timestamp()
        compact_time = self._time.replace("-", "").replace(":", "")
        self._command_id = f"{compact_time}-{os.urandom(4).hex()}"
        self._parts = 0
        self._pruned = _commands_to_prune(keys, options.limit - 1)
        self.keeps_values = True
        """Whether entries have the previous values."""

    def reserved_bytes(self, write: Write) -> int:
        """Return the size to reserve in a transaction for the record of a write."""
        entry = self._view.entry(write.key)
        return _ROW_BYTES + (len(entry.value) // _PACKED_SHARE if entry and self.keeps_values else 0)

    def complete(self, writes: Sequence[Write], max_operations: int) -> list[Write]:
        """Return writes with an entry about them, and with deletions of old entries, if there is room for these."""
        from calicoctl.datastore.transaction import MAX_REQUEST_BYTES, estimate_size  # imports etcd3

        recorded = [write for write in writes if write.key in self._recorded_keys]
        if not recorded:
            return list(writes)
        value = self._encode(recorded, with_values=self.keeps_values)
        if estimate_size(writes) + estimate_size([Write("", value, 0)]) > MAX_REQUEST_BYTES:
            value = self._encode(recorded, with_values=False)
        key = log_entry.entry_key(self._command_id, self._parts, len(value))
        self._parts += 1
        pruned = self._pruned[: max(0, min(_MAX_PRUNED, max_operations - len(writes) - 1))]
        deletions = (Write(f"{log_entry.HISTORY_PREFIX}{each}/", None, ANY_REVISION, prefix=True) for each in pruned)
        return [*writes, Write(key, value, ANY_REVISION), *deletions]

    def drop_values(self) -> bool:
        """Omit previous values from later entries. Return False if they omit them already."""
        kept_values, self.keeps_values = self.keeps_values, False
        return kept_values

    def _encode(self, writes: Sequence[Write], *, with_values: bool) -> bytes:
        changes = tuple(self._change(write, with_value=with_values) for write in writes)
        entry = LogEntry(
            self._command_id, self._time, self._options.author, self._options.verb, changes, self._is_first
        )
        return entry.encode()

    def _change(self, write: Write, *, with_value: bool) -> LoggedChange:
        before = self._view.entry(write.key)
        identifier, action = self._names.get(write.key) or _describe(write, before)
        revision, value = (before.mod_revision, before.value) if before else (0, None)
        digest = log_entry.digest(write.value)
        return LoggedChange(write.key, identifier, action, revision, value if with_value else None, digest)


def _describe(write: Write, before: Entry | None) -> NamedAction:
    """Return the name and the action of a write that the report of the command does not contain."""
    value = write.value if write.value is not None else before.value if before else b""
    action = "deleted" if write.value is None else "configured" if before else "created"
    return NamedAction(_identify(write.key, value), action)


def _identify(key: str, value: bytes) -> Identifier:
    if (kind := kind_of_key(key)) and (resource := decode_entry(kind, Entry(key, value, 0, 0)).resource):
        return resource.identifier
    try:
        return from_value(key, value).identifier
    except CorruptEntryError:
        return Identifier("key", (key,))


def _commands_to_prune(keys: Sequence[Entry], limit: int) -> list[str]:
    """Return the oldest commands above the limit of their number, or of the size of the history; the oldest first."""
    revisions: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for entry in keys:
        command_id = log_entry.command_id_of(entry.key)
        revisions[command_id] = max(entry.mod_revision, revisions.get(command_id, 0))
        sizes[command_id] = sizes.get(command_id, 0) + log_entry.size_of(entry.key)
    size = 0
    excess: list[str] = []
    for number, command_id in enumerate(sorted(revisions, key=revisions.__getitem__, reverse=True)):
        size += sizes[command_id]
        if number >= limit or size > MAX_HISTORY_BYTES:
            excess.append(command_id)
    return excess[::-1]
