"""Record of the v1 manifest in an annotation of its v3 object: tags, names and spellings that v3 cannot represent.

Calico's tools keep the annotation and Felix ignores it. A record belongs to the v3 spec that it was written with. If
another tool has changed the spec since then, the spec takes precedence, and only recorded values that still agree with
it are used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from calicoctl.kinds.kind import Kind
from calicoctl.resource import Resource
from calicoctl.storage import RECORD_ANNOTATION, StoredResource, decode_json

MAX_RECORD_BYTES = 200 * 1024
"""Calico rejects objects with more than 256 KiB of annotations."""


class Record(NamedTuple):
    """A resource as it was applied, and the digest of the v3 spec that was stored for it."""

    metadata: dict[str, Any]
    spec: dict[str, Any]
    digest: str

    def describes(self, kind: Kind, stored: StoredResource) -> bool:
        """Return whether the record belongs to this object, and was not copied from an object with another name."""
        identifier = kind.identifier(self.metadata)
        if kind.find_by_content and kind.identifier(kind.metadata_from_v3(stored)) == identifier:
            return True
        suffix = kind.stored_kind.key_suffix(stored.key)
        return suffix in kind.key_segments(kind.stored_name(identifier)) or suffix == identifier.values[-1]

    def is_current(self, kind: Kind, spec: Mapping[str, Any]) -> bool:
        """Return whether the fields of the v3 spec that v1 owns are unchanged since the record was written."""
        return self.digest == _digest(kind, spec)


def encode_record(kind: Kind, resource: Resource, spec: Mapping[str, Any]) -> str:
    """Return the annotation for a resource with this v3 spec. The order of fields and labels does not matter."""
    content = {"metadata": resource.metadata, "spec": resource.spec, "digest": _digest(kind, spec)}
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def read_record(stored: StoredResource) -> Record | None:
    """Return the record in an object; None if there is none or it cannot be decoded."""
    text = stored.annotations.get(RECORD_ANNOTATION)
    if not text:
        return None
    try:
        content = decode_json(text.encode())
        return Record(dict(content["metadata"]), dict(content["spec"]), str(content["digest"]))
    except (ValueError, TypeError, KeyError):
        return None


def _digest(kind: Kind, spec: Mapping[str, Any]) -> str:
    import hashlib

    owned = without_empty_parts({field: spec[field] for field in kind.owned_fields if field in spec})
    return hashlib.sha256(json.dumps(owned, sort_keys=True).encode()).hexdigest()


_EMPTY_VALUES: tuple[Any, ...] = (None, "", [], {})


def without_empty_parts(value: Any) -> Any:
    """Return the value without empty parts at any depth: other tools write or omit these, with the same meaning."""
    if isinstance(value, dict):
        cleaned = {key: without_empty_parts(part) for key, part in value.items()}
        return {key: part for key, part in cleaned.items() if part not in _EMPTY_VALUES}
    if isinstance(value, list):
        return [without_empty_parts(part) for part in value]
    return value


def restore_spelling(recorded: Any, projected: Any, current: Any) -> Any:
    """Return `current` in the recorded spelling, wherever it is equal to the converted recorded value.

    Args:
        recorded: a value of the record, such as its spec.
        projected: the recorded value after conversion to v3 and back.
        current: the value that is now read from v3.
    """
    if current == projected:
        return recorded
    if isinstance(current, dict) and isinstance(projected, dict) and isinstance(recorded, dict):
        return {key: restore_spelling(recorded.get(key), projected.get(key), part) for key, part in current.items()}
    if isinstance(current, list) and isinstance(projected, list) and isinstance(recorded, list):
        if len(projected) != len(recorded):
            return current
        return [recorded[projected.index(item)] if item in projected else item for item in current]
    return current
