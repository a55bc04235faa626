"""Resources that a command asks for: one by its identifier, or all with some identifying fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calicoctl import storage
from calicoctl.datastore import Entry, Range
from calicoctl.kinds import Kind, find_kind
from calicoctl.operations.read.lookup import StoredEntry, StoreView, decode_entry, identifier_ranges
from calicoctl.resource import Identifier

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


@dataclass(frozen=True)
class Query:
    """Resources of a kind by some of their identifying fields: none of these means all of the kind."""

    kind: Kind
    values: Mapping[str, str]

    @property
    def identifier(self) -> Identifier | None:
        """What names one resource, when all identifying fields are known."""
        values = self.kind.implied_fields(self.values)
        if self.missing_fields:
            return None
        return Identifier(self.kind.name, tuple(values[field] for field in self.kind.identifying_fields))

    @property
    def missing_fields(self) -> list[str]:
        """The identifying fields that are not known."""
        values = self.kind.implied_fields(self.values)
        return [field for field in self.kind.identifying_fields if field not in values]

    @property
    def has_name(self) -> bool:
        """Whether a name is given, so that finding nothing is a failure."""
        return self.kind.identifying_fields[-1] in self.values

    def ranges(self) -> list[Range]:
        """What to read."""
        if identifier := self.identifier:
            return identifier_ranges([identifier])
        return [Range(self.kind.stored_kind.prefix, prefix=True)]

    def find_entries(self, view: StoreView, *, raw_names: bool) -> list[StoredEntry]:
        """What of a view is asked for; with `raw_names` names of the store count as well."""
        if identifier := self.identifier:
            return view.entries_named(identifier) if raw_names else view.stored_entries(identifier)
        name = self.values.get(self.kind.identifying_fields[-1])
        return [
            hit
            for hit in view.entries_of_kind(self.kind)
            if self._matches(hit) or (raw_names and name and _name_in_store(hit) == name)
        ]

    def _matches(self, hit: StoredEntry) -> bool:
        if hit.resource is None:
            return not self.values
        values = dict(zip(self.kind.identifying_fields, hit.resource.identifier.values, strict=True))
        return all(values[field] == value for field, value in self.kind.implied_fields(self.values).items())

    def __str__(self) -> str:
        values = [self.values[field] for field in self.kind.identifying_fields if field in self.values]
        return "/".join((self.kind.name, *filter(None, values)))


def _name_in_store(hit: StoredEntry) -> str:
    return hit.kind.stored_kind.key_suffix(hit.entry.key)


def query_for(identifier: Identifier) -> Query:
    """The query for one resource."""
    kind = find_kind(identifier.kind)
    assert kind is not None  # noqa: S101 - identifiers are made by kinds
    return Query(kind, dict(zip(kind.identifying_fields, identifier.values, strict=True)))


def kinds_of(queries: Iterable[Query]) -> tuple[Kind, ...]:
    """The kinds that are asked for, each once, in their order."""
    return tuple({query.kind.name: query.kind for query in queries}.values())


_RECORD_ANNOTATION = storage.RECORD_ANNOTATION.encode()


def read_identifiers(datastore: Datastore, kind: Kind, values: Mapping[str, str]) -> Iterator[Identifier]:
    """The identifiers of a kind's resources that have these identifying fields, in the order of their keys.

    What can't be read is passed over where that shows. Raises what `Datastore.read` raises.
    """
    expected = kind.implied_fields(values).items()
    (entries,) = datastore.read([Range(kind.stored_kind.prefix, prefix=True)]).entries_by_range
    for entry in entries:
        identifier = _identifier(kind, entry)
        if identifier and (
            not expected or expected <= dict(zip(kind.identifying_fields, identifier.values, strict=True)).items()
        ):
            yield identifier


def _identifier(kind: Kind, entry: Entry) -> Identifier | None:
    """What names the resource of an entry, without decoding it where that can be helped: it takes 0.1 ms."""
    if _RECORD_ANNOTATION not in entry.value and (
        name := kind.name_from_key(kind.stored_kind.key_suffix(entry.key), entry.value)
    ):
        return Identifier(kind.name, (name,))
    resource = decode_entry(kind, entry).resource
    return resource.identifier if resource else None
