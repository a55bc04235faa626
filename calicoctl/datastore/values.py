"""What is read from the datastore and written to it: ranges, entries, guards, writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Range(NamedTuple):
    """A key to read, or all keys that start with it. Results come sorted by key."""

    key: str
    prefix: bool = False
    limit: int = 0
    """The most entries wanted; 0 = all of them."""
    keys_only: bool = False
    """Leave the values out (`b""`)."""


class Entry(NamedTuple):
    """A key that is there."""

    key: str
    value: bytes
    create_revision: int
    """The revision that created it."""
    mod_revision: int
    """The revision that changed it last: etcd's mod_revision, Calico's resourceVersion."""


class Snapshot(NamedTuple):
    """What was found, all of it at one revision."""

    revision: int
    entries_by_range: tuple[tuple[Entry, ...], ...]
    """The entries of each range, in the order in which the ranges were asked for."""


Changes = Mapping[str, Entry | None]
"""Keys with what is there now; None where nothing is any more."""


class Guard(NamedTuple):
    """A condition of a transaction: `key` was last changed at `revision`; 0 = it is absent."""

    key: str
    revision: int
    prefix: bool = False
    """Instead: nothing that starts with `key` was created or changed after `revision`. Deletions go unseen."""


class Write(NamedTuple):
    """A change of one key, guarded by the revision at which it was read; 0 = it was absent."""

    key: str
    value: bytes | None
    """The new value; None deletes."""
    revision: int


class CommitResult(NamedTuple):
    """A transaction that was carried out. Every key that it put now has this revision."""

    revision: int


class FailedGuard(NamedTuple):
    """A condition that did not hold, and what was there instead."""

    key: str
    expected_revision: int
    current_entry: Entry | None


class ServerStatus(NamedTuple):
    """What the server in use says about itself."""

    endpoint: str
    version: str
    """The version of etcd, such as 3.5.1."""
    revision: int
    db_size: int
    """Of its database, in bytes."""


class GuardsFailed(Exception):
    """Nothing was written because at least one guard did not hold."""

    def __init__(self, revision: int, failed_guards: tuple[FailedGuard, ...]) -> None:
        super().__init__(f"{len(failed_guards)} guards failed at revision {revision}")
        self.revision = revision
        self.failed_guards = failed_guards


class TransactionTooLarge(Exception):
    """Nothing was sent, or the server refused: more than one transaction can hold."""

    def __init__(self, operations: int, max_operations: int, size: int, max_size: int) -> None:
        super().__init__(f"{operations} operations of {max_operations}, {size} bytes of {max_size}")
        self.operations = operations
        """As etcd counts: the longest of its lists of comparisons and operations."""
        self.max_operations = max_operations
        self.size = size
        """Of the request, in bytes."""
        self.max_size = max_size
