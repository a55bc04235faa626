"""Resources in the datastore: the keys to read for them, and what was found there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from calicoctl.conversion.record import read_record
from calicoctl.conversion.stored import from_stored
from calicoctl.datastore import Changes, Entry, Range
from calicoctl.kinds import Kind, find_kind
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import CorruptEntryError, StoredResource, decode

_MAX_KEYS_PER_KIND = 100
"""Of so many resources of a kind, reading the kind as a whole takes less than looking for each key."""


@dataclass(frozen=True)
class StoredEntry:
    """An entry of the datastore; `stored` is None when its value is no v3 object, `decode_error` says why."""

    kind: Kind
    entry: Entry
    stored: StoredResource | None
    resource: Resource | None = None
    """The v1 resource that the entry holds."""
    decode_error: str = ""


def decode_entry(kind: Kind, entry: Entry) -> StoredEntry:
    """What an entry holds."""
    try:
        stored = decode(entry.key, entry.value, entry.mod_revision)
    except CorruptEntryError as error:
        return StoredEntry(kind, entry, None, decode_error=str(error))
    try:
        return StoredEntry(kind, entry, stored, from_stored(kind, stored))
    except (AttributeError, KeyError, TypeError, ValueError):
        # Lists where mappings belong, and the like: no tool of Calico writes or reads that.
        return StoredEntry(
            kind, entry, None, decode_error=f"is no {kind.stored_kind.kind}: a field has a value of the wrong type"
        )


def kind_of(identifier: Identifier) -> Kind:
    """The kind of an identifier."""
    kind = find_kind(identifier.kind)
    assert kind is not None  # noqa: S101 - identifiers are made by kinds
    return kind


def possible_keys(identifier: Identifier) -> tuple[str, ...]:
    """Every key that a resource may be stored under, the preferred one first."""
    kind = kind_of(identifier)
    return tuple(kind.stored_kind.key(segment) for segment in kind.key_segments(kind.stored_name(identifier)))


def raw_key(identifier: Identifier) -> str | None:
    """The key of which the identifier is the very name in the store, or None when it can't be one."""
    name = identifier.values[-1]
    return None if "/" in name or len(identifier.values) > 1 else kind_of(identifier).stored_kind.key(name)


class StoreView:
    """Entries that were read at one revision, by key."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: Mapping[str, Entry] = {entry.key: entry for entry in entries}
        self._decoded: dict[str, StoredEntry] = {}
        self._content_indexes: dict[str, dict[Identifier, list[StoredEntry]]] = {}

    def with_changes(self, changes: Changes) -> StoreView:
        """The view after changes. What has not changed is the same Found as before, and not decoded again."""
        entries = {key: entry for key, entry in self._entries.items() if key not in changes}
        view = StoreView((*entries.values(), *filter(None, changes.values())))
        view._decoded = {key: hit for key, hit in self._decoded.items() if key not in changes}
        return view

    def entry(self, key: str) -> Entry | None:
        """The entry under a key."""
        return self._entries.get(key)

    def stored_entries(self, identifier: Identifier) -> list[StoredEntry]:
        """The objects that hold the resource; more than one where both layouts of a policy are in use.

        v3 tools store names that v1 names never become, such as `default.web`: that is the resource of this
        name if it is shown by it.
        """
        kind = kind_of(identifier)
        if kind.find_by_content and (hits := self._content_index(kind).get(identifier)):
            return hits
        keys = possible_keys(identifier)
        hits = [self._decode(kind, self._entries[key]) for key in keys if key in self._entries]
        hits = [hit for hit in hits if other_owner(hit, identifier) is None]
        key = raw_key(identifier)
        if key is not None and key not in keys and key in self._entries:
            hit = self._decode(kind, self._entries[key])
            if hit.resource and hit.resource.identifier == identifier:
                hits.append(hit)
        return hits

    def entries_of_kind(self, kind: Kind) -> list[StoredEntry]:
        """Every object of a kind that was read."""
        return [self._decode(kind, entry) for entry in self.entries_under(kind.stored_kind.prefix)]

    def entries_under(self, prefix: str) -> list[Entry]:
        """Every entry whose key begins with a prefix."""
        return [entry for key, entry in self._entries.items() if key.startswith(prefix)]

    def _decode(self, kind: Kind, entry: Entry) -> StoredEntry:
        if entry.key not in self._decoded:
            self._decoded[entry.key] = decode_entry(kind, entry)
        return self._decoded[entry.key]

    def _content_index(self, kind: Kind) -> dict[Identifier, list[StoredEntry]]:
        if kind.name not in self._content_indexes:
            index: dict[Identifier, list[StoredEntry]] = {}
            for hit in self.entries_of_kind(kind):
                if hit.resource:
                    index.setdefault(hit.resource.identifier, []).append(hit)
            self._content_indexes[kind.name] = index
        return self._content_indexes[kind.name]

    def entries_named(self, identifier: Identifier) -> list[StoredEntry]:
        """The objects that a name on the command line means: by its v1 name, and by its name in the store."""
        hits = self.stored_entries(identifier)
        key = raw_key(identifier)
        if key is not None and key in self._entries and all(hit.entry.key != key for hit in hits):
            hits.append(self._decode(kind_of(identifier), self._entries[key]))
        return hits

    def occupant(self, key: str, identifier: Identifier) -> str | None:
        """The other resource that stands under a key which this one would be stored under."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        hit = self._decode(kind_of(identifier), entry)
        return other_owner(hit, identifier) if hit.resource else f"what is no {hit.kind.name}"


def other_owner(hit: StoredEntry, identifier: Identifier) -> str | None:
    """The other resource that an object is, by the name on record, or else by the one that it is shown by."""
    if hit.stored is None or hit.resource is None or hit.resource.identifier == identifier:
        return None
    record = read_record(hit.stored)
    on_record = record is not None and record.is_about(hit.kind, hit.stored)
    if not on_record and hit.kind.is_unique_name(identifier, hit.kind.stored_name(identifier)):
        return None
    return str(hit.resource.identifier)


def identifier_ranges(identifiers: Iterable[Identifier]) -> list[Range]:
    """What to read to find resources by name, be it in v1 or in the store."""
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
