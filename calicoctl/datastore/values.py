"""Values of reads and transactions: ranges, entries, guards, writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from calicoctl.name_list import join_limited


class Range(NamedTuple):
    """A key to read, or all keys with this prefix. Results are sorted by key."""

    key: str
    prefix: bool = False
    limit: int = 0
    """Maximum number of entries; 0 for all."""
    keys_only: bool = False
    """Whether to omit the values (`b""`)."""


class Entry(NamedTuple):
    """A stored key with its value."""

    key: str
    value: bytes
    create_revision: int
    """Revision that created the key."""
    mod_revision: int
    """Revision of the last change: `mod_revision` in etcd, `resourceVersion` in Calico."""


class Snapshot(NamedTuple):
    """Result of a read at one revision."""

    revision: int
    entries_by_range: tuple[tuple[Entry, ...], ...]
    """Entries of each range, in the order of the request."""


class SnapshotReader(Protocol):
    """The datastore, or an earlier revision of it."""

    def read(self, ranges: Sequence[Range]) -> Snapshot:
        """Read keys and prefixes at one revision."""


Changes = Mapping[str, Entry | None]
"""Changed keys with their current entry; None for deleted keys."""


class Guard(NamedTuple):
    """Condition of a transaction: the last change of `key` was at `revision`; 0 if the key does not exist."""

    key: str
    revision: int
    prefix: bool = False
    """Whether the condition is: no key with this prefix was created or changed after `revision`. Ignores deletions."""


ANY_REVISION = -1
"""Revision of a write without a guard. Only keys that no other client changes are written without one."""


class Write(NamedTuple):
    """Write or deletion of a key, guarded by the revision at which it was read; 0 if it did not exist."""

    key: str
    value: bytes | None
    """New value; None to delete the key."""
    revision: int
    """Revision of the guard; `ANY_REVISION` for none."""
    prefix: bool = False
    """Whether to delete all keys with this prefix; only for deletions without a guard."""

    @property
    def is_guarded(self) -> bool:
        """Whether the write has a guard."""
        return self.revision != ANY_REVISION


class TransactionLog(Protocol):
    """Adds writes about a transaction to the transaction. They have no guards."""

    def reserved_bytes(self, write: Write) -> int:
        """Return the size to reserve in a transaction for the log of a write."""

    def complete(self, writes: Sequence[Write], max_operations: int) -> list[Write]:
        """Return the writes of a transaction with those of the log."""

    def drop_values(self) -> bool:
        """Make later writes of the log smaller, by omitting values. Return False if they omit them already."""


class CommitResult(NamedTuple):
    """Result of a successful transaction: the revision of all keys that it wrote."""

    revision: int


class FailedGuard(NamedTuple):
    """A guard that did not hold, with the current entry."""

    key: str
    expected_revision: int
    current_entry: Entry | None


class ServerStatus(NamedTuple):
    """Status of the connected server."""

    endpoint: str
    version: str
    """Version of etcd, such as 3.5.1."""
    revision: int
    db_size: int
    """Size of the database in bytes."""


class GuardsFailed(Exception):
    """Nothing was written because at least one guard did not hold."""

    def __init__(self, revision: int, failed_guards: tuple[FailedGuard, ...]) -> None:
        super().__init__(f"{len(failed_guards)} guards failed at revision {revision}")
        self.revision = revision
        self.failed_guards = failed_guards


class TransactionTooLarge(Exception):
    """Nothing was written: the transaction exceeds the limits of the server."""

    def __init__(self, operations: int, max_operations: int, size: int, max_size: int) -> None:
        super().__init__(f"{operations} operations of {max_operations}, {size} bytes of {max_size}")
        self.operations = operations
        """Length of the longest list of comparisons or operations, as etcd counts."""
        self.max_operations = max_operations
        self.size = size
        """Size of the request in bytes."""
        self.max_size = max_size


def summarize_keys(items: Sequence[Range | Write]) -> str:
    """Return the first key and the number of other keys, for messages."""
    return join_limited([item.key for item in items], 1) or "nothing"


def summarize_ranges(ranges: Sequence[Range]) -> str:
    """Return the range, or of several the number too, for messages: the error of one fails them all."""
    summary = summarize_keys(ranges)
    return summary if len(ranges) < 2 else f"at least one of {len(ranges)} key ranges ({summary})"
