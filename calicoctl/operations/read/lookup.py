"""Lookup of resources in the datastore: the keys to read, and the decoded entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from calicoctl import storage
from calicoctl.conversion.record import read_record
from calicoctl.conversion.stored import from_stored
from calicoctl.datastore import Changes, Entry, Range, Snapshot
from calicoctl.errors import NO_POSITION, Problem
from calicoctl.kinds import Kind, find_kind
from calicoctl.kinds.values import set_membership
from calicoctl.lazy_dataclass import dataclass
from calicoctl.printable import escape_unprintable
from calicoctl.resource import Identifier, LocatedResource, Resource
from calicoctl.schema.stored import read_stored, without_record
from calicoctl.storage import CorruptEntryError, StoredResource

MISSING_MESSAGE = "does not exist (use apply or create to create it)"

_MAX_KEYS_PER_KIND = 100
"""Number of resources of one kind from which reading all of the kind is faster than reading single keys."""


@dataclass(frozen=True)
class StoredEntry:
    """Decoded entry of the datastore.

    `stored` and `resource` are both None if the value is not a v3 object. `decode_error` has the reason.
    """

    kind: Kind
    entry: Entry
    stored: StoredResource | None
    resource: Resource | None = None
    """The v1 form of the object."""
    decode_error: str = ""

    @property
    def unreadable(self) -> str:
        """Key and reason if the object is unreadable, else empty."""
        return "" if self.resource else f"{escape_unprintable(self.entry.key)} {self.decode_error}"


def decode_entry(kind: Kind, entry: Entry) -> StoredEntry:
    """Decode an entry of a kind."""
    try:
        stored = read_stored(kind, entry.key, entry.value, entry.mod_revision)
    except CorruptEntryError as error:
        return StoredEntry(kind, entry, None, decode_error=str(error))
    try:
        resource = from_stored(kind, stored)
    except (AttributeError, KeyError, TypeError, ValueError):
        if storage.RECORD_ANNOTATION not in stored.annotations:
            raise
        # A user has edited the record, which has the right types, but lacks a field or has an impossible value.
        stored = without_record(stored)
        resource = from_stored(kind, stored)
    return StoredEntry(kind, entry, stored, _with_set(resource, stored))


def _with_set(resource: Resource, stored: StoredResource) -> Resource:
    name = set_membership.set_name(stored)
    return replace(resource, set_name=name) if name else resource


def _with_unique_identifiers(kind: Kind, entries: Sequence[StoredEntry]) -> list[StoredEntry]:
    """Return the objects of a kind. An object with the identifier of an earlier one has its stored name.

    Other tools can store two BGP peers with one address, or host endpoints `eth0` and `host1.eth0` of `host1`.
    """
    first_keys: dict[Identifier, str] = {}
    for each in entries:
        if each.resource:
            first_keys.setdefault(each.resource.identifier, each.entry.key)
    return [
        replace(each, resource=_with_set(kind.identify_by_stored_name(each.stored, each.resource), each.stored))
        if each.resource and each.stored and first_keys[each.resource.identifier] != each.entry.key
        else each
        for each in entries
    ]


def kind_of(identifier: Identifier) -> Kind:
    """Return the kind of an identifier."""
    kind = find_kind(identifier.kind)
    assert kind is not None  # noqa: S101 - identifiers are made by kinds
    return kind


def possible_keys(identifier: Identifier) -> tuple[str, ...]:
    """Return all keys that a resource may be stored under, the preferred one first."""
    kind = kind_of(identifier)
    return tuple(kind.stored_kind.key(segment) for segment in kind.key_segments(kind.stored_name(identifier)))


def raw_key(identifier: Identifier) -> str | None:
    """Return the key of the identifier as a raw name in the store, or None if it cannot be one."""
    name = identifier.values[-1]
    return None if "/" in name or len(identifier.values) > 1 else kind_of(identifier).stored_kind.key(name)


def problem_for(item: LocatedResource, message: str) -> Problem:
    """Return a problem of a resource, at its position in the manifest."""
    return Problem(item.position or NO_POSITION, str(item.identifier), "", message)


def ambiguous_message(entries: Sequence[StoredEntry]) -> str:
    """Return the message for a name that matches several objects."""
    keys = " and ".join(each.entry.key for each in entries)
    names = ", ".join(each.entry.key.rpartition("/")[2] for each in entries)
    return f"matches more than one object: {keys} (use the name in the store: {names})"


def require_single(
    item: LocatedResource, entries: Sequence[StoredEntry], missing_message: str = MISSING_MESSAGE
) -> StoredEntry | Problem:
    """Return the only entry, or the problem if there is none or more than one."""
    if len(entries) == 1:
        return entries[0]
    return problem_for(item, ambiguous_message(entries) if entries else missing_message)


def skipped_message(unreadable: str) -> str:
    """Return the warning about an unreadable object, given by its key and the reason."""
    return f"{unreadable}: skipped"


class StoreView:
    """Entries that were read at one revision, by key. Each is decoded on first use."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: Mapping[str, Entry] = {entry.key: entry for entry in entries}
        self._decoded: dict[str, StoredEntry] = {}
        self._content_indexes: dict[str, dict[Identifier, list[StoredEntry]]] = {}

    @classmethod
    def from_snapshot(cls, snapshot: Snapshot) -> StoreView:
        """Return a view of all entries of a snapshot."""
        return cls(entry for entries in snapshot.entries_by_range for entry in entries)

    def with_changes(self, changes: Changes) -> StoreView:
        """Return the view after changes. Unchanged entries stay decoded: they are the same objects."""
        entries = {key: entry for key, entry in self._entries.items() if key not in changes}
        view = StoreView((*entries.values(), *filter(None, changes.values())))
        view._decoded = {key: decoded for key, decoded in self._decoded.items() if key not in changes}
        return view

    def unreadable_entries(self) -> list[StoredEntry]:
        """Return the unreadable ones of the decoded objects."""
        return [each for each in self._decoded.values() if not each.resource]

    def entry(self, key: str) -> Entry | None:
        """Return the entry of a key."""
        return self._entries.get(key)

    def stored_entries(self, identifier: Identifier) -> list[StoredEntry]:
        """Return the objects that store a resource: more than one if both layouts of a policy are in use.

        v3 tools store names that v1 names are never converted to, such as `default.web`. Such an object stores the
        v1 resource of this name if it is shown under this name.
        """
        kind = kind_of(identifier)
        if kind.find_by_content and (matches := self._content_index(kind).get(identifier)):
            return matches
        keys = possible_keys(identifier)
        matches = [self._decode(kind, self._entries[key]) for key in keys if key in self._entries]
        matches = [match for match in matches if conflicting_owner(match, identifier) is None]
        key = raw_key(identifier)
        if key is not None and key not in keys and key in self._entries:
            match = self._decode(kind, self._entries[key])
            if match.resource and match.resource.identifier == identifier:
                matches.append(match)
        return matches

    def entries_of_kind(self, kind: Kind) -> list[StoredEntry]:
        """Return all objects of a kind. Of objects with the same identifier, only the first keeps it."""
        entries = [self._decode(kind, entry) for entry in self.entries_under(kind.stored_kind.prefix)]
        return _with_unique_identifiers(kind, entries) if kind.find_by_content else entries

    def entries_under(self, prefix: str) -> list[Entry]:
        """Return all entries whose key has a prefix."""
        return [entry for key, entry in self._entries.items() if key.startswith(prefix)]

    def _decode(self, kind: Kind, entry: Entry) -> StoredEntry:
        if entry.key not in self._decoded:
            self._decoded[entry.key] = decode_entry(kind, entry)
        return self._decoded[entry.key]

    def _content_index(self, kind: Kind) -> dict[Identifier, list[StoredEntry]]:
        if kind.name not in self._content_indexes:
            index: dict[Identifier, list[StoredEntry]] = {}
            for each in self.entries_of_kind(kind):
                if each.resource:
                    index.setdefault(each.resource.identifier, []).append(each)
            self._content_indexes[kind.name] = index
        return self._content_indexes[kind.name]

    def entries_named(self, identifier: Identifier) -> list[StoredEntry]:
        """Return the objects that a name on the command line matches: by v1 name, and by raw name in the store."""
        matches = self.stored_entries(identifier)
        key = raw_key(identifier)
        if key is not None and key in self._entries and all(match.entry.key != key for match in matches):
            matches.append(self._decode(kind_of(identifier), self._entries[key]))
        return matches

    def conflicting_owner(self, key: str, identifier: Identifier) -> str | None:
        """Return the name of another resource that is stored under a possible key of this one, or None."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        stored = self._decode(kind_of(identifier), entry)
        return (
            conflicting_owner(stored, identifier) if stored.resource else f"an object that is not a {stored.kind.name}"
        )


def conflicting_owner(entry: StoredEntry, identifier: Identifier) -> str | None:
    """Return the name of the resource that an entry stores if it is another one than `identifier`, else None.

    The recorded v1 name decides. Without a record the name that the entry is shown under decides.
    """
    if entry.stored is None or entry.resource is None or entry.resource.identifier == identifier:
        return None
    record = read_record(entry.stored)
    has_record = record is not None and record.describes(entry.kind, entry.stored)
    if not has_record and entry.kind.is_unique_name(identifier, entry.kind.stored_name(identifier)):
        return None
    return str(entry.resource.identifier)


def identifier_ranges(identifiers: Iterable[Identifier]) -> list[Range]:
    """Return the ranges to read to find resources by v1 name or by raw name in the store."""
    identifiers = list(identifiers)
    counts = Counter(identifier.kind for identifier in identifiers)
    ranges: dict[Range, None] = {}
    for identifier in identifiers:
        kind = kind_of(identifier)
        if kind.find_by_content or counts[identifier.kind] > _MAX_KEYS_PER_KIND:
            ranges[Range(kind.stored_kind.prefix, prefix=True)] = None
            continue
        keys = (*possible_keys(identifier), raw_key(identifier))
        ranges.update((Range(key), None) for key in keys if key)
    return list(ranges)
