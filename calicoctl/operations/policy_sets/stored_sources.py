"""Sources of an analysis from the contents of the datastore, also as they would be after a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.analysis.model.build import ANALYSED_KINDS
from calicoctl.analysis.model.cluster import CLUSTER_KINDS
from calicoctl.analysis.model.source import EnforcementEffect, PolicySource
from calicoctl.conversion.stored import AnnotationsTooLargeError, from_stored, to_stored
from calicoctl.datastore import Changes, Entry, Range
from calicoctl.errors import Position
from calicoctl.kinds import Kind, kind_of_key
from calicoctl.kinds.policy import KUBERNETES_NAME_PREFIX, LEGACY_TIER_PREFIX
from calicoctl.operations.policy_sets.endpoints import DecodedSource
from calicoctl.operations.policy_sets.enforcement import Enforcement, decode_tier, staged_note
from calicoctl.operations.policy_sets.manifest_sources import (
    PolicySources,
    find_v3_objects,
    is_decoded,
    manifest_source,
    tiers_of,
)
from calicoctl.operations.policy_sets.objects import ObjectDecoder
from calicoctl.operations.read.labels import ENDPOINT_KINDS
from calicoctl.operations.read.lookup import StoredEntry, StoreView
from calicoctl.operations.read.query import kind_ranges
from calicoctl.resource import FieldPath, Identifier, LocatedResource, Resource
from calicoctl.schema.v3_kinds import (
    ANALYSED_V3_KINDS,
    KUBERNETES_POLICY_KIND,
    NETWORK_POLICY_KIND,
    STAGED_KINDS,
    TIER_KIND,
)
from calicoctl.schema.v3_objects import LocatedV3Object
from calicoctl.storage import StoredKind

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

FieldLocator = Callable[[FieldPath], Position]
"""Returns the position of a field in a manifest."""


class SourcesBeforeAfter(NamedTuple):
    """Readable resources of the datastore before and after a change."""

    before: Sequence[PolicySource]
    after: Sequence[PolicySource]
    revisions: Mapping[str, int]
    """Revision of each key before the change."""
    unreadable: Sequence[str]
    """Key of each unreadable object, with the reason."""


class StoredSources:
    """Decoded contents of the datastore. Each entry is read and decoded once."""

    def __init__(self, datastore: Datastore, revision: int = 0, kinds: Sequence[Kind] = ANALYSED_KINDS) -> None:
        self._kinds = kinds
        self._decoded: dict[str, DecodedSource] = {}
        v3_kinds = (*ANALYSED_V3_KINDS, TIER_KIND)
        ranges = [
            *kind_ranges(kinds),
            *(Range(kind.prefix, prefix=True) for kind in v3_kinds),
            *(Range(kind.prefix, prefix=True, keys_only=True) for kind in STAGED_KINDS),
        ]
        self._decoder = ObjectDecoder(())  # endpoints are decoded before the tiers are known
        groups = iter(datastore.read(ranges, self._start_reading, revision).entries_by_range)
        self._entries = [(kind, entry) for kind, entries in zip(kinds, groups, strict=False) for entry in entries]
        v3_groups = zip(ANALYSED_V3_KINDS, groups, strict=False)
        self._v3_entries = [(kind, entry) for kind, entries in v3_groups for entry in entries]
        self._tiers = list(map(decode_tier, next(groups)))
        staged_groups = zip(STAGED_KINDS, groups, strict=True)
        self._staged = [(kind, [entry.key for entry in entries]) for kind, entries in staged_groups]
        self._decoder.enforcement = Enforcement(self._tiers)

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
        notes = [note for kind, names in self._staged for note in staged_note(kind, names)]
        applied: list[DecodedSource] = []
        replaced: set[str] = set(deleted_keys)
        view = StoreView(entry for _, entry in self._entries) if resources else StoreView(())
        self._apply_tiers(find_v3_objects(resources))
        for item in resources:
            if isinstance(item, LocatedV3Object):
                replaced.update(_replaced_keys(item, view))
                applied += [self._decoder.decode_manifest(item)] if is_decoded(item) else []
            elif item.resource and any(kind.name == item.identifier.kind for kind in self._kinds):
                existing = view.stored_entries(item.identifier)
                replaced.update(each.entry.key for each in existing)
                applied.append(self._decode_applied(item.resource, item, existing))
        kept = [self._decode_once(kind, entry) for kind, entry in self._entries if entry.key not in replaced]
        kept += (self._decode_v3_once(kind, entry) for kind, entry in self._v3_entries if entry.key not in replaced)
        sources = tuple(each.source for each in (*applied, *kept) if each.source)
        decoded = (each for key, each in self._decoded.items() if key not in replaced)
        notes += (note for each in (*applied, *decoded) for note in each.notes)
        return PolicySources(sources, (*notes, *self._decoder.enforcement.tier_notes(sources)))

    def _apply_tiers(self, v3_objects: Iterable[LocatedV3Object]) -> None:
        """Use the tiers of manifests instead of the stored ones of the same names."""
        if tiers := tiers_of(v3_objects):
            self._decoder.enforcement = Enforcement((*self._tiers, *tiers))
            endpoints = tuple(kind.stored_kind.prefix for kind in ENDPOINT_KINDS)
            self._decoded = {key: each for key, each in self._decoded.items() if key.startswith(endpoints)}

    def with_changes(self, changes: Changes, locators: Mapping[Identifier, FieldLocator]) -> SourcesBeforeAfter:
        """Return all sources before and after changes of entries."""
        decoded = {entry.key: self._decode_once(kind, entry) for kind, entry in self._entries}
        decoded |= {entry.key: self._decode_v3_once(kind, entry) for kind, entry in self._v3_entries}
        before = {key: each.source for key, each in decoded.items() if each.source}
        written = ((kind_of_key(entry.key), entry) for entry in changes.values() if entry)
        new = (self._decoder.decode_entry(kind, entry).source for kind, entry in written if kind in ANALYSED_KINDS)
        after = [*(source for key, source in before.items() if key not in changes), *filter(None, new)]
        for source in after:
            source.locate = locators.get(source.identifier)
        revisions = {entry.key: entry.mod_revision for _, entry in (*self._entries, *self._v3_entries)}
        unreadable = [each.unreadable for each in self._decoded.values() if each.unreadable]
        return SourcesBeforeAfter([*before.values()], after, revisions, unreadable)

    def _decode_once(self, kind: Kind, entry: Entry) -> DecodedSource:
        if entry.key not in self._decoded:
            self._decoded[entry.key] = self._decoder.decode_entry(kind, entry)
        return self._decoded[entry.key]

    def _decode_v3_once(self, kind: StoredKind, entry: Entry) -> DecodedSource:
        if entry.key not in self._decoded:
            self._decoded[entry.key] = self._decoder.decode_v3_entry(kind, entry)
        return self._decoded[entry.key]

    def _decode_applied(
        self, resource: Resource, item: LocatedResource, existing: Sequence[StoredEntry]
    ) -> DecodedSource:
        """Return a resource of a manifest as it would be stored: fields that v1 cannot represent are kept."""
        make_source = partial(manifest_source, item)
        new = make_source(resource, enforced=EnforcementEffect(tier=self._decoder.enforcement.default_tier))
        entry = next((each for each in existing if each.resource), None)
        if entry is None:
            return DecodedSource(new)
        try:
            stored = to_stored(entry.kind, resource, entry.entry.key, entry.stored).stored
        except AnnotationsTooLargeError:  # apply reports it
            return DecodedSource(new)
        resource = from_stored(entry.kind, stored)
        if entry.kind in ENDPOINT_KINDS:
            state = self._decoder.endpoints.effective_state(entry.kind, stored)
            return DecodedSource(make_source(resource, endpoint_state=state))
        if entry.kind in CLUSTER_KINDS:
            return DecodedSource(make_source(resource))
        enforced, notes = self._decoder.enforcement.resolve(resource.identifier, stored.spec)
        return DecodedSource(make_source(resource, enforced=enforced), notes)


def _replaced_keys(item: LocatedV3Object, view: StoreView) -> Iterator[str]:
    """Yield the keys of the stored objects that a v3 manifest replaces."""
    yield item.stored.key
    if item.stored_kind is KUBERNETES_POLICY_KIND:
        namespace, name = item.identifier.values
        yield NETWORK_POLICY_KIND.key(f"{namespace}/{KUBERNETES_NAME_PREFIX}{name}")
    if item.v1_kind:
        yield from (each.entry.key for each in view.stored_entries(item.identifier))
    elif item.stored_kind is NETWORK_POLICY_KIND:  # the layout of Calico 3.31 and earlier
        namespace, name = item.identifier.values
        yield item.stored_kind.key(f"{namespace}/{LEGACY_TIER_PREFIX}{name}")
