"""Stored v3 objects: keys and values in the layout that Felix reads from etcd v3."""

from __future__ import annotations

import json
import math
import os
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import field
from typing import Any, NamedTuple

from calicoctl.lazy_dataclass import dataclass

PREFIX = "/calico/resources/v3/projectcalico.org/"
API_VERSION = "projectcalico.org/v3"
RECORD_ANNOTATION = "projectcalico.org/v1-manifest"
"""Annotation with the v1 manifest of an object that v3 cannot represent, see `conversion.record`."""

MAX_ANNOTATIONS_SIZE = 256 * 1024
"""Maximum size of the annotations of an object in bytes: Calico 3 rejects larger ones."""

_METADATA_ORDER = ("name", "namespace", "uid", "creationTimestamp", "labels", "annotations")
_HTML_ESCAPES = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class StoredKind(NamedTuple):
    """Name of a v3 kind, and the segment of its keys."""

    kind: str
    plural: str

    @property
    def prefix(self) -> str:
        """Prefix of all keys of the kind, with the slash at its end."""
        return f"{PREFIX}{self.plural}/"

    def key(self, suffix: str) -> str:
        """Return the key of an object. `suffix` is its name, or `NAMESPACE/NAME` for a namespaced kind."""
        return self.prefix + suffix

    def key_suffix(self, key: str) -> str:
        """Return the `suffix` of a key."""
        return key.removeprefix(self.prefix)


@dataclass(frozen=True)
class StoredResource:
    """A v3 object and its key."""

    key: str
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    revision: int = 0
    """etcd ModRevision of the key, Calico's resourceVersion; 0 for an object that is not in etcd."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Other fields of the object, such as `status`."""

    @property
    def segment(self) -> str:
        """Last segment of the key, which Felix uses as the name."""
        return self.key.rpartition("/")[2]

    @property
    def annotations(self) -> Mapping[str, str]:
        """Annotations of the object."""
        return self.metadata.get("annotations") or {}


def annotations_size(annotations: Mapping[str, str]) -> int:
    """Return the size of annotations in bytes, as Calico 3 counts it: names and texts."""
    return sum(
        len(key.encode("utf-8", "surrogatepass")) + len(text.encode("utf-8", "surrogatepass"))
        for key, text in annotations.items()
    )


def new_uid() -> str:
    """Return a random UUID (RFC 9562, version 4). The module `uuid` would take 4 ms to import."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def new_timestamp() -> str:
    """Return the current time as a creationTimestamp."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class CorruptEntryError(ValueError):
    """A value in etcd is not a v3 object."""


def encode(stored: StoredResource, kind: StoredKind) -> bytes:
    """Return the bytes of an object as Calico's Go tools write them: compact, in their field order, HTML-safe."""
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
    return encode_json(document)


def encode_json(document: Mapping[str, Any]) -> bytes:
    """Return compact, HTML-safe JSON."""
    text = _ENCODER.encode(document)
    for character, escape in _HTML_ESCAPES.items():
        if character in text:
            text = text.replace(character, escape)
    return text.encode()


def _refuse_constant(name: str) -> None:
    """Raise ValueError for NaN and Infinity, which no tool of Calico can read."""
    raise ValueError(f"{name} is not a number")


def _read_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is beyond the range of numbers")
    return value


def _read_int(text: str) -> int:
    if len(text) >= _FLOAT_DIGITS:
        _read_float(text)
    return int(text)


_FLOAT_DIGITS = sys.float_info.max_10_exp
"""Numbers with fewer digits are in the range of Go's float64, and of manifests."""

# One instance for all values: `json.loads` and `json.dumps` create a new one for each call with options.
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_read_float)
_LONG_INT_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_read_float, parse_int=_read_int)
"""Decoder for values that may have an integer beyond the range of numbers. It takes a third longer."""

_MAX_DEPTH = 100
"""Maximum depth of a value, as in a manifest."""
_ESCAPE = re.compile(
    r"""(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})
      | (?P<single>\\u[dD][89a-fA-F][0-9a-fA-F]{2})
      | \\.""",
    re.VERBOSE,
)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def check_key(key: str) -> None:
    """Raise CorruptEntryError for a key of another program that is not UTF-8, and has no text."""
    if not key.isascii() and any("\ud800" <= character <= "\udfff" for character in key):
        raise CorruptEntryError("has a key that is not UTF-8")


def check_parts(document: Mapping[str, Any]) -> None:
    """Raise CorruptEntryError if metadata or spec is not an object."""
    for name in ("metadata", "spec"):
        part = document.get(name)
        if part is not None and not isinstance(part, dict):
            raise CorruptEntryError(f"has a {name} that is not an object")


def make_stored(key: str, document: dict[str, Any], revision: int) -> StoredResource:
    """Return the object of a JSON object. Like Calico's tools, ignore kind and apiVersion: the key has the kind.

    Raises:
        CorruptEntryError: metadata or spec is not an object.
    """
    check_parts(document)
    metadata, spec = document.pop("metadata", None), document.pop("spec", None)
    document.pop("kind", None)
    document.pop("apiVersion", None)
    return StoredResource(key, metadata or {}, spec or {}, revision, document)


def decode_json(value: bytes) -> dict[str, Any]:
    """Return the JSON object in a value. As in Calico's tools, U+FFFD replaces invalid Unicode.

    Raises:
        CorruptEntryError: the value is not a JSON object, or nested too deeply.
    """
    text = value.decode("utf-8", "replace")
    if "\\ud" in text or "\\uD" in text:
        text = _ESCAPE.sub(lambda match: "\\ufffd" if match["single"] else match[0], text)
    try:
        document = (_LONG_INT_DECODER if _may_have_long_int(value) else _DECODER).decode(text)
    except ValueError as error:
        raise CorruptEntryError(f"is not JSON ({error})") from None
    except RecursionError:
        raise CorruptEntryError("is nested too deeply") from None
    if not isinstance(document, dict):
        raise CorruptEntryError("is not a JSON object")
    if _may_be_deep(value) and _is_deep(document):
        raise CorruptEntryError("is nested too deeply")
    return document


def _may_have_long_int(value: bytes) -> bool:
    """Whether one of the places that a number of many digits cannot avoid has a digit."""
    places = value[:: _FLOAT_DIGITS - 1]
    return len(places.translate(None, b"0123456789")) < len(places)


def _may_be_deep(value: bytes) -> bool:
    """Whether the brackets of a value, including those in texts, allow a depth above the maximum."""
    if value.count(b"{") + value.count(b"[") <= _MAX_DEPTH:
        return False
    brackets = value.translate(None, _NO_BRACKETS)
    for _ in range(_MAX_DEPTH):
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not brackets:
            return False
    return True


def _is_deep(document: dict[str, Any]) -> bool:
    level: list[Any] = [document]
    for _ in range(_MAX_DEPTH):
        parts = (part for each in level for part in (each.values() if isinstance(each, dict) else each))
        level = [part for part in parts if isinstance(part, (dict, list))]
    return bool(level)
