"""Sources of an analysis from v3 objects, either of manifests or of the datastore."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from calicoctl.analysis.model.cluster import CLUSTER_KINDS
from calicoctl.analysis.model.source import PolicySource, Tier
from calicoctl.conversion.stored import from_stored
from calicoctl.datastore import Entry
from calicoctl.kinds import Kind
from calicoctl.kinds.policy import LEGACY_TIER_PREFIX, POLICY
from calicoctl.kinds.rules import DIRECTIONS
from calicoctl.kinds.rules.v3_only import with_v1_selectors
from calicoctl.operations.policy_sets.endpoints import DecodedSource, EndpointDecoder, unreadable_source
from calicoctl.operations.policy_sets.enforcement import Enforcement
from calicoctl.operations.read.labels import ENDPOINT_KINDS
from calicoctl.operations.read.lookup import decode_entry
from calicoctl.printable import escape_unprintable
from calicoctl.resource import Identifier, Resource
from calicoctl.schema.stored import read_stored_object
from calicoctl.schema.v3_kinds import NAMESPACED_V3_KINDS, NETWORK_POLICY_KINDS
from calicoctl.schema.v3_objects import LocatedV3Object
from calicoctl.storage import CorruptEntryError, StoredKind, StoredResource


class ObjectDecoder:
    """Decoder of v3 objects.

    Args:
        tiers: all tiers.
    """

    def __init__(self, tiers: Iterable[Tier]) -> None:
        self.enforcement = Enforcement(tiers)
        self.endpoints = EndpointDecoder()

    def decode_entry(self, kind: Kind, entry: Entry) -> DecodedSource:
        """Return the source of a stored object of a v1 kind."""
        if kind in ENDPOINT_KINDS:
            return self.endpoints.decode(kind, entry)
        stored_entry = decode_entry(kind, entry)
        if stored_entry.resource is None or stored_entry.stored is None:
            return unreadable_source(stored_entry.unreadable)
        if kind in CLUSTER_KINDS:
            return DecodedSource(PolicySource(stored_entry.resource, entry.key))
        return self._enforced_source(stored_entry.resource, stored_entry.stored)

    def decode_v3_entry(self, kind: StoredKind, entry: Entry) -> DecodedSource:
        """Return the source of a stored object of a kind that v1 does not have."""
        try:
            stored = read_stored_object(kind, entry.key, entry.value, entry.mod_revision)
            if kind.key_suffix(entry.key).count("/") != (kind in NAMESPACED_V3_KINDS):
                raise CorruptEntryError(f"is not a key of a {kind.kind}")
        except CorruptEntryError as error:
            return unreadable_source(f"{escape_unprintable(entry.key)} {error}")
        return self._v3_source(kind, stored)

    def decode_manifest(self, item: LocatedV3Object) -> DecodedSource:
        """Return the source of a v3 manifest."""
        decoded = self._decode_object(item.v1_kind, item)
        if decoded.source:
            decoded.source.locate = item.locate_field
            decoded.source.empty_fields = item.empty_fields
        return decoded

    def _decode_object(self, kind: Kind | None, item: LocatedV3Object) -> DecodedSource:
        if kind is None:
            return self._v3_source(item.stored_kind, item.stored)
        resource = from_stored(kind, item.stored)
        if kind in ENDPOINT_KINDS:
            state = self.endpoints.effective_state(kind, item.stored)
            return DecodedSource(PolicySource(resource, item.stored.key, endpoint_state=state))
        if kind in CLUSTER_KINDS:
            return DecodedSource(PolicySource(resource, item.stored.key))
        return self._enforced_source(resource, item.stored, as_v1=False)

    def _v3_source(self, kind: StoredKind, stored: StoredResource) -> DecodedSource:
        identifier = Identifier(kind.kind, tuple(kind.key_suffix(stored.key).split("/")))
        *_, namespace, name = ("", *identifier.values)
        if kind not in NETWORK_POLICY_KINDS:
            metadata = {"name": name, "namespace": namespace, "labels": stored.metadata.get("labels") or {}}
            return DecodedSource(PolicySource(Resource(identifier, metadata, stored.spec), stored.key))
        identifier = Identifier(kind.kind, (namespace, name.removeprefix(LEGACY_TIER_PREFIX)))
        spec = namespaced_spec(stored.spec, namespace)
        resource = Resource(identifier, {"name": name, "namespace": namespace}, POLICY.spec_from_v3(spec))
        return self._enforced_source(resource, stored, namespace, as_v1=False)

    def _enforced_source(
        self, resource: Resource, stored: StoredResource, namespace: str = "", *, as_v1: bool = True
    ) -> DecodedSource:
        """Return the source of a policy or profile."""
        try:
            enforced, notes = self.enforcement.resolve(resource.identifier, stored.spec, namespace, as_v1=as_v1)
        except ValueError as error:
            return DecodedSource(None, (f"{resource.identifier} is omitted, as in Felix: {error}",))
        return DecodedSource(PolicySource(resource, stored.key, enforced=enforced), notes)


_NAMESPACED_FIELDS = ("tier", "order", "selector", "types", "serviceAccountSelector", *DIRECTIONS)
"""Fields of the spec of a NetworkPolicy that affect traffic."""


def namespaced_spec(spec: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    """Return the spec of a NetworkPolicy with its namespace in the selectors of its rules."""
    result = {field: spec[field] for field in _NAMESPACED_FIELDS if field in spec}
    for direction in DIRECTIONS:
        if rules := result.get(direction):
            result[direction] = [with_v1_selectors(rule, namespace) for rule in rules]
    return result
