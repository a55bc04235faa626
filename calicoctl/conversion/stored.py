"""Conversion between v1 resources and stored v3 objects, without loss on either side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from calicoctl.conversion.merge import merge_labels, merge_spec
from calicoctl.conversion.record import (
    MAX_RECORD_BYTES,
    encode_record,
    read_record,
    restore_spelling,
    without_empty_parts,
)
from calicoctl.kinds.field_table import without_empty
from calicoctl.kinds.kind import Kind, V3Object
from calicoctl.kinds.values.set_membership import SET_ANNOTATION
from calicoctl.resource import Resource
from calicoctl.storage import (
    MAX_ANNOTATIONS_SIZE,
    RECORD_ANNOTATION,
    StoredResource,
    annotations_size,
    new_timestamp,
    new_uid,
)

_OWN_ANNOTATIONS = frozenset((RECORD_ANNOTATION, SET_ANNOTATION))
"""Annotations of calicoctl, which no manifest contains."""
_SET_ANNOTATION_SIZE = 128
"""Size of the annotation with the set of an object, at most; it is added later."""
_REQUIRED_METADATA = ("name", "uid", "creationTimestamp")
"""Metadata that Calico's tools need to update an object."""


class Conversion(NamedTuple):
    """An object to write, and descriptions of what the write removes from the existing object."""

    stored: StoredResource
    notes: tuple[str, ...] = ()
    """Removed labels."""
    losses: tuple[str, ...] = ()
    """Removed v3-only match criteria."""
    contradictions: tuple[str, ...] = ()
    """Rules of Calico 3 that the object breaks."""


class AnnotationsTooLargeError(ValueError):
    """The record of a resource, or all annotations, do not fit in an object."""


def to_stored(
    kind: Kind, resource: Resource, key: str, existing: StoredResource | None, *, full_replace: bool = False
) -> Conversion:
    """Return the object for a resource, merged into the existing object.

    uid, creationTimestamp, labels, foreign annotations, and fields of the spec that v1 does not own are kept.

    Args:
        kind: the kind of the resource.
        resource: the resource in normal form.
        key: the etcd key of the object.
        existing: the object at the key; None if there is none.
        full_replace: whether the resource was made from the v1 form of `existing`, so that a missing field is a
            removed field. By default, the kind may take missing fields from `existing`.

    Raises:
        AnnotationsTooLargeError: the annotations do not fit in an object.
    """
    if existing and not full_replace:
        resource = kind.default_from_existing(resource, from_stored(kind, existing))
    v3_object, canonical = kind.to_v3(resource), _canonical_v3(kind, existing)
    merge = merge_spec(kind, existing.spec if existing else {}, canonical.spec, v3_object.spec)
    metadata = dict(existing.metadata) if existing else {}
    namespace, _, name = kind.stored_kind.key_suffix(key).rpartition("/")
    metadata["name"] = metadata.get("name") or name
    if namespace:
        metadata["namespace"] = namespace
    metadata["uid"] = metadata.get("uid") or new_uid()
    metadata["creationTimestamp"] = metadata.get("creationTimestamp") or new_timestamp()
    metadata["annotations"] = {**_foreign_annotations(existing), **v3_object.annotations}
    if v3_object.labels is not None:
        metadata["labels"] = merge_labels(metadata.get("labels") or {}, canonical.labels or {}, v3_object.labels)
    kind.set_layout_metadata(metadata, merge.spec, name, existing is None)
    revision, extra_fields = (existing.revision, existing.extra) if existing else (0, kind.extra_fields)
    stored = with_record(
        kind, resource, StoredResource(key, without_empty(metadata), merge.spec, revision, extra_fields)
    )
    _check_annotations(stored)
    contradictions = tuple(kind.check_v3(merge.spec)) if existing else ()
    return Conversion(stored, merge.notes, merge.losses, contradictions)


def _check_annotations(stored: StoredResource) -> None:
    size = annotations_size(stored.annotations) + _SET_ANNOTATION_SIZE
    if size > MAX_ANNOTATIONS_SIZE:
        raise AnnotationsTooLargeError(f"the annotations have {size:,} bytes (at most {MAX_ANNOTATIONS_SIZE:,})")


