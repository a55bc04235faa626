"""Resources to stored objects and back, with nothing lost on either side: what every kind has in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from calicoctl import storage
from calicoctl.conversion import record
from calicoctl.conversion.merge import merge_spec
from calicoctl.kinds.kind import Kind, V3Object
from calicoctl.kinds.values import set_membership
from calicoctl.resource import Resource
from calicoctl.storage import StoredResource, new_timestamp, new_uid


@dataclass(frozen=True)
class Conversion:
    """A stored object to write, and what the write does to what others stored."""

    stored: StoredResource
    notes: tuple[str, ...] = ()
    losses: tuple[str, ...] = field(default=())
    """Match criteria that v1 can't say and that the write would drop."""


class RecordTooLargeError(ValueError):
    """What v3 can't hold of a resource is too much for an annotation."""


def to_stored(
    kind: Kind, resource: Resource, key: str, existing: StoredResource | None, *, full_replace: bool = False
) -> Conversion:
    """The object that holds the resource under this key, with what others wrote into the existing one.

    uid, creationTimestamp, labels, foreign annotations and every field of the spec that v1 does not own are kept.
    With `full_replace` the resource was made from all that v1 shows of the existing one: what it leaves out goes.

    Raises:
        TooLargeError: when the record of the v1 form would be too large.
    """
    if existing and not full_replace:
        resource = kind.default_from_existing(resource, from_stored(kind, existing))
    v3_object = kind.to_v3(resource)
    merge = merge_spec(kind, existing.spec if existing else {}, v3_object.spec)
    metadata = dict(existing.metadata) if existing else {}
    namespace, _, name = kind.stored_kind.key_suffix(key).rpartition("/")
    metadata["name"] = metadata.get("name") or name
    if namespace:
        metadata["namespace"] = namespace
    metadata["uid"] = metadata.get("uid") or new_uid()
    if not metadata.get("creationTimestamp"):
        metadata["creationTimestamp"] = new_timestamp()
    metadata["annotations"] = {**_foreign_annotations(existing), **v3_object.annotations}
    if v3_object.labels is not None:
        metadata["labels"] = dict(v3_object.labels)
    kind.set_layout_metadata(metadata, merge.spec, name, existing is None)
    revision, extra_fields = (existing.revision, existing.extra) if existing else (0, kind.extra_fields)
    stored = StoredResource(key, _without_empty(metadata), merge.spec, revision, extra_fields)
    stored = with_record(kind, resource, stored)
    return Conversion(stored, merge.notes, merge.losses)


def _foreign_annotations(existing: StoredResource | None) -> dict[str, str]:
    """The annotations that we did not write: neither the record nor those that the recorded manifest had."""
    if existing is None:
        return {}
    recorded = record.read_record(existing)
    own_annotations = {storage.RECORD_ANNOTATION, *(recorded.metadata.get("annotations") or {} if recorded else ())}
    return {key: text for key, text in existing.annotations.items() if key not in own_annotations}


def _without_empty(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metadata.items() if value not in (None, {}, "")}


def with_record(kind: Kind, resource: Resource, stored: StoredResource) -> StoredResource:
    """Add the record where reading the object back would not give the resource.

    Raises:
        TooLargeError: when the record would be too large.
    """
    if kind.from_v3(stored) == (resource.metadata, resource.spec):
        return stored
    text = record.encode_record(kind, resource, stored.spec)
    if len(text.encode()) > record.MAX_RECORD_BYTES:
        raise RecordTooLargeError(
            f"{len(text.encode()):,} bytes of it can't be said in v3, at most {record.MAX_RECORD_BYTES:,} can be kept"
        )
    annotations = {**stored.annotations, storage.RECORD_ANNOTATION: text}
    return replace(stored, metadata={**stored.metadata, "annotations": annotations})


def already_stored(
    kind: Kind, resource: Resource, stored: StoredResource, shown: Resource, *, full_replace: bool = False
) -> bool:
    """Whether an object, which is shown as `shown`, says all that writing the resource would make it say.

    `full_replace` is that of `to_stored`. Finding that out takes half as long as converting the resource and comparing.
    """
    completed = resource if full_replace else kind.default_from_existing(resource, shown)
    if completed != shown or not all(stored.metadata.get(name) for name in _REQUIRED_METADATA):
        return False
    metadata = {**stored.metadata, "labels": dict(stored.metadata.get("labels") or {})}
    metadata["annotations"] = dict(stored.annotations)
    updated, spec = {**metadata, "labels": dict(metadata["labels"])}, dict(stored.spec)
    updated["annotations"] = dict(stored.annotations)
    kind.set_layout_metadata(updated, spec, stored.segment, False)
    return updated == metadata and spec == stored.spec


_REQUIRED_METADATA = ("name", "uid", "creationTimestamp")
"""What Calico's tools need in an object to update it."""


def is_equal(left: StoredResource, right: StoredResource) -> bool:
    """Whether two objects say the same, empty parts aside: then there is nothing to write."""
    if left.metadata == right.metadata and left.spec == right.spec:
        return True
    return all(
        record.without_empty_parts(dict(left_part)) == record.without_empty_parts(dict(right_part))
        for left_part, right_part in ((left.metadata, right.metadata), (left.spec, right.spec))
    )


def from_stored(kind: Kind, stored: StoredResource) -> Resource:
    """The v1 resource that an object holds: as it was applied, or as v3 tools have changed it since."""
    recorded = record.read_record(stored)
    metadata, spec = kind.from_v3(_without_own_annotations(stored))
    if recorded is None or not record.is_about(recorded, kind, stored):
        return kind.resource(metadata, spec)
    recorded_v3 = kind.to_v3(kind.resource(recorded.metadata, recorded.spec))
    if record.is_current(recorded, kind, stored.spec) and _unchanged_labels(kind, stored, recorded_v3) == metadata.get(
        "labels"
    ):
        return kind.resource(recorded.metadata, recorded.spec)
    projected = kind.from_v3(StoredResource(stored.key, stored.metadata, recorded_v3.spec))
    return kind.resource(
        kind.restore_recorded_metadata(recorded.metadata, metadata),
        record.restore_spelling(recorded.spec, projected[1], spec),
    )


def _unchanged_labels(kind: Kind, stored: StoredResource, v3_object: V3Object) -> Any:
    """The labels that v1 would show had nobody changed them; they stand beside the spec that a record belongs to."""
    labels = (stored.metadata.get("labels") or {}) if v3_object.labels is None else v3_object.labels
    return kind.from_v3(replace(stored, metadata={**stored.metadata, "labels": labels}))[0].get("labels")


def _without_own_annotations(stored: StoredResource) -> StoredResource:
    """The object without the annotations that no manifest has."""
    if _OWN_ANNOTATIONS.isdisjoint(stored.annotations):
        return stored
    annotations = {key: text for key, text in stored.annotations.items() if key not in _OWN_ANNOTATIONS}
    return replace(stored, metadata={**stored.metadata, "annotations": annotations})


_OWN_ANNOTATIONS = frozenset([storage.RECORD_ANNOTATION, set_membership.SET_ANNOTATION])
"""Annotations of ours, which no manifest has."""
