"""Resources that a command asks for: one by its identifier, or all with some identifying fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from calicoctl.datastore import Range
from calicoctl.kinds import Kind, kind_named
from calicoctl.operations.lookup import Found, View, ranges_for
from calicoctl.resource import Identifier


@dataclass(frozen=True)
class Query:
    """Resources of a kind by some of their identifying fields: none of these means all of the kind."""

    kind: Kind
    values: Mapping[str, str]

    @property
    def identifier(self) -> Identifier | None:
        """What names one resource, when all identifying fields are known."""
        values = self.kind.implied(self.values)
        if self.missing:
            return None
        return Identifier(self.kind.name, tuple(values[field] for field in self.kind.identified_by))

    @property
    def missing(self) -> list[str]:
        """The identifying fields that are not known."""
        values = self.kind.implied(self.values)
        return [field for field in self.kind.identified_by if field not in values]

    @property
    def names_one(self) -> bool:
        """Whether a name is given, so that finding nothing is a failure."""
        return self.kind.identified_by[-1] in self.values

    def ranges(self) -> list[Range]:
        """What to read."""
        if identifier := self.identifier:
            return ranges_for([identifier])
        return [Range(self.kind.stored_as.prefix, prefix=True)]

    def hits(self, view: View, *, raw: bool) -> list[Found]:
        """What of a view is asked for; with `raw` names of the store count as well."""
        if identifier := self.identifier:
            return view.named(identifier) if raw else view.stored(identifier)
        name = self.values.get(self.kind.identified_by[-1])
        return [hit for hit in view.all_of(self.kind) if self._covers(hit) or (raw and name and _place(hit) == name)]

    def _covers(self, hit: Found) -> bool:
        if hit.resource is None:
            return not self.values
        found = dict(zip(self.kind.identified_by, hit.resource.identifier.values, strict=True))
        return all(found[field] == value for field, value in self.kind.implied(self.values).items())

    def __str__(self) -> str:
        given = [self.values[field] for field in self.kind.identified_by if field in self.values]
        return "/".join((self.kind.name, *filter(None, given)))


def _place(hit: Found) -> str:
    return hit.kind.stored_as.place(hit.entry.key)


def query_for(identifier: Identifier) -> Query:
    """The query for one resource."""
    kind = kind_named(identifier.kind)
    assert kind is not None  # noqa: S101 - identifiers are made by kinds
    return Query(kind, dict(zip(kind.identified_by, identifier.values, strict=True)))


def kinds_of(queries: Iterable[Query]) -> tuple[Kind, ...]:
    """The kinds that are asked for, each once, in their order."""
    return tuple({query.kind.name: query.kind for query in queries}.values())
