"""Entries of the history: their keys and values.

A transaction that changes resources also writes an entry, under a key that no other transaction has. Its revision in
etcd is that of the changes. A command with several transactions has several entries, which share the first part of
their keys: `/calicoctl/history/COMMAND/PART-BYTES`. All keys of Calico begin with `/calico/`: no program of Calico
reads the history.
"""

from __future__ import annotations

import binascii
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from calicoctl.datastore import Entry, Range
from calicoctl.resource import Identifier
from calicoctl.storage import CorruptEntryError, check_key, decode_json, encode_json

HISTORY_PREFIX = "/calicoctl/history/"
HISTORY_RANGE = Range(HISTORY_PREFIX, prefix=True)
KEYS_RANGE = Range(HISTORY_PREFIX, prefix=True, keys_only=True)
"""Range of the keys: they contain the sizes of the values."""

_FORMAT_VERSION = 1
_COMPRESSION_LEVEL = 3
_MAX_DECOMPRESSED_BYTES = 2**26
"""Maximum size of the changes of an entry. A transaction with 128 values of 512 KiB has this size."""


class Author(NamedTuple):
    """Author of a command."""

    user: str
    host: str
    job: str = ""
    """URL of the CI job; empty outside of CI."""


class LoggedChange(NamedTuple):
    """Change of a key."""

    key: str
    identifier: Identifier
    action: str
    """Value of an `Action`."""
    before_revision: int
    """Revision of the previous value; 0 if there was none."""
    before: bytes | None
    """Previous value; None if there was none, or if it is omitted."""
    digest: str = ""
    """Digest of the new value; empty for a deletion."""

    @property
    def is_omitted(self) -> bool:
        """Whether the previous value did not fit in the transaction."""
        return self.before is None and self.before_revision > 0


class LogEntry(NamedTuple):
    """Changes of one transaction."""

    command_id: str
    """Identifier of the command; all its entries have it."""
    time: str
    """Time of the command in UTC, such as 2026-01-31T12:00:00Z."""
    author: Author
    verb: str
    """Command, such as `set add`."""
    changes: tuple[LoggedChange, ...]
    is_first: bool = False
    """Whether the history was empty before the command."""
    revision: int = 0
    """Revision of the changes; 0 for an entry that is not in etcd."""

    def encode(self) -> bytes:
        """Return the value of the entry."""
        rows = [_change_to_row(change) for change in self.changes]
        packed = zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), _COMPRESSION_LEVEL)
        author = self.author
        return encode_json(
            {
                "formatVersion": _FORMAT_VERSION,
                "time": self.time,
                "user": author.user,
                "host": author.host,
                "job": author.job,
                "command": self.verb,
                "first": self.is_first,
                "count": len(rows),
                "changes": binascii.b2a_base64(packed, newline=False).decode(),
            }
        )


def digest(value: bytes | None) -> str:
    """Return two checksums and the length of a value; empty for None. An import of hashlib would take 3 ms."""
    return "" if value is None else f"{zlib.crc32(value):08x}{zlib.adler32(value):08x}{len(value):x}"


def entry_key(command_id: str, part: int, size: int) -> str:
    """Return the key of a part of a command, whose value has `size` bytes."""
    return f"{HISTORY_PREFIX}{command_id}/{part:04}-{size}"


def is_history_key(key: str) -> bool:
    """Whether a key belongs to the history."""
    return key.startswith(HISTORY_PREFIX)


def command_id_of(key: str) -> str:
    """Return the identifier of the command that an entry belongs to."""
    return key.removeprefix(HISTORY_PREFIX).partition("/")[0]


def size_of(key: str) -> int:
    """Return the size of an entry in bytes, from its key; 0 for a key of another form."""
    digits = key.rpartition("-")[2]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def decode_log_entry(entry: Entry) -> LogEntry:
    """Return the content of an entry of the datastore.

    Raises:
        CorruptEntryError: the value was not written by calicoctl, or by a later version.
    """
    check_key(entry.key)
    document = decode_json(entry.value)
    if document.get("formatVersion") != _FORMAT_VERSION:
        raise CorruptEntryError("is not an entry of this version of calicoctl")
    try:
        packed = zlib.decompressobj()
        rows = json.loads(packed.decompress(binascii.a2b_base64(document["changes"]), _MAX_DECOMPRESSED_BYTES))
        changes = tuple(map(_change_from_row, rows))
        author = Author(*(str(document[name]) for name in ("user", "host", "job")))
        return LogEntry(
            command_id_of(entry.key),
            str(document["time"]),
            author,
            str(document["command"]),
            changes,
            document["first"] is True,
            entry.mod_revision,
        )
    except (KeyError, TypeError, ValueError, RecursionError, zlib.error) as error:
        raise CorruptEntryError(f"is damaged ({type(error).__name__})") from None


def _change_to_row(change: LoggedChange) -> Mapping[str, Any]:
    identifier = change.identifier
    row: dict[str, Any] = {
        "key": change.key,
        "kind": identifier.kind,
        "name": identifier.values,
        "action": change.action,
    }
    if change.digest:
        row["digest"] = change.digest
    if change.before_revision:
        row["revision"] = change.before_revision
    if change.before is not None:
        # Values and keys of other programs can be invalid UTF-8.
        row["before"] = change.before.decode("utf-8", "surrogateescape")
    return row


def _change_from_row(row: Mapping[str, Any]) -> LoggedChange:
    """Return a change; raise KeyError, TypeError or ValueError for a row of another form."""
    texts: Sequence[Any] = (
        *(row["key"], row["kind"], row["action"], *row["name"]),
        *(row.get("before", ""), row.get("digest", "")),
    )
    if not all(isinstance(text, str) for text in texts) or not isinstance(revision := row.get("revision", 0), int):
        raise TypeError
    before = row["before"].encode("utf-8", "surrogateescape") if "before" in row else None
    identifier = Identifier(row["kind"], tuple(row["name"]))
    return LoggedChange(row["key"], identifier, row["action"], revision, before, row.get("digest", ""))
