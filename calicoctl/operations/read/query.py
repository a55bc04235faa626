"""Queries of `get`: one resource by its identifier, or all with some identifying fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from calicoctl import storage
from calicoctl.datastore import Entry, Range
from calicoctl.kinds import Kind
from calicoctl.lazy_dataclass import dataclass
from calicoctl.operations.read.labels import PROFILE_RANGE
from calicoctl.operations.read.lookup import StoredEntry, StoreView, decode_entry, identifier_ranges, kind_of
from calicoctl.resource import Identifier
from calicoctl.selector import Selector

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


@dataclass(frozen=True)
class Query:
    """Resources of a kind with these values of identifying fields. No values match all of the kind."""

    kind: Kind
    values: Mapping[str, str]
    set_name: str | None = None
    """Set that the resources belong to; None for all resources."""

    @property
    def identifier(self) -> Identifier | None:
        """Identifier of the only match, or None if an identifying field is missing."""
        values = self.kind.implied_fields(self.values)
        if self.missing_fields:
            return None
        return Identifier(self.kind.name, tuple(values[field] for field in self.kind.identifying_fields))

    @property
    def missing_fields(self) -> list[str]:
        """Identifying fields without a value."""
        values = self.kind.implied_fields(self.values)
        return [field for field in self.kind.identifying_fields if field not in values]

    @property
    def has_name(self) -> bool:
        """Whether the query has a name. An empty result is an error then."""
        return self.kind.identifying_fields[-1] in self.values

    def ranges(self) -> list[Range]:
        """Return the ranges to read."""
        if identifier := self.identifier:
            return identifier_ranges([identifier])
        return kind_ranges([self.kind])

    def find_entries(self, view: StoreView, *, raw_names: bool) -> list[StoredEntry]:
        """Return the matching entries; with `raw_names` raw names in the store match as well."""
        entries = self._find_named(view, raw_names=raw_names)
        return [each for each in entries if each.resource is None or self.set_name in (None, each.resource.set_name)]

    def _find_named(self, view: StoreView, *, raw_names: bool) -> list[StoredEntry]:
        if identifier := self.identifier:
            return view.entries_named(identifier) if raw_names else view.stored_entries(identifier)
        name = self.values.get(self.kind.identifying_fields[-1])
        return [
            each
            for each in view.entries_of_kind(self.kind)
            if self._matches(each) or (raw_names and name and _raw_name(each) == name)
        ]

    def _matches(self, entry: StoredEntry) -> bool:
        if entry.resource is None:
            return not self.values
        values = dict(zip(self.kind.identifying_fields, entry.resource.identifier.values, strict=True))
        return all(values[field] == value for field, value in self.kind.implied_fields(self.values).items())

    def __str__(self) -> str:
        values = [self.values[field] for field in self.kind.identifying_fields if field in self.values]
        return "/".join((self.kind.name, *filter(None, values)))


def _raw_name(entry: StoredEntry) -> str:
    return entry.kind.stored_kind.key_suffix(entry.entry.key)


def query_for(identifier: Identifier) -> Query:
    """Return the query for one resource."""
    kind = kind_of(identifier)
    return Query(kind, dict(zip(kind.identifying_fields, identifier.values, strict=True)))


def kind_ranges(kinds: Iterable[Kind]) -> list[Range]:
    """Return the ranges of all resources of kinds."""
    return [Range(kind.stored_kind.prefix, prefix=True) for kind in kinds]


def query_ranges(queries: Sequence[Query], selector: Selector | None = None) -> list[Range]:
    """Return the ranges to read for queries and a selector."""
    ranges = dict.fromkeys(key_range for query in queries for key_range in query.ranges())
    return [*ranges, *([PROFILE_RANGE] if selector else [])]


def kinds_of(queries: Iterable[Query]) -> tuple[Kind, ...]:
    """Return the kinds of queries, each once, in their order."""
    return tuple({query.kind.name: query.kind for query in queries}.values())


def is_single(queries: Sequence[Query]) -> bool:
    """Whether the queries match one resource at most: there is one query, with all identifying fields."""
    return len(queries) == 1 and queries[0].identifier is not None


_RECORD_ANNOTATION = storage.RECORD_ANNOTATION.encode()


def read_identifiers(datastore: Datastore, kind: Kind, values: Mapping[str, str]) -> Iterator[Identifier]:
    """Read the identifiers of a kind's resources that have these identifying fields, in the order of their keys.

    Unreadable entries are skipped. Raises the exceptions of `Datastore.read`.
    """
    expected = kind.implied_fields(values).items()
    (entries,) = datastore.read(kind_ranges([kind])).entries_by_range
    for entry in entries:
        identifier = _identifier(kind, entry)
        if identifier and (
            not expected or expected <= dict(zip(kind.identifying_fields, identifier.values, strict=True)).items()
        ):
            yield identifier


def _identifier(kind: Kind, entry: Entry) -> Identifier | None:
    """Return the identifier of an entry, from its key if possible: decoding the value takes 0.1 ms."""
    if _RECORD_ANNOTATION not in entry.value and (
        name := kind.name_from_key(kind.stored_kind.key_suffix(entry.key), entry.value)
    ):
        return Identifier(kind.name, (name,))
    resource = decode_entry(kind, entry).resource
    return resource.identifier if resource else None
