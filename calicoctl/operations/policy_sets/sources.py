"""The resources that an analysis is about: of manifests, of the datastore, or of both as `apply` would merge them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.analysis.model.build import ANALYSED_KINDS
from calicoctl.analysis.model.source import Enforced, PolicySource
from calicoctl.conversion.stored import RecordTooLargeError, from_stored, to_stored
from calicoctl.datastore import Changes, Entry, Range
from calicoctl.errors import Position
from calicoctl.kinds import Kind, kind_of_key
from calicoctl.operations.policy_sets.endpoints import ENDPOINT_KINDS, EndpointSources
from calicoctl.operations.policy_sets.enforcement import (
    TIER_KIND,
    UNSUPPORTED_KINDS,
    Enforcement,
    unsupported_kind_note,
)
from calicoctl.operations.read.lookup import StoredEntry, StoreView, decode_entry
from calicoctl.resource import Identifier, LocatedResource, Resource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

FieldLocator = Callable[[tuple["str | int", ...]], Position]
"""Gives the place of a field in a manifest."""


@dataclass(frozen=True)
class PolicySources:
    """Resources, and what has to be said about them."""

    sources: tuple[PolicySource, ...]
    notes: tuple[str, ...] = ()


def sources_from_manifests(resources: Iterable[LocatedResource]) -> PolicySources:
    """The resources of manifests that were read with their places."""
    return PolicySources(
        tuple(PolicySource(item.resource, locate=item.locate_field) for item in resources if item.resource)
    )


def sources_from_datastore(datastore: Datastore, resources: Sequence[LocatedResource] = ()) -> PolicySources:
    """All resources of the datastore, with those of manifests in their place as `apply` would write them."""
    return _StoredSources(datastore).with_applied(resources)


def sources_before_after(
    datastore: Datastore, resources: Sequence[LocatedResource], deleted_keys: Iterable[str] = ()
) -> tuple[PolicySources, PolicySources]:
    """All resources of the datastore at one revision, and the same with those of manifests in their place.

    What is under the keys of `deleted_keys` is there before only.
    """
    stored = _StoredSources(datastore)
    return stored.with_applied(()), stored.with_applied(resources, deleted_keys)


class SourcesBeforeAfter(NamedTuple):
    """What a change makes of the resources of the datastore, as far as they can be read."""

    before: Sequence[PolicySource]
    after: Sequence[PolicySource]
    revisions: Mapping[str, int]
    """The revision of each key before."""


def sources_for_change(
    datastore: Datastore, revision: int, changes: Changes, locators: Mapping[Identifier, FieldLocator]
) -> SourcesBeforeAfter:
    """All resources at a revision, and after changes; those that stand in manifests as well know their places there."""
    stored = _StoredSources(datastore, revision)
    return stored.with_changes(changes, locators)


class _StoredSources:
    """What is stored, read once, and each entry looked at once."""

    def __init__(self, datastore: Datastore, revision: int = 0) -> None:
        ranges = [Range(kind.stored_kind.prefix, prefix=True) for kind in ANALYSED_KINDS]
        unsupported_ranges = [Range(kind.prefix, prefix=True, keys_only=True) for kind in UNSUPPORTED_KINDS]
        self._notes: list[str] = []
        """On what is being looked at."""
        self._endpoints = EndpointSources(self._notes)
        self._sources_by_key: dict[str, PolicySource | None] = {}
        self._notes_by_key: dict[str, Sequence[str]] = {}
        all_ranges = [*ranges, *unsupported_ranges, Range(TIER_KIND.prefix, prefix=True)]
        *entry_groups, tiers = datastore.read(all_ranges, self._start_reading, revision).entries_by_range
        self._entries = [
            (kind, entry) for kind, entries in zip(ANALYSED_KINDS, entry_groups, strict=False) for entry in entries
        ]
        self._unsupported = [*zip(UNSUPPORTED_KINDS, entry_groups[len(ANALYSED_KINDS) :], strict=True)]
        self._enforcement = Enforcement(tiers, self._notes)

    def _start_reading(self) -> Callable[[int, Sequence[Entry]], None]:
        self._sources_by_key.clear()
        self._notes_by_key.clear()
        return self._preload_endpoints

    def _preload_endpoints(self, index: int, entries: Sequence[Entry]) -> None:
        """Look at endpoints, which are many, while more of them are on their way."""
        if index < len(ANALYSED_KINDS) and ANALYSED_KINDS[index] in ENDPOINT_KINDS:
            for entry in entries:
                self._cached_source(ANALYSED_KINDS[index], entry)

    def with_applied(self, resources: Sequence[LocatedResource], deleted_keys: Iterable[str] = ()) -> PolicySources:
        """All origins and notes, with resources of manifests in the place of those that they would change.

        What is under the keys of `deleted_keys` is left out.
        """
        notes = [note for kind, entries in self._unsupported for note in unsupported_kind_note(kind, entries)]
        sources: list[PolicySource] = []
        replaced: set[str] = set(deleted_keys)
        view = StoreView(entry for _, entry in self._entries) if resources else StoreView(())
        for item in resources:
            if item.resource and any(kind.name == item.identifier.kind for kind in ANALYSED_KINDS):
                hits = view.stored_entries(item.identifier)
                replaced.update(hit.entry.key for hit in hits)
                sources.append(self._applied_source(item.resource, item, hits))
                notes += self._notes
                self._notes.clear()
        for kind, entry in self._entries:
            if entry.key not in replaced and (source := self._cached_source(kind, entry)):
                sources.append(source)
        notes += (
            note for key, entry_notes in self._notes_by_key.items() if key not in replaced for note in entry_notes
        )
        notes += self._enforcement.tier_notes(sources)
        return PolicySources(tuple(sources), tuple(notes))

    def with_changes(self, changes: Changes, locators: Mapping[Identifier, FieldLocator]) -> SourcesBeforeAfter:
        """All origins, and all as changes would leave them."""
        origins = {entry.key: origin for kind, entry in self._entries if (origin := self._cached_source(kind, entry))}
        kept = (origin for key, origin in origins.items() if key not in changes)
        changed = ((kind_of_key(entry.key), entry) for entry in changes.values() if entry)
        written = [(kind, entry) for kind, entry in changed if kind in ANALYSED_KINDS]
        new = [*kept, *filter(None, (self._make_source(kind, entry) for kind, entry in written))]
        for origin in new:
            origin.locate = locators.get(origin.identifier)
        return SourcesBeforeAfter(
            [*origins.values()], new, {entry.key: entry.mod_revision for _, entry in self._entries}
        )

    def _cached_source(self, kind: Kind, entry: Entry) -> PolicySource | None:
        """The origin of an entry, if it can be read."""
        if entry.key not in self._sources_by_key:
            self._sources_by_key[entry.key] = self._make_source(kind, entry)
            if self._notes:
                self._notes_by_key[entry.key] = tuple(self._notes)
                self._notes.clear()
        return self._sources_by_key[entry.key]

    def _make_source(self, kind: Kind, entry: Entry) -> PolicySource | None:
        return self._endpoints.make_source(kind, entry) if kind in ENDPOINT_KINDS else self._policy_source(kind, entry)

    def _policy_source(self, kind: Kind, entry: Entry) -> PolicySource | None:
        hit = decode_entry(kind, entry)
        if hit.resource is None or hit.stored is None:
            self._notes.append(f"{entry.key} {hit.decode_error}: left out")
            return None
        try:
            in_force = self._enforcement.resolve(hit.resource.identifier, hit.stored.spec)
        except (AttributeError, TypeError, ValueError) as error:
            self._notes.append(f"{hit.resource.identifier} is left out, as the agent does: {error}")
            return None
        return PolicySource(hit.resource, entry.key, enforced=in_force)

    def _applied_source(self, resource: Resource, item: LocatedResource, hits: Sequence[StoredEntry]) -> PolicySource:
        """A resource of a manifest as it would stand in the datastore: what v3 has of it besides stays."""
        new = PolicySource(resource, locate=item.locate_field, enforced=Enforced(tier=self._enforcement.default_tier))
        hit = next((hit for hit in hits if hit.resource), None)
        if hit is None:
            return new
        try:
            stored = to_stored(hit.kind, resource, hit.entry.key, hit.stored).stored
        except RecordTooLargeError:  # apply will say so
            return new
        resource = from_stored(hit.kind, stored)
        if hit.kind in ENDPOINT_KINDS:
            return PolicySource(
                resource, locate=item.locate_field, endpoint_state=self._endpoints.effective_state(hit.kind, stored)
            )
        return PolicySource(
            resource, locate=item.locate_field, enforced=self._enforcement.resolve(resource.identifier, stored.spec)
        )
