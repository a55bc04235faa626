"""The resources that an analysis is about: of manifests, of the datastore, or of both as `apply` would merge them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calicoctl.analysis.build import KINDS
from calicoctl.analysis.model import Origin
from calicoctl.datastore import Entry, Range
from calicoctl.kinds import Kind
from calicoctl.kinds.conversion import TooLargeError, from_stored, to_stored
from calicoctl.operations.endpoints import ENDPOINTS, Endpoints
from calicoctl.operations.enforced import TIERS, UNREAD, Enforcement, left_out
from calicoctl.operations.lookup import Found, View, found
from calicoctl.resource import Located

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


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
    ranges = [Range(kind.stored_as.prefix, prefix=True) for kind in KINDS]
    unread = [Range(kind.prefix, prefix=True, keys_only=True) for kind in UNREAD]
    *kinds, tiers = datastore.read([*ranges, *unread, Range(TIERS.prefix, prefix=True)]).found
    view = View(entry for entries in kinds[: len(KINDS)] for entry in entries)
    notes = [
        note for kind, entries in zip(UNREAD, kinds[len(KINDS) :], strict=True) for note in left_out(kind, entries)
    ]
    stored = _Stored(tiers, notes)
    replaced: set[str] = set()
    origins: list[Origin] = []
    for item in located:
        if item.resource and any(kind.name == item.identifier.kind for kind in KINDS):
            hits = view.stored(item.identifier)
            replaced.update(hit.entry.key for hit in hits)
            origins.append(stored.applied(item, hits))
    for kind, entries in zip(KINDS, kinds, strict=False):
        for entry in entries:
            if entry.key not in replaced:
                origins += stored.origins(kind, entry)
    stored.enforcement.tell_tiers()
    return Origins(tuple(origins), tuple(notes))


class _Stored:
    """Makes the origins of what is stored."""

    def __init__(self, tiers: Iterable[Entry], notes: list[str]) -> None:
        self.enforcement = Enforcement(tiers, notes)
        self._endpoints = Endpoints(notes)
        self._notes = notes

    def origins(self, kind: Kind, entry: Entry) -> Iterator[Origin]:
        """The origin of an entry, if it can be read."""
        if kind in ENDPOINTS:
            yield from self._endpoints.origin(kind, entry)
            return
        hit = found(kind, entry)
        if hit.resource is None or hit.stored is None:
            self._notes.append(f"{entry.key} {hit.fault}: left out")
            return
        try:
            in_force = self.enforcement.of(hit.resource.identifier, hit.stored.spec)
        except (AttributeError, TypeError, ValueError) as error:
            self._notes.append(f"{hit.resource.identifier} is left out, as the agent does: {error}")
            return
        yield Origin(hit.resource, entry.key, in_force=in_force)

    def applied(self, item: Located, hits: Sequence[Found]) -> Origin:
        """A resource of a manifest as it would stand in the datastore: what v3 has of it besides stays."""
        assert item.resource  # noqa: S101 - validated, so it is there
        hit = next((hit for hit in hits if hit.resource), None)
        if hit is None:
            return Origin(item.resource, locate=item.locate)
        try:
            stored = to_stored(hit.kind, item.resource, hit.entry.key, hit.stored).stored
        except TooLargeError:  # apply will say so
            return Origin(item.resource, locate=item.locate)
        resource = from_stored(hit.kind, stored)
        if hit.kind in ENDPOINTS:
            return Origin(resource, locate=item.locate, seen=self._endpoints.seen(hit.kind, stored))
        return Origin(resource, locate=item.locate, in_force=self.enforcement.of(resource.identifier, stored.spec))
