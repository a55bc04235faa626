"""The record of a v1 manifest beside its v3 object, for what v3 can't hold: tags, original names, spellings.

It is an annotation, which Calico's own tools keep and the agent ignores. It belongs to the v3 spec that it was
written with: when someone else has changed that since, the spec wins and what of the record still fits is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from calicoctl.kinds.kind import Kind
from calicoctl.resource import Resource
from calicoctl.storage import RECORD_ANNOTATION, StoredResource

MAX_RECORD_BYTES = 200 * 1024
"""Calico refuses objects with more than 256 KiB of annotations."""


class Record(NamedTuple):
    """What was applied, and the digest of the v3 spec that it was stored as."""

    metadata: dict[str, Any]
    spec: dict[str, Any]
    digest: str


def encode_record(kind: Kind, resource: Resource, spec: Mapping[str, Any]) -> str:
    """The annotation for a resource that is stored with this v3 spec; the order of fields and labels says nothing."""
    content = {"metadata": resource.metadata, "spec": resource.spec, "digest": _digest(kind, spec)}
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def read_record(stored: StoredResource) -> Record | None:
    """The record beside an object, or None when there is none that can be read."""
    text = stored.annotations.get(RECORD_ANNOTATION)
    if not text:
        return None
    try:
        content = json.loads(text)
        record = Record(dict(content["metadata"]), dict(content["spec"]), str(content["digest"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return record


def is_about(record: Record, kind: Kind, stored: StoredResource) -> bool:
    """Whether the record is about this object: one that was copied to another name says nothing about it."""
    identifier = kind.identifier(record.metadata)
    if kind.find_by_content and kind.identifier(kind.from_v3(stored)[0]) == identifier:
        return True
    place = kind.stored_kind.key_suffix(stored.key)
    return place in kind.key_segments(kind.stored_name(identifier)) or place == identifier.values[-1]


def is_current(record: Record, kind: Kind, spec: Mapping[str, Any]) -> bool:
    """Whether the v3 spec is still the one that the record was written with, as far as v1 speaks of it."""
    return record.digest == _digest(kind, spec)


def _digest(kind: Kind, spec: Mapping[str, Any]) -> str:
    owned = {field: without_empty_parts(spec[field]) for field in kind.owned_fields if field in spec}
    text = json.dumps({field: value for field, value in owned.items() if value not in _EMPTY_VALUES}, sort_keys=True)
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


_EMPTY_VALUES: tuple[Any, ...] = (None, "", [], {})


def without_empty_parts(value: Any) -> Any:
    """The value without empty parts, which other tools write or leave out at will."""
    if isinstance(value, dict):
        cleaned = {key: without_empty_parts(part) for key, part in value.items()}
        return {key: part for key, part in cleaned.items() if part not in _EMPTY_VALUES}
    if isinstance(value, list):
        return [without_empty_parts(part) for part in value]
    return value


def restore_spelling(recorded: Any, projected: Any, current: Any) -> Any:
    """`current` in the recorded words, wherever it equals what the recorded words had become.

    Args:
        recorded: a value of the record, such as its spec.
        projected: what v3 would give back for it.
        current: what v3 gives back now.
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
