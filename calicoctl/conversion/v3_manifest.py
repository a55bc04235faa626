"""v3 manifests, as users of Calico 3 write them: made from v1 resources, and read as what would be stored for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from calicoctl import storage
from calicoctl.conversion import record
from calicoctl.conversion.stored import with_record
from calicoctl.kinds.kind import Kind
from calicoctl.kinds.policy import METADATA_ANNOTATION
from calicoctl.kinds.rules.convert import without_empty
from calicoctl.kinds.rules.v3_only import CONVERTIBLE_FIELDS, v3_only_criteria
from calicoctl.resource import Resource
from calicoctl.storage import API_VERSION, StoredResource

Path = tuple["str | int", ...]

_DIRECTIONS = ("ingress", "egress")
_TOOL_ANNOTATIONS = frozenset((METADATA_ANNOTATION, storage.RECORD_ANNOTATION))


def v3_manifest(kind: Kind, resource: Resource) -> dict[str, Any]:
    """The manifest from which Calico's calicoctl 3 stores what we store for the resource.

    What it fills in itself is left out: the tier, defaults of a pool, labels of the layout. So every 3.x takes it.

    Raises:
        TooLargeError: what v3 can't say of the resource is too much for an annotation.
    """
    namespace, _, name = _key_name(kind, resource).rpartition("/")
    v3_object = kind.to_v3(resource)
    metadata = {
        "name": name,
        "namespace": namespace,
        "labels": dict(v3_object.labels or {}),
        "annotations": v3_object.annotations,
    }
    key = kind.stored_kind.key(_key_name(kind, resource))
    stored = with_record(kind, resource, StoredResource(key, without_empty(metadata), v3_object.spec))
    rules = {name: record.without_empty_parts(v3_object.spec[name]) for name in _DIRECTIONS if name in v3_object.spec}
    return {
        "kind": kind.stored_kind.kind,
        "apiVersion": API_VERSION,
        "metadata": dict(stored.metadata),
        "spec": {**stored.spec, **rules},
    }


def as_stored(kind: Kind, manifest: Mapping[str, Any]) -> StoredResource:
    """The object that Calico's calicoctl 3 stores for a v3 manifest, as far as v1 can say it."""
    metadata, spec = dict(manifest["metadata"]), dict(manifest.get("spec") or {})
    kind.set_v3_defaults(metadata, spec)
    place = "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
    return StoredResource(kind.stored_kind.key(place), metadata, spec)


def lost_fields(kind: Kind, resource: Resource, manifest: StoredResource) -> Iterator[Path]:
    """The fields of a v3 manifest, of those that v1 knows, that the v1 resource does not say.

    It does not where writing the resource would not make them again.
    """
    v3_object = kind.to_v3(resource)
    spec = dict(v3_object.spec)
    metadata: dict[str, Any] = {
        "labels": dict(v3_object.labels or {}),
        "annotations": dict(resource.metadata.get("annotations", {})),
    }
    place = _key_name(kind, resource)
    namespace, _, name = place.rpartition("/")
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


def _lost_criteria(kind: Kind, spec: Mapping[str, Any]) -> Iterator[Path]:
    """Selectors of namespaces and service accounts that can't be parsed, and so not put into v1 terms."""
    for direction in _DIRECTIONS:
        for index, rule in enumerate(spec.get(direction, ()) if direction in kind.owned_fields else ()):
            v3_only = v3_only_criteria(rule)
            for side, field in product(("source", "destination"), sorted(CONVERTIBLE_FIELDS)):
                if f"{side}.{field}" in v3_only:
                    yield "spec", direction, index, side, field


def v1_rename(kind: Kind, resource: Resource, manifest: StoredResource) -> str | None:
    """The name that v1 would store the resource under, when it is not that of the v3 manifest."""
    return None if _is_key_name_of(kind, resource, manifest) else _key_name(kind, resource)


def _key_name(kind: Kind, resource: Resource) -> str:
    return kind.requested_name(resource) or kind.key_segments(kind.stored_name(resource.identifier))[0]


def _is_key_name_of(kind: Kind, resource: Resource, manifest: StoredResource) -> bool:
    """Whether a v3 name is one that a resource can be stored under."""
    place = kind.stored_kind.key_suffix(manifest.key)
    return place in (_key_name(kind, resource), *kind.key_segments(kind.stored_name(resource.identifier)))
