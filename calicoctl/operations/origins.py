"""The resources that an analysis is about: of manifests, of the datastore, or of both as `apply` would merge them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calicoctl.analysis.build import KINDS
from calicoctl.analysis.model import Origin
from calicoctl.datastore import Changes, Range
from calicoctl.errors import Position
from calicoctl.kinds.agent import refusal
from calicoctl.kinds.profile import PROFILE
from calicoctl.operations.endpoints import ENDPOINTS, Endpoints
from calicoctl.operations.lookup import Found, View, found
from calicoctl.resource import Identifier, Located

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
    return _merged(_view(datastore), located)


def before_and_after(datastore: Datastore, located: Sequence[Located]) -> tuple[Origins, Origins]:
    """All resources of the datastore at one revision, and the same with those of manifests in their place."""
    view = _view(datastore)
    return _merged(view, ()), _merged(view, located)


def _view(datastore: Datastore) -> View:
    snapshot = datastore.read([Range(kind.stored_as.prefix, prefix=True) for kind in KINDS])
    return View(entry for entries in snapshot.found for entry in entries)


def _merged(view: View, located: Sequence[Located]) -> Origins:
    replaced: set[str] = set()
    origins: list[Origin] = []
    for item in located:
        if item.resource and any(kind.name == item.identifier.kind for kind in KINDS):
            hits = view.stored(item.identifier)
            replaced.update(hit.entry.key for hit in hits)
            origins.append(_applied(item, hits))
    notes: list[str] = []
    origins += _of_view(view, notes, replaced)
    return Origins(tuple(origins), tuple(notes))


def of_change(before: View, changes: Changes, places: Mapping[Identifier, Locate]) -> tuple[list[Origin], list[Origin]]:
    """All resources that can be read, as they are and after changes, with their places in manifests that have them so."""
    notes: list[str] = []
    was = list(_of_view(before, notes))
    kept = [origin for origin in was if origin.key not in changes]
    new = [*kept, *_of_view(View(filter(None, changes.values())), notes)]
    for origin in new:
        origin.locate = places.get(origin.identifier)
    return was, new


def _of_view(view: View, notes: list[str], without: Collection[str] = ()) -> Iterator[Origin]:
    """The origins of all entries but for some keys, if they can be read."""
    endpoints = Endpoints(notes)
    for kind in KINDS:
        for entry in view.under(kind.stored_as.prefix):
            if entry.key not in without:
                yield from endpoints.origin(kind, entry) if kind in ENDPOINTS else _stored(found(kind, entry), notes)


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
