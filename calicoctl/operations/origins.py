"""The resources that an analysis is about: of manifests, of the datastore, or of both as `apply` would merge them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calicoctl.analysis.build import KINDS
from calicoctl.analysis.model import Origin
from calicoctl.datastore import Range
from calicoctl.kinds.agent import refusal
from calicoctl.kinds.profile import PROFILE
from calicoctl.operations.endpoints import ENDPOINTS, Endpoints
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
    return _Stored(datastore).merged(located)


def before_and_after(datastore: Datastore, located: Sequence[Located]) -> tuple[Origins, Origins]:
    """All resources of the datastore at one revision, and the same with those of manifests in their place."""
    stored = _Stored(datastore)
    return stored.merged(()), stored.merged(located)


class _Stored:
    """What the datastore has, read once."""

    def __init__(self, datastore: Datastore) -> None:
        snapshot = datastore.read([Range(kind.stored_as.prefix, prefix=True) for kind in KINDS])
        self._view = View(entry for entries in snapshot.found for entry in entries)
        self._notes: dict[str, list[str]] = {}
        self._origins: dict[str, list[Origin]] = {}
        notes: list[str] = []
        endpoints = Endpoints(notes)
        for kind, entries in zip(KINDS, snapshot.found, strict=True):
            for entry in entries:
                made = endpoints.origin(kind, entry) if kind in ENDPOINTS else _stored(found(kind, entry), notes)
                self._origins[entry.key] = list(made)
                if notes:
                    self._notes[entry.key] = notes[:]
                    notes.clear()

    def merged(self, located: Sequence[Located]) -> Origins:
        """All of it, with the resources of manifests in their place."""
        replaced: set[str] = set()
        origins: list[Origin] = []
        for item in located:
            if item.resource and any(kind.name == item.identifier.kind for kind in KINDS):
                hits = self._view.stored(item.identifier)
                replaced.update(hit.entry.key for hit in hits)
                origins.append(_applied(item, hits))
        origins += (origin for key, made in self._origins.items() if key not in replaced for origin in made)
        notes = (note for key, those in self._notes.items() if key not in replaced for note in those)
        return Origins(tuple(origins), tuple(notes))


def _applied(item: Located, hits: Sequence[Found]) -> Origin:
    assert item.resource  # noqa: S101 - validated, so it is there
    existing = next((hit for hit in hits if hit.resource), None)
    resource = item.resource
    if existing and existing.resource:
        resource = existing.kind.complete(resource, existing.resource)
    return Origin(resource, locate=item.locate)


def _stored(hit: Found, notes: list[str]) -> Iterator[Origin]:
    """The origin of an entry, if it can be read."""
    if hit.resource is None or hit.stored is None:
        notes.append(f"{hit.entry.key} {hit.fault}: left out")
        return
    notes += (
        f"{hit.resource.identifier}: judged as v1 shows it, but it {more}" for more in hit.kind.beyond(hit.stored)
    )
    yield Origin(hit.resource, hit.entry.key, refused=refusal(hit.stored.spec) if hit.kind is PROFILE else "")
