"""Resources to analyse: of manifests, of the datastore, or of both as `apply` would merge them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.analysis.model.build import ANALYSED_KINDS
from calicoctl.analysis.model.cluster import CLUSTER_KINDS
from calicoctl.analysis.model.source import V1_ONLY, EndpointState, EnforcementEffect, PolicySource
from calicoctl.conversion.stored import AnnotationsTooLargeError, from_stored, to_stored
from calicoctl.datastore import Changes, Entry, Range
from calicoctl.errors import NO_POSITION, Position
from calicoctl.kinds import Kind, kind_of_key
from calicoctl.kinds.ip_pool import IP_POOL
from calicoctl.operations.policy_sets.endpoints import DecodedSource, EndpointDecoder, unreadable_source
from calicoctl.operations.policy_sets.enforcement import UNSUPPORTED_KINDS, Enforcement, unsupported_kind_note
from calicoctl.operations.read.labels import ENDPOINT_KINDS
from calicoctl.operations.read.lookup import TIER_KIND, StoredEntry, StoreView, decode_entry
from calicoctl.operations.read.query import kind_ranges
from calicoctl.resource import FieldPath, Identifier, LocatedResource, Resource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

FieldLocator = Callable[[FieldPath], Position]
"""Returns the position of a field in a manifest."""


@dataclass(frozen=True)
class PolicySources:
    """Resources to analyse, and notes about them."""

    sources: tuple[PolicySource, ...]
    notes: tuple[str, ...] = ()


class SourcesBeforeAfter(NamedTuple):
    """Readable resources of the datastore before and after a change."""

    before: Sequence[PolicySource]
    after: Sequence[PolicySource]
    revisions: Mapping[str, int]
    """Revision of each key before the change."""
    unreadable: Sequence[str]
    """Key of each unreadable object, with the reason."""


def _manifest_source(
    item: LocatedResource,
    resource: Resource,
    endpoint_state: EndpointState | None = None,
    enforced: EnforcementEffect = V1_ONLY,
) -> PolicySource:
    """Return the source of a resource of a manifest, or of the stored form of this resource."""
    result = PolicySource(resource, locate=item.locate_field, endpoint_state=endpoint_state, enforced=enforced)
    result.empty_fields = item.empty_fields
    return result


def sources_from_manifests(resources: Iterable[LocatedResource]) -> PolicySources:
    """Return the resources of manifests that were loaded with positions."""
    return PolicySources(tuple(_manifest_source(item, item.resource) for item in resources if item.resource))


def sources_from_datastore(
    datastore: Datastore, resources: Sequence[LocatedResource] = (), *, with_pools: bool = False
) -> PolicySources:
    """Return all resources of the datastore, as they would be after `apply` of manifests.

    Args:
        datastore: the datastore to read.
        resources: the resources of the manifests.
        with_pools: whether to read IP pools, which lint checks.
    """
    kinds = (*ANALYSED_KINDS, IP_POOL) if with_pools else ANALYSED_KINDS
    return _StoredSources(datastore, kinds=kinds).with_applied(resources)


def sources_before_after(
    datastore: Datastore, resources: Sequence[LocatedResource], deleted_keys: Iterable[str] = ()
) -> tuple[PolicySources, PolicySources]:
    """Return all resources of the datastore at one revision, before and after `apply` of manifests.

    Args:
        datastore: the datastore to read.
        resources: the resources of the manifests.
        deleted_keys: keys that are deleted in addition.
    """
    stored = _StoredSources(datastore)
    return stored.with_applied(()), stored.with_applied(resources, deleted_keys)


def sources_for_change(
    datastore: Datastore, revision: int, changes: Changes, locators: Mapping[Identifier, FieldLocator]
) -> SourcesBeforeAfter:
    """Return all resources at a revision, before and after changes. `locators` has the positions of manifests."""
    return _StoredSources(datastore, revision).with_changes(changes, locators)


def field_position(source: PolicySource | None, path: FieldPath = (), default: Position = NO_POSITION) -> Position:
    """Return the position of a field in its manifest, or `default` for a resource of the datastore."""
    return source.locate(path) if source and source.locate else default


class _StoredSources:
    """Decoded contents of the datastore. Each entry is read and decoded once."""

    def __init__(self, datastore: Datastore, revision: int = 0, kinds: Sequence[Kind] = ANALYSED_KINDS) -> None:
        self._kinds = kinds
        unsupported_ranges = [Range(kind.prefix, prefix=True, keys_only=True) for kind in UNSUPPORTED_KINDS]
        self._endpoints = EndpointDecoder()
        self._decoded: dict[str, DecodedSource] = {}
        all_ranges = [*kind_ranges(kinds), *unsupported_ranges, Range(TIER_KIND.prefix, prefix=True)]
        *entry_groups, tiers = datastore.read(all_ranges, self._start_reading, revision).entries_by_range
        self._entries = [(kind, entry) for kind, entries in zip(kinds, entry_groups, strict=False) for entry in entries]
        self._unsupported = [*zip(UNSUPPORTED_KINDS, entry_groups[len(kinds) :], strict=True)]
        self._enforcement = Enforcement(tiers)

    def _start_reading(self) -> Callable[[int, Sequence[Entry]], None]:
        self._decoded.clear()
        return self._decode_endpoints

    def _decode_endpoints(self, index: int, entries: Sequence[Entry]) -> None:
        """Decode endpoints, of which there are many, while etcd sends more of them."""
        if index < len(self._kinds) and self._kinds[index] in ENDPOINT_KINDS:
            for entry in entries:
                self._decode_once(self._kinds[index], entry)

    def with_applied(self, resources: Sequence[LocatedResource], deleted_keys: Iterable[str] = ()) -> PolicySources:
        """Return all sources and notes as they would be after `apply` of manifests and the deletion of keys."""
        notes = [note for kind, entries in self._unsupported for note in unsupported_kind_note(kind, entries)]
        applied: list[DecodedSource] = []
        replaced: set[str] = set(deleted_keys)
        view = StoreView(entry for _, entry in self._entries) if resources else StoreView(())
        for item in resources:
            if item.resource and any(kind.name == item.identifier.kind for kind in self._kinds):
                existing = view.stored_entries(item.identifier)
                replaced.update(each.entry.key for each in existing)
                applied.append(self._decode_applied(item.resource, item, existing))
        kept = [self._decode_once(kind, entry) for kind, entry in self._entries if entry.key not in replaced]
        sources = tuple(each.source for each in (*applied, *kept) if each.source)
        decoded = (each for key, each in self._decoded.items() if key not in replaced)
        notes += (note for each in (*applied, *decoded) for note in each.notes)
        return PolicySources(sources, (*notes, *self._enforcement.tier_notes(sources)))

    def with_changes(self, changes: Changes, locators: Mapping[Identifier, FieldLocator]) -> SourcesBeforeAfter:
        """Return all sources before and after changes of entries."""
        before = {
            entry.key: source for kind, entry in self._entries if (source := self._decode_once(kind, entry).source)
        }
        written = ((kind_of_key(entry.key), entry) for entry in changes.values() if entry)
        new = (self._decode(kind, entry).source for kind, entry in written if kind in ANALYSED_KINDS)
        after = [*(source for key, source in before.items() if key not in changes), *filter(None, new)]
        for source in after:
            source.locate = locators.get(source.identifier)
        revisions = {entry.key: entry.mod_revision for _, entry in self._entries}
        unreadable = [each.unreadable for each in self._decoded.values() if each.unreadable]
        return SourcesBeforeAfter([*before.values()], after, revisions, unreadable)

    def _decode_once(self, kind: Kind, entry: Entry) -> DecodedSource:
        if entry.key not in self._decoded:
            self._decoded[entry.key] = self._decode(kind, entry)
        return self._decoded[entry.key]

    def _decode(self, kind: Kind, entry: Entry) -> DecodedSource:
        if kind in ENDPOINT_KINDS:
            return self._endpoints.decode(kind, entry)
        stored_entry = decode_entry(kind, entry)
        if stored_entry.resource is None or stored_entry.stored is None:
            return unreadable_source(stored_entry.unreadable)
        resource = stored_entry.resource
        if kind in CLUSTER_KINDS:
            return DecodedSource(PolicySource(resource, entry.key))
        try:
            enforced, notes = self._enforcement.resolve(resource.identifier, stored_entry.stored.spec)
        except ValueError as error:
            return DecodedSource(None, (f"{resource.identifier} is omitted, as in Felix: {error}",))
        return DecodedSource(PolicySource(resource, entry.key, enforced=enforced), notes)

    def _decode_applied(
        self, resource: Resource, item: LocatedResource, existing: Sequence[StoredEntry]
    ) -> DecodedSource:
        """Return a resource of a manifest as it would be stored: fields that v1 cannot represent are kept."""
        make_source = partial(_manifest_source, item)
        new = make_source(resource, enforced=EnforcementEffect(tier=self._enforcement.default_tier))
        entry = next((each for each in existing if each.resource), None)
        if entry is None:
            return DecodedSource(new)
        try:
            stored = to_stored(entry.kind, resource, entry.entry.key, entry.stored).stored
        except AnnotationsTooLargeError:  # apply reports it
            return DecodedSource(new)
        resource = from_stored(entry.kind, stored)
        if entry.kind in ENDPOINT_KINDS:
            state = self._endpoints.effective_state(entry.kind, stored)
            return DecodedSource(make_source(resource, endpoint_state=state))
        if entry.kind in CLUSTER_KINDS:
            return DecodedSource(make_source(resource))
        enforced, notes = self._enforcement.resolve(resource.identifier, stored.spec)
        return DecodedSource(make_source(resource, enforced=enforced), notes)
