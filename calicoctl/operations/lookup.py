"""Resources in the datastore: the keys to read for them, and what was found there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from calicoctl.datastore import Changes, Entry, Range
from calicoctl.kinds import Kind, kind_named, record
from calicoctl.kinds.conversion import from_stored
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import CorruptEntryError, StoredResource, decode

_MANY = 100
"""Of so many resources of a kind, reading the kind as a whole takes less than looking for each key."""


@dataclass(frozen=True)
class Found:
    """An entry of the datastore; `stored` is None when its value is no v3 object, `fault` says why."""

    kind: Kind
    entry: Entry
    stored: StoredResource | None
    resource: Resource | None = None
    """The v1 resource that the entry holds."""
    fault: str = ""


def found(kind: Kind, entry: Entry) -> Found:
    """What an entry holds."""
    try:
        stored = decode(entry.key, entry.value, entry.revision)
    except CorruptEntryError as error:
        return Found(kind, entry, None, fault=str(error))
    try:
        return Found(kind, entry, stored, from_stored(kind, stored))
    except (AttributeError, KeyError, TypeError, ValueError):
        # Lists where mappings belong, and the like: no tool of Calico writes or reads that.
        return Found(kind, entry, None, fault=f"is no {kind.stored_as.kind}: a field has a value of the wrong type")


def kind_of(identifier: Identifier) -> Kind:
    """The kind of an identifier."""
    kind = kind_named(identifier.kind)
    assert kind is not None  # noqa: S101 - identifiers are made by kinds
    return kind


def keys_of(identifier: Identifier) -> tuple[str, ...]:
    """Every key that a resource may be stored under, the preferred one first."""
    kind = kind_of(identifier)
    return tuple(kind.stored_as.key(segment) for segment in kind.segments(kind.stored_name(identifier)))


def raw_key(identifier: Identifier) -> str | None:
    """The key of which the identifier is the very name in the store, or None when it can't be one."""
    name = identifier.values[-1]
    return None if "/" in name or len(identifier.values) > 1 else kind_of(identifier).stored_as.key(name)


class View:
    """Entries that were read at one revision, by key."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: Mapping[str, Entry] = {entry.key: entry for entry in entries}
        self._known: dict[str, Found] = {}
        self._scanned: dict[str, dict[Identifier, list[Found]]] = {}

    def after(self, changes: Changes) -> View:
        """The view after changes. What has not changed is the same Found as before, and not decoded again."""
        entries = {key: entry for key, entry in self._entries.items() if key not in changes}
        view = View((*entries.values(), *filter(None, changes.values())))
        view._known = {key: hit for key, hit in self._known.items() if key not in changes}
        return view

    def entry(self, key: str) -> Entry | None:
        """The entry under a key."""
        return self._entries.get(key)

    def stored(self, identifier: Identifier) -> list[Found]:
        """The objects that hold the resource; more than one where both layouts of a policy are in use.

        v3 tools store names that v1 names never become, such as `default.web`: that is the resource of this
        name if it is shown by it.
        """
        kind = kind_of(identifier)
        if kind.scanned and (hits := self._by_content(kind).get(identifier)):
            return hits
        keys = keys_of(identifier)
        hits = [self._found(kind, self._entries[key]) for key in keys if key in self._entries]
        hits = [hit for hit in hits if clashing_name(hit, identifier) is None]
        key = raw_key(identifier)
        if key is not None and key not in keys and key in self._entries:
            hit = self._found(kind, self._entries[key])
            if hit.resource and hit.resource.identifier == identifier:
                hits.append(hit)
        return hits

    def all_of(self, kind: Kind) -> list[Found]:
        """Every object of a kind that was read."""
        return [self._found(kind, entry) for entry in self.under(kind.stored_as.prefix)]

    def under(self, prefix: str) -> list[Entry]:
        """Every entry whose key begins with a prefix."""
        return [entry for key, entry in self._entries.items() if key.startswith(prefix)]

    def _found(self, kind: Kind, entry: Entry) -> Found:
        if entry.key not in self._known:
            self._known[entry.key] = found(kind, entry)
        return self._known[entry.key]

    def _by_content(self, kind: Kind) -> dict[Identifier, list[Found]]:
        if kind.name not in self._scanned:
            index: dict[Identifier, list[Found]] = {}
            for hit in self.all_of(kind):
                if hit.resource:
                    index.setdefault(hit.resource.identifier, []).append(hit)
            self._scanned[kind.name] = index
        return self._scanned[kind.name]

    def named(self, identifier: Identifier) -> list[Found]:
        """The objects that a name on the command line means: by its v1 name, and by its name in the store."""
        hits = self.stored(identifier)
        key = raw_key(identifier)
        if key is not None and key in self._entries and all(hit.entry.key != key for hit in hits):
            hits.append(self._found(kind_of(identifier), self._entries[key]))
        return hits

    def holder(self, key: str, identifier: Identifier) -> str | None:
        """The other resource that stands under a key which this one would be stored under."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        hit = self._found(kind_of(identifier), entry)
        return clashing_name(hit, identifier) if hit.resource else f"what is no {hit.kind.name}"


def clashing_name(hit: Found, identifier: Identifier) -> str | None:
    """The other resource that an object is, by the name on record, or else by the one that it is shown by."""
    if hit.stored is None or hit.resource is None or hit.resource.identifier == identifier:
        return None
    recorded = record.read(hit.stored)
    on_record = recorded is not None and record.belongs(recorded, hit.kind, hit.stored)
    if not on_record and hit.kind.unmistakable(identifier, hit.kind.stored_name(identifier)):
        return None
    return str(hit.resource.identifier)


def ranges_for(identifiers: Iterable[Identifier]) -> list[Range]:
    """What to read to find resources by name, be it in v1 or in the store."""
    identifiers = list(identifiers)
    counts = Counter(identifier.kind for identifier in identifiers)
    ranges: dict[Range, None] = {}
    for identifier in identifiers:
        kind = kind_of(identifier)
        if kind.scanned or counts[identifier.kind] > _MANY:
            ranges[Range(kind.stored_as.prefix, prefix=True)] = None
            continue
        keys = (*keys_of(identifier), raw_key(identifier))
        ranges.update((Range(key), None) for key in keys if key)
    return list(ranges)
