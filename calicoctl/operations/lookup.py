"""Resources in the datastore: the keys to read for them, and what was found there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from calicoctl.datastore import Entry, Range
from calicoctl.kinds import Kind, kind_named, record
from calicoctl.kinds.conversion import from_stored
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import CorruptEntryError, StoredResource, decode


@dataclass(frozen=True)
class Found:
    """An entry of the datastore; `stored` is None when its value is no v3 object, `fault` says why."""

    kind: Kind
    entry: Entry
    stored: StoredResource | None
    fault: str = ""

    @property
    def resource(self) -> Resource | None:
        """The v1 resource that the entry holds."""
        return from_stored(self.kind, self.stored) if self.stored else None


def found(kind: Kind, entry: Entry) -> Found:
    """What an entry holds."""
    try:
        return Found(kind, entry, decode(entry.key, entry.value, entry.revision))
    except CorruptEntryError as error:
        return Found(kind, entry, None, str(error))


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

    def entry(self, key: str) -> Entry | None:
        """The entry under a key."""
        return self._entries.get(key)

    def stored(self, identifier: Identifier) -> list[Found]:
        """The objects that hold the resource; more than one where both layouts of a policy are in use."""
        kind = kind_of(identifier)
        return [found(kind, self._entries[key]) for key in keys_of(identifier) if key in self._entries]

    def named(self, identifier: Identifier) -> list[Found]:
        """The objects that a name on the command line means: by its v1 name, and by its name in the store."""
        hits = [hit for hit in self.stored(identifier) if _has_name(hit, identifier)]
        key = raw_key(identifier)
        if key is not None and key in self._entries and all(hit.entry.key != key for hit in hits):
            hits.append(found(kind_of(identifier), self._entries[key]))
        return hits


def _has_name(hit: Found, identifier: Identifier) -> bool:
    """Whether an object goes by this name: its key follows from it, and no other name is on record."""
    return clashing_name(hit, identifier) is None


def clashing_name(hit: Found, identifier: Identifier) -> str | None:
    """The other v1 name that an object was stored by, when that is on record."""
    if hit.stored is None:
        return None
    recorded = record.read(hit.stored)
    if recorded is None or not record.belongs(recorded, hit.kind, hit.stored):
        return None
    name = hit.kind.identifier(recorded.metadata)
    return None if name == identifier else str(name)


def ranges_for(identifiers: Iterable[Identifier], *, raw: bool) -> list[Range]:
    """What to read to find resources by name; with `raw` also by their very names in the store."""
    keys: dict[str, None] = {}
    for identifier in identifiers:
        keys.update(dict.fromkeys(keys_of(identifier)))
        if raw and (key := raw_key(identifier)):
            keys[key] = None
    return [Range(key) for key in keys]