def _canonical_v3(kind: Kind, stored: StoredResource | None) -> V3Object:
    """Return the v3 form of the v1 form of an object: what calicoctl would store for it."""
    return kind.to_v3(kind.resource(*kind.from_v3(_without_own_annotations(stored)))) if stored else V3Object({})


def _foreign_annotations(existing: StoredResource | None) -> dict[str, str]:
    """Return the annotations that calicoctl did not write: neither the record nor those of the recorded manifest."""
    if existing is None:
        return {}
    record = read_record(existing)
    own_annotations = {RECORD_ANNOTATION, *(record.metadata.get("annotations") or {} if record else ())}
    return {key: text for key, text in existing.annotations.items() if key not in own_annotations}


def with_record(kind: Kind, resource: Resource, stored: StoredResource) -> StoredResource:
    """Return the object, with a record if its conversion to v1 does not give the resource.

    Raises:
        AnnotationsTooLargeError: the record does not fit in an annotation.
    """
    if kind.from_v3(stored) == (resource.metadata, resource.spec):
        return stored
    text = encode_record(kind, resource, stored.spec)
    if len(text.encode()) > MAX_RECORD_BYTES:
        raise AnnotationsTooLargeError(
            f"{len(text.encode()):,} bytes of it have no v3 form (at most {MAX_RECORD_BYTES:,} can be stored)"
        )
    return _with_annotations(stored, {**stored.annotations, RECORD_ANNOTATION: text})


def already_stored(
    kind: Kind, resource: Resource, stored: StoredResource, shown: Resource, *, full_replace: bool = False
) -> bool:
    """Return whether a write of the resource would not change the object.

    This takes half the time of `to_stored` and a comparison.

    Args:
        kind: the kind of the resource.
        resource: the resource in normal form.
        stored: the existing object.
        shown: the v1 form of `stored`.
        full_replace: as in `to_stored`.
    """
    completed = resource if full_replace else kind.default_from_existing(resource, shown)
    return completed == shown and all(stored.metadata.get(name) for name in _REQUIRED_METADATA)


def is_equal(left: StoredResource, right: StoredResource) -> bool:
    """Return whether two objects are equal except for empty parts, so that nothing must be written."""
    if left.metadata == right.metadata and left.spec == right.spec:
        return True
    return all(
        without_empty_parts(dict(left_part)) == without_empty_parts(dict(right_part))
        for left_part, right_part in ((left.metadata, right.metadata), (left.spec, right.spec))
    )


def from_stored(kind: Kind, stored: StoredResource) -> Resource:
    """Return the v1 resource of an object: as it was applied, with later changes by v3 tools."""
    record = read_record(stored)
    metadata, spec = kind.from_v3(_without_own_annotations(stored))
    if record is None or not record.describes(kind, stored):
        return kind.resource(metadata, spec)
    recorded_v3 = kind.to_v3(kind.resource(record.metadata, record.spec))
    if record.is_current(kind, stored.spec) and _has_labels_of(recorded_v3, kind, stored, metadata.get("labels")):
        return kind.resource(record.metadata, record.spec)
    projected_spec = kind.spec_from_v3(recorded_v3.spec)
    return kind.resource(
        kind.restore_recorded_metadata(record.metadata, metadata),
        restore_spelling(record.spec, projected_spec, spec),
    )


def _has_labels_of(recorded: V3Object, kind: Kind, stored: StoredResource, shown_labels: Any) -> bool:
    """Return whether the object still has the labels of its record. The digest covers the spec only."""
    if recorded.labels is None:
        return True
    written = replace(stored, metadata={**stored.metadata, "labels": recorded.labels})
    return bool(kind.metadata_from_v3(written).get("labels") == shown_labels)


def _without_own_annotations(stored: StoredResource) -> StoredResource:
    if _OWN_ANNOTATIONS.isdisjoint(stored.annotations):
        return stored
    return _with_annotations(
        stored, {key: text for key, text in stored.annotations.items() if key not in _OWN_ANNOTATIONS}
    )


def _with_annotations(stored: StoredResource, annotations: Mapping[str, str]) -> StoredResource:
    return replace(stored, metadata={**stored.metadata, "annotations": annotations})
