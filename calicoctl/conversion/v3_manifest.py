"""v3 manifests, as users of Calico 3 write them: conversion from v1 resources, and to the object stored for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from calicoctl.conversion.record import without_empty_parts
from calicoctl.conversion.stored import with_record
from calicoctl.kinds.field_table import without_empty
from calicoctl.kinds.kind import Kind
from calicoctl.kinds.policy import METADATA_ANNOTATION
from calicoctl.kinds.rules import DIRECTIONS, SIDES
from calicoctl.kinds.rules.v3_only import CONVERTIBLE_FIELDS, v3_only_criteria
from calicoctl.resource import FieldPath, Resource
from calicoctl.storage import API_VERSION, RECORD_ANNOTATION, StoredResource

_TOOL_ANNOTATIONS = frozenset((METADATA_ANNOTATION, RECORD_ANNOTATION))


def v3_manifest(kind: Kind, resource: Resource) -> dict[str, Any]:
    """Return the manifest from which Calico's calicoctl 3 stores the same object as calicoctl for the resource.

    It omits the fields that calicoctl 3 sets itself (tier, defaults of a pool, labels of the layout), so that every
    version 3.x accepts it.

    Raises:
        AnnotationsTooLargeError: the v1 form does not fit in an annotation.
    """
    key_name = _key_name(kind, resource)
    namespace, _, name = key_name.rpartition("/")
    v3_object = kind.to_v3(resource)
    metadata = {
        "name": name,
        "namespace": namespace,
        "labels": dict(v3_object.labels or {}),
        "annotations": v3_object.annotations,
    }
    stored = StoredResource(kind.stored_kind.key(key_name), without_empty(metadata), v3_object.spec)
    rules = {name: without_empty_parts(v3_object.spec[name]) for name in DIRECTIONS if name in v3_object.spec}
    return {
        "kind": kind.stored_kind.kind,
        "apiVersion": API_VERSION,
        "metadata": dict(with_record(kind, resource, stored).metadata),
        "spec": {**v3_object.spec, **rules},
    }


def as_stored(kind: Kind, manifest: Mapping[str, Any]) -> StoredResource:
    """Return the object that Calico's calicoctl 3 stores for a v3 manifest, as far as v1 can represent it."""
    metadata, spec = dict(manifest["metadata"]), dict(manifest.get("spec") or {})
    kind.set_v3_defaults(metadata, spec)
    key_name = "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
    return StoredResource(kind.stored_kind.key(key_name), metadata, spec)


def lost_fields(kind: Kind, resource: Resource, manifest: StoredResource) -> Iterator[FieldPath]:
    """Yield the fields of a v3 manifest that a write of the v1 resource would not restore.

    Only fields with a v1 schema are compared; `schema.from_v3` reports the others.
    """
    v3_object = kind.to_v3(resource)
    spec = dict(v3_object.spec)
    metadata: dict[str, Any] = {
        "labels": dict(v3_object.labels or {}),
        "annotations": dict(resource.metadata.get("annotations", {})),
    }
    namespace, _, name = _key_name(kind, resource).rpartition("/")
    if namespace:
        metadata["namespace"] = namespace
    kind.set_layout_metadata(metadata, spec, name, True)
    if not _is_key_name_of(kind, resource, manifest) and namespace != (manifest.metadata.get("namespace") or ""):
        yield "metadata", "namespace"
    for part in ("labels", "annotations"):
        for key, text in (manifest.metadata.get(part) or {}).items():
            if key not in _TOOL_ANNOTATIONS and metadata.get(part, {}).get(key) != text:
                yield "metadata", part, key
    for field, value in manifest.spec.items():
        if field not in kind.owned_fields and value and spec.get(field) != value:
            yield "spec", field
    yield from _lost_criteria(kind, manifest.spec)


def _lost_criteria(kind: Kind, spec: Mapping[str, Any]) -> Iterator[FieldPath]:
    """Yield the selectors of namespaces and service accounts that cannot be parsed, so that they have no v1 form."""
    for direction in DIRECTIONS:
        for index, rule in enumerate(spec.get(direction, ()) if direction in kind.owned_fields else ()):
            v3_only = v3_only_criteria(rule)
            for side, field in product(SIDES, sorted(CONVERTIBLE_FIELDS)):
                if f"{side}.{field}" in v3_only:
                    yield "spec", direction, index, side, field


def v1_rename(kind: Kind, resource: Resource, manifest: StoredResource) -> str | None:
    """Return the v3 name that calicoctl stores the resource under; None if it is the name of the v3 manifest."""
    return None if _is_key_name_of(kind, resource, manifest) else _key_name(kind, resource)


def _key_name(kind: Kind, resource: Resource) -> str:
    return kind.requested_name(resource) or kind.key_segments(kind.stored_name(resource.identifier))[0]


def _is_key_name_of(kind: Kind, resource: Resource, manifest: StoredResource) -> bool:
    """Return whether the resource can be stored under the v3 name of the manifest."""
    suffix = kind.stored_kind.key_suffix(manifest.key)
    return suffix in (_key_name(kind, resource), *kind.key_segments(kind.stored_name(resource.identifier)))
