"""The stored v3 object: its key, its bytes, its revision. The layout that Calico's agent watches in etcd v3."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PREFIX = "/calico/resources/v3/projectcalico.org/"


API_VERSION = "projectcalico.org/v3"


_METADATA_ORDER = ("name", "namespace", "uid", "creationTimestamp", "labels", "annotations")


_HTML_ESCAPES = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class StoredKind(NamedTuple):
    """A kind as the datastore names it: the v3 kind, and the segment of its keys."""

    kind: str
    plural: str

    @property
    def prefix(self) -> str:
        """What all keys of the kind begin with, the trailing slash included."""
        return f"{PREFIX}{self.plural}/"

    def key(self, suffix: str) -> str:
        """The key of one object. `suffix` is its name, behind its namespace and a slash where the kind has those."""
        return self.prefix + suffix

    def key_suffix(self, key: str) -> str:
        """What `key` was made from."""
        return key.removeprefix(self.prefix)


@dataclass(frozen=True)
class StoredResource:
    """A v3 object with the key that it stands under.

    `revision` is etcd's ModRevision of the key, which Calico shows as resourceVersion; 0 when not written yet.
    """

    key: str
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    revision: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the object, such as `status`."""

    @property
    def segment(self) -> str:
        """The last segment of the key, which is the name that the agent goes by."""
        return self.key.rpartition("/")[2]

    @property
    def annotations(self) -> Mapping[str, str]:
        """The annotations; empty when there are none."""
        return self.metadata.get("annotations") or {}


def new_uid() -> str:
    """The uid of a new object: a random UUID (RFC 9562, version 4), without the 4 ms that importing `uuid` takes."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def new_timestamp() -> str:
    """The creationTimestamp of a new object."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class CorruptEntryError(ValueError):
    """A value in etcd that is no v3 object."""


def encode(stored: StoredResource, kind: StoredKind) -> bytes:
    """The bytes of an object as Calico's Go tools write them: compact, in their field order, HTML-safe."""
    metadata = {name: stored.metadata[name] for name in _METADATA_ORDER if name in stored.metadata}
    metadata.update((name, value) for name, value in stored.metadata.items() if name not in metadata)
    for name in ("labels", "annotations"):
        if name in metadata:
            metadata[name] = dict(sorted(metadata[name].items()))
    document = {
        "kind": kind.kind,
        "apiVersion": API_VERSION,
        "metadata": metadata,
        "spec": stored.spec,
        **stored.extra,
    }
    text = _ENCODER.encode(document)
    for character, escape in _HTML_ESCAPES.items():
        if character in text:
            text = text.replace(character, escape)
    return text.encode()


_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _refuse_constant(name: str) -> None:
    """NaN and Infinity are no JSON: no tool of Calico can read them."""
    raise ValueError(f"{name} is no number")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
"""One for all values: `json.loads` and `json.dumps` make a new one each time that they are given options."""


def decode(key: str, value: bytes, revision: int) -> StoredResource:
    """The object that a value holds.

    Kind and apiVersion are not looked at: readers take objects without them, the key says what it is.

    Raises:
        CorruptEntryError: when the value is no JSON object with metadata and spec of the right types.
    """
    try:
        document = _DECODER.decode(value.decode(json.detect_encoding(value), "surrogatepass"))
    except ValueError as error:
        raise CorruptEntryError(f"is no JSON ({error})") from None
    except RecursionError:
        raise CorruptEntryError("is nested too deeply") from None
    if not isinstance(document, dict):
        raise CorruptEntryError("is no JSON object")
    metadata, spec = document.pop("metadata", None) or {}, document.pop("spec", None) or {}
    for name, part in (("metadata", metadata), ("spec", spec)):
        if not isinstance(part, dict):
            raise CorruptEntryError(f"has a {name} that is no object")
    for name in ("labels", "annotations"):
        if not isinstance(metadata.get(name) or {}, dict):
            raise CorruptEntryError(f"has {name} that are no object")
    document.pop("kind", None)
    document.pop("apiVersion", None)
    return StoredResource(key, metadata, spec, revision, document)


RECORD_ANNOTATION = "projectcalico.org/v1-manifest"
