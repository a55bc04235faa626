"""Sources of an analysis from the resources and v3 objects of manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from calicoctl.analysis.model.source import (
    BUILT_IN_TIERS,
    V1_ONLY,
    EndpointState,
    EnforcementEffect,
    PolicySource,
    Tier,
)
from calicoctl.operations.policy_sets.enforcement import read_tier, staged_note
from calicoctl.operations.policy_sets.objects import ObjectDecoder
from calicoctl.resource import LocatedResource, Resource
from calicoctl.schema.v3_kinds import STAGED_KINDS, TIER_KIND
from calicoctl.schema.v3_objects import LocatedV3Object
from calicoctl.storage import StoredKind


@dataclass(frozen=True)
class PolicySources:
    """Resources to analyse, and notes about them."""

    sources: tuple[PolicySource, ...]
    notes: tuple[str, ...] = ()


def manifest_source(
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
    """Return the resources and v3 objects of manifests that were loaded with positions."""
    resources = list(resources)
    v3_objects = find_v3_objects(resources)
    if not v3_objects:
        return PolicySources(tuple(manifest_source(item, item.resource) for item in resources if item.resource))
    decoder = ObjectDecoder((*BUILT_IN_TIERS, *tiers_of(v3_objects)))
    enforced = EnforcementEffect(tier=decoder.enforcement.default_tier)
    sources = [manifest_source(item, item.resource, enforced=enforced) for item in resources if item.resource]
    decoded = [decoder.decode_manifest(item) for item in v3_objects if is_decoded(item)]
    sources += filter(None, (each.source for each in decoded))
    notes = [note for each in decoded for note in each.notes]
    notes += _staged_notes(v3_objects)
    return PolicySources(tuple(sources), (*notes, *decoder.enforcement.missing_tier_notes(sources)))


def find_v3_objects(resources: Iterable[LocatedResource]) -> list[LocatedV3Object]:
    """Return the v3 objects of manifests."""
    return [item for item in resources if isinstance(item, LocatedV3Object)]


def tiers_of(v3_objects: Iterable[LocatedV3Object]) -> list[Tier]:
    """Return the tiers of v3 manifests."""
    return [read_tier(item.stored) for item in v3_objects if item.stored_kind is TIER_KIND]


def is_decoded(item: LocatedV3Object) -> bool:
    """Return whether an object is a source of an analysis; tiers and staged policies are not."""
    return item.stored_kind not in (TIER_KIND, *STAGED_KINDS)


def _staged_notes(v3_objects: Iterable[LocatedV3Object]) -> Iterator[str]:
    names: dict[StoredKind, list[str]] = {}
    for item in v3_objects:
        if item.stored_kind in STAGED_KINDS:
            names.setdefault(item.stored_kind, []).append(str(item.identifier))
    for kind, members in names.items():
        yield from staged_note(kind, members)
