"""The resources that an analysis is about: of manifests, of the datastore, or of both as `apply` would merge them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.analysis.build import KINDS
from calicoctl.analysis.origin import InForce, Origin
from calicoctl.datastore import Changes, Entry, Range
from calicoctl.errors import Position
from calicoctl.kinds import Kind
from calicoctl.kinds.conversion import TooLargeError, from_stored, to_stored
from calicoctl.operations.endpoints import ENDPOINTS, Endpoints
from calicoctl.operations.enforced import TIERS, UNREAD, Enforcement, left_out
from calicoctl.operations.lookup import Found, View, found
from calicoctl.resource import Identifier, Located, Resource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

Locate = Callable[[tuple["str | int", ...]], Position]
"""Gives the place of a field in a manifest."""


@dataclass(frozen=True)
class Origins:
    """Resources, and what has to be said about them."""

    origins: tuple[Origin, ...]
    notes: tuple[str, ...] = ()


def of_manifests(located: Iterable[Located]) -> Origins:
    """The resources of manifests that were read with their places."""
    return Origins(tuple(Origin(item.resource, locate=item.locate) for item in located if item.resource))


def of_datastore(datastore: Datastore, located: Sequence[Located] = ()) -> Origins:
    """All resources of the datastore, with those of manifests in their place as `apply` would write them."""
    return _Stored(datastore).with_applied(located)


def before_and_after(
    datastore: Datastore, located: Sequence[Located], gone: Iterable[str] = ()
) -> tuple[Origins, Origins]:
    """All resources of the datastore at one revision, and the same with those of manifests in their place.

    What is under the keys of `gone` is there before only.
    """
    stored = _Stored(datastore)
    return stored.with_applied(()), stored.with_applied(located, gone)


class Changed(NamedTuple):
    """What a change makes of the resources of the datastore, as far as they can be read."""

    before: Sequence[Origin]
    after: Sequence[Origin]
    revisions: Mapping[str, int]
    """The revision of each key before."""


def of_change(datastore: Datastore, revision: int, changes: Changes, places: Mapping[Identifier, Locate]) -> Changed:
    """All resources at a revision, and after changes; those that stand in manifests as well know their places there."""
    stored = _Stored(datastore, revision)
    return stored.changed(changes, places)


class _Stored:
    """What is stored, read once, and each entry looked at once."""

    def __init__(self, datastore: Datastore, revision: int = 0) -> None:
        ranges = [Range(kind.stored_as.prefix, prefix=True) for kind in KINDS]
        unread = [Range(kind.prefix, prefix=True, keys_only=True) for kind in UNREAD]
        self._notes: list[str] = []
        """On what is being looked at."""
        self._endpoints = Endpoints(self._notes)
        self._known: dict[str, Origin | None] = {}
        self._said: dict[str, Sequence[str]] = {}
        everything = [*ranges, *unread, Range(TIERS.prefix, prefix=True)]
        *found, tiers = datastore.read(everything, self._begin, revision).found
        self._entries = [(kind, entry) for kind, entries in zip(KINDS, found, strict=False) for entry in entries]
        self._unread = [*zip(UNREAD, found[len(KINDS) :], strict=True)]
        self._enforcement = Enforcement(tiers, self._notes)

    def _begin(self) -> Callable[[int, Sequence[Entry]], None]:
        self._known.clear()
        self._said.clear()
        return self._take

    def _take(self, index: int, entries: Sequence[Entry]) -> None:
        """Look at endpoints, which are many, while more of them are on their way."""
        if index < len(KINDS) and KINDS[index] in ENDPOINTS:
            for entry in entries:
                self._origin(KINDS[index], entry)

    def with_applied(self, located: Sequence[Located], gone: Iterable[str] = ()) -> Origins:
        """All origins and notes, with resources of manifests in the place of those that they would change.

        What is under the keys of `gone` is left out.
        """
        notes = [note for kind, entries in self._unread for note in left_out(kind, entries)]
        origins: list[Origin] = []
        replaced: set[str] = set(gone)
        view = View(entry for _, entry in self._entries) if located else View(())
        for item in located:
            if item.resource and any(kind.name == item.identifier.kind for kind in KINDS):
                hits = view.stored(item.identifier)
                replaced.update(hit.entry.key for hit in hits)
                origins.append(self._applied(item.resource, item, hits))
                notes += self._notes
                self._notes.clear()
        for kind, entry in self._entries:
            if entry.key not in replaced and (origin := self._origin(kind, entry)):
                origins.append(origin)
        notes += (note for key, said in self._said.items() if key not in replaced for note in said)
        notes += self._enforcement.on_tiers(origins)
        return Origins(tuple(origins), tuple(notes))

    def changed(self, changes: Changes, places: Mapping[Identifier, Locate]) -> Changed:
        """All origins, and all as changes would leave them."""
        origins = {entry.key: origin for kind, entry in self._entries if (origin := self._origin(kind, entry))}
        kept = (origin for key, origin in origins.items() if key not in changes)
        written = [(kind, entry) for entry in changes.values() if entry and (kind := _kind_at(entry.key))]
        new = [*kept, *filter(None, (self._made(kind, entry) for kind, entry in written))]
        for origin in new:
            origin.locate = places.get(origin.identifier)
        return Changed([*origins.values()], new, {entry.key: entry.revision for _, entry in self._entries})

    def _origin(self, kind: Kind, entry: Entry) -> Origin | None:
        """The origin of an entry, if it can be read."""
        if entry.key not in self._known:
            self._known[entry.key] = self._made(kind, entry)
            if self._notes:
                self._said[entry.key] = tuple(self._notes)
                self._notes.clear()
        return self._known[entry.key]

    def _made(self, kind: Kind, entry: Entry) -> Origin | None:
        return self._endpoints.origin(kind, entry) if kind in ENDPOINTS else self._of_policy(kind, entry)

    def _of_policy(self, kind: Kind, entry: Entry) -> Origin | None:
        hit = found(kind, entry)
        if hit.resource is None or hit.stored is None:
            self._notes.append(f"{entry.key} {hit.fault}: left out")
            return None
        try:
            in_force = self._enforcement.of(hit.resource.identifier, hit.stored.spec)
        except (AttributeError, TypeError, ValueError) as error:
            self._notes.append(f"{hit.resource.identifier} is left out, as the agent does: {error}")
            return None
        return Origin(hit.resource, entry.key, in_force=in_force)

    def _applied(self, resource: Resource, item: Located, hits: Sequence[Found]) -> Origin:
        """A resource of a manifest as it would stand in the datastore: what v3 has of it besides stays."""
        new = Origin(resource, locate=item.locate, in_force=InForce(tier=self._enforcement.usual))
        hit = next((hit for hit in hits if hit.resource), None)
        if hit is None:
            return new
        try:
            stored = to_stored(hit.kind, resource, hit.entry.key, hit.stored).stored
        except TooLargeError:  # apply will say so
            return new
        resource = from_stored(hit.kind, stored)
        if hit.kind in ENDPOINTS:
            return Origin(resource, locate=item.locate, seen=self._endpoints.seen(hit.kind, stored))
        return Origin(resource, locate=item.locate, in_force=self._enforcement.of(resource.identifier, stored.spec))


def _kind_at(key: str) -> Kind | None:
    return next((kind for kind in KINDS if key.startswith(kind.stored_as.prefix)), None)
