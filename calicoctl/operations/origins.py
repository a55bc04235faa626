"""The resources that an analysis is about: of manifests, of the datastore, or of both as `apply` would merge them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from calicoctl.analysis.build import KINDS
from calicoctl.analysis.model import Origin
from calicoctl.datastore import Range
from calicoctl.errors import Position
from calicoctl.kinds.agent import refusal
from calicoctl.kinds.profile import PROFILE
from calicoctl.operations.lookup import Found, View
from calicoctl.resource import Identifier, Located

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

Locate = Callable[[tuple["str | int", ...]], Position]
"""Gives the place of a field in a manifest."""

_ENDPOINTS = ("workloadEndpoint", "hostEndpoint")


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
    snapshot = datastore.read([Range(kind.stored_as.prefix, prefix=True) for kind in KINDS])
    view = View(entry for entries in snapshot.found for entry in entries)
    replaced: set[str] = set()
    origins: list[Origin] = []
    for item in located:
        if item.resource and any(kind.name == item.identifier.kind for kind in KINDS):
            hits = view.stored(item.identifier)
            replaced.update(hit.entry.key for hit in hits)
            origins.append(_applied(item, hits))
    notes: list[str] = []
    for kind in KINDS:
        for hit in view.all_of(kind):
            if hit.entry.key not in replaced:
                origins += _stored(hit, notes)
    return Origins(tuple(origins), tuple(notes))


def of_view(view: View, places: Mapping[Identifier, Locate]) -> tuple[Origin, ...]:
    """All resources of a view that can be read; those that a manifest has as well can tell where they stand there."""
    notes: list[str] = []
    found = (origin for kind in KINDS for hit in view.all_of(kind) for origin in _stored(hit, notes))
    return tuple(replace(origin, locate=places.get(origin.resource.identifier)) for origin in found)


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
    yield Origin(
        hit.resource,
        hit.entry.key,
        labels=dict(hit.stored.metadata.get("labels") or {}) if hit.kind.name in _ENDPOINTS else None,
        refused=refusal(hit.stored.spec) if hit.kind is PROFILE else "",
    )
