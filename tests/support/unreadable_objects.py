"""Stored objects with wrong values: every field of every kind with a value of every wrong type, and broken values."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.request import Request, urlopen

from calicoctl.conversion.stored import to_stored
from calicoctl.kinds import KINDS, Kind
from calicoctl.manifest.writer import to_json
from calicoctl.schema.store import Schema, load_stored_schema
from calicoctl.storage import encode
from tests.support.etcd_server import Etcd
from tests.support.read_resources import read_valid_resources
from tests.support.wrong_types import MANIFESTS, SAMPLES, fields, type_names, with_value

_TRANSACTION_SIZE = 100
_GOOD = b'{"metadata":{"name":"x"},"spec":{}}'

BROKEN_VALUES = (
    b"",
    b"x",
    b"[]",
    b'"text"',
    b"5",
    b"\xff\xfe",
    b'{"metadata":[]}',
    b'{"metadata":"x"}',
    b'{"spec":"x"}',
    b'{"spec":[]}',
    b'{"spec":{"a":1e999}}',
    b'{"spec":{"a":NaN}}',
    b'{"spec":{"a":' + b"[" * 500 + b"]" * 500 + b"}}",
    b"[" * 100_000,
    _GOOD.decode().encode("utf-16"),
)
"""Values that are not objects of any kind."""


def stored_document(kind: Kind) -> dict[str, Any]:
    """An object of a kind as calicoctl stores it."""
    (resource,) = read_valid_resources(to_json([MANIFESTS[kind.name]]), "x.json")
    stored = to_stored(kind, resource, kind.stored_kind.key(kind.stored_name(resource.identifier)), None).stored
    document: dict[str, Any] = json.loads(encode(stored, kind.stored_kind))
    return document


def is_wrong(schema: Schema, name: str) -> bool:
    """Whether Calico rejects values of a type. Go reads 7.0 as no integer, and takes any number as a float."""
    types = type_names(schema)
    return name not in types and not (name == "integer" and "number" in types)


def unreadable_objects() -> dict[str, bytes]:
    """Key and value of an object of each kind for each field and wrong type, and for each broken value."""
    return {key: value for kind in KINDS for key, value in _unreadable_of(kind)}


def _unreadable_of(kind: Kind) -> Iterator[tuple[str, bytes]]:
    document = stored_document(kind)
    values = [
        json.dumps(with_value(document, path, SAMPLES[name])).encode()
        for path, schema in fields(load_stored_schema(kind.stored_kind.kind))
        for name in SAMPLES
        if is_wrong(schema, name)
    ]
    namespace = "default/" if kind.name == "workloadEndpoint" else ""
    for number, value in enumerate((*values, *BROKEN_VALUES)):
        yield kind.stored_kind.key(f"{namespace}bad-{number}"), value
    yield kind.stored_kind.key(f"{namespace}bad-\udcff"), _GOOD


def put_all(store: Etcd, values: Mapping[str, bytes]) -> None:
    """Write many keys with the JSON gateway of etcd: etcdctl takes 20 ms for each."""
    operations = [
        {"requestPut": {"key": _to_base64(key.encode("utf-8", "surrogateescape")), "value": _to_base64(value)}}
        for key, value in values.items()
    ]
    for start in range(0, len(operations), _TRANSACTION_SIZE):
        body = json.dumps({"success": operations[start : start + _TRANSACTION_SIZE]}).encode()
        with urlopen(Request(f"{store.endpoint}/v3/kv/txn", body), timeout=60) as response:  # noqa: S310  # http
            assert json.load(response)["succeeded"]


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


_ODD_VALUES: tuple[Any, ...] = ("", "text", "\U0001f600", "a\nb", "\x1b[31m", "x" * 5000, 10**30, -1, None)
_RECORDS = (
    "x",
    "[]",
    "{}",
    '{"metadata":1,"spec":{},"digest":""}',
    '{"metadata":{},"spec":{},"digest":"d"}',
    '{"metadata":{"name":"\\ud800"},"spec":{"ingress":[{"action":"zzz"}],"ipip":{"mode":"q","enabled":true}},"digest":""}',
    '{"metadata":{"name":"q","cidr":"z","peerIP":"z","node":"n","labels":{"a":1}},"spec":{},"digest":"d"}',
    '{"metadata":{"name":"q","cidr":"z","peerIP":"z","node":"n"},"spec":{"ipNetworks":["x"],"order":"x"},"digest":"d"}',
)
_NAMES = ("x", "[]", '{"name":5}', '{"name":"\\ud800q"}', "[" * 5000)


def odd_objects() -> dict[str, bytes]:
    """Key and value of objects with right types and values that no tool of Calico writes, also not Unicode."""
    return {key: value for kind in KINDS for key, value in _odd_of(kind)}


def _odd_of(kind: Kind) -> Iterator[tuple[str, bytes]]:
    document = stored_document(kind)
    namespace = "default/" if kind.name == "workloadEndpoint" else ""
    values = [*_odd_values(kind, document), json.dumps(_nested(document, 97)).encode()]
    for annotation, texts in (("projectcalico.org/v1-manifest", _RECORDS), ("projectcalico.org/metadata", _NAMES)):
        values += (
            json.dumps(with_value(document, ("metadata", "annotations", annotation), text)).encode() for text in texts
        )
    for number, value in enumerate(values):
        yield kind.stored_kind.key(f"{namespace}odd-{number}"), value


def _odd_values(kind: Kind, document: dict[str, Any]) -> Iterator[bytes]:
    for path, schema in fields(load_stored_schema(kind.stored_kind.kind)):
        types = type_names(schema)
        for value in _ODD_VALUES:
            name = "string" if isinstance(value, str) else "integer"
            if value is None or name in types or (name == "integer" and "number" in types):
                yield json.dumps(with_value(document, path, value)).encode()
        if "string" in types:
            marked = json.dumps(with_value(document, path, "MARK")).encode()
            yield marked.replace(b"MARK", rb"\ud800b")
            yield marked.replace(b"MARK", b"\xff\xed\xa0\x80")
    yield json.dumps(with_value(document, ("metadata", "labels", "MARK"), "x")).encode().replace(b"MARK", rb"\udfff")


def _nested(document: dict[str, Any], depth: int) -> dict[str, Any]:
    return with_value(document, ("spec", *["unknown"] * depth), 1)  # type: ignore[no-any-return]
