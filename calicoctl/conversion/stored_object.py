"""Stored objects: values of etcd in a manifest, for objects that v1 cannot represent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from calicoctl.kinds.values.set_membership import SET_ANNOTATION
from calicoctl.manifest.stored_objects import STORED_OBJECT
from calicoctl.resource import API_VERSION, Identifier
from calicoctl.storage import PREFIX, CorruptEntryError, check_key, decode_json, encode_json, new_timestamp, new_uid

IPAM_PREFIX = "/calico/ipam/v2/"
"""Prefix of the keys of Calico IPAM: blocks, handles and affinities."""

_SERVER_FIELDS = ("uid", "creationTimestamp")
"""Metadata that belongs to one datastore and is not exported."""


class StoredObject(NamedTuple):
    """An etcd key and the value of the key, without the metadata that the datastore sets."""

    key: str
    content: Mapping[str, Any]

    @property
    def identifier(self) -> Identifier:
        """Name in reports: the v3 kind and name, such as `Tier/default`, or the key."""
        if not self.key.startswith(PREFIX):
            return Identifier(STORED_OBJECT, (self.key[1:],))
        plural, _, name = self.key.removeprefix(PREFIX).partition("/")
        kind = self.content.get("kind")
        return Identifier(kind if isinstance(kind, str) and kind else plural, (name,))

    @property
    def set_name(self) -> str | None:
        """The set of the object; None if it belongs to none."""
        name = _annotations(self.content).get(SET_ANNOTATION)
        return name if isinstance(name, str) else None

    def with_set(self, name: str) -> StoredObject:
        """Return the object as a member of a set."""
        annotations = {**_annotations(self.content), SET_ANNOTATION: name}
        metadata = {**self.content["metadata"], "annotations": annotations}
        return self._replace(content={**self.content, "metadata": metadata})

    def manifest(self) -> dict[str, Any]:
        """Return the document of the object."""
        return {
            "kind": STORED_OBJECT,
            "apiVersion": API_VERSION,
            "metadata": {"key": self.key},
            "spec": dict(self.content),
        }

    def is_equal(self, other: StoredObject) -> bool:
        """Return whether two objects are equal as JSON: `1` is `1.0`, but not `true`."""
        return self == other and _comparable(self.content) == _comparable(other.content)

    def encode(self, existing_value: bytes | None) -> bytes:
        """Return the value to store. The metadata that the datastore sets is kept from the existing value.

        Raises:
            CorruptEntryError: the existing value is not a JSON object.
        """
        if not self.key.startswith(PREFIX):
            return encode_json(self.content)
        existing = _decode(existing_value)["metadata"] if existing_value is not None else {}
        metadata = {
            "name": self.key.rpartition("/")[2],
            **self.content["metadata"],
            "uid": existing.get("uid") or new_uid(),
            "creationTimestamp": existing.get("creationTimestamp") or new_timestamp(),
        }
        return encode_json({**self.content, "metadata": metadata})


def from_value(key: str, value: bytes) -> StoredObject:
    """Return the object of an entry.

    Raises:
        CorruptEntryError: the value is not a JSON object, or the key is not UTF-8.
    """
    check_key(key)
    if not key.startswith(PREFIX):
        return StoredObject(key, decode_json(value))
    content = _decode(value)
    metadata = {name: field for name, field in content["metadata"].items() if name not in _SERVER_FIELDS}
    return StoredObject(key, {**content, "metadata": metadata})


def from_manifest(manifest: Mapping[str, Any]) -> StoredObject:
    """Return the object of a document that is valid by its schema.

    Raises:
        CorruptEntryError: the object has metadata that is not a mapping.
    """
    return from_value(manifest["metadata"]["key"], json.dumps(manifest["spec"]).encode())


def _comparable(value: Any) -> Any:
    """Return a value that is equal for equal JSON only. For Python, True is equal to 1."""
    if isinstance(value, Mapping):
        return {key: _comparable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_comparable(part) for part in value]
    return (bool, str(value)) if isinstance(value, bool) else value


def _annotations(content: Mapping[str, Any]) -> dict[str, Any]:
    metadata = content.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return annotations if isinstance(annotations, dict) else {}


def _decode(value: bytes) -> dict[str, Any]:
    content = decode_json(value)
    metadata = content.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise CorruptEntryError("has metadata that is not an object")
    return {**content, "metadata": metadata}
