"""Every field of every schema survives normalization, conversion to v3 and back, and storage.

The manifests are generated from the schemas, so that a new field of a schema without a conversion fails here.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from calicoctl.conversion.stored import from_stored, to_stored
from calicoctl.conversion.v3_manifest import v3_manifest
from calicoctl.kinds import KINDS, Kind
from calicoctl.kinds.policy import POLICY
from calicoctl.resource import Resource
from calicoctl.schema.from_v3 import from_v3
from calicoctl.schema.store import Schema, load_schema
from calicoctl.schema.validate import SchemaChecks
from calicoctl.storage import RECORD_ANNOTATION, StoredResource, encode
from tests.support.decoding import decode
from tests.support.read_resources import parse_documents

Path = tuple[str, ...]
"""Names of fields. Each list has one item, whose fields follow the name of the list."""

_IMPLIED = (("metadata", "scope"), ("metadata", "tier"))
"""The scope of a bgpPeer follows from its node. The tier of a policy is always `default`."""
_STORED_ONLY = {("metadata", name) for kind in KINDS for name in kind.stored_only_fields}
_NOT_STORED = {("kind",), ("apiVersion",), ("metadata", "resourceVersion"), *_IMPLIED, *_STORED_ONLY}
"""Fields that are not part of the v3 object."""
_FORMAT_SAMPLES = {
    "selector": ("role == 'a'", "role == 'b'"),
    "network": ("10.1.2.0/24", "10.1.3.0/24"),
    "address": ("10.1.2.3", "10.1.2.4"),
    "mac": ("ee:ee:ee:ee:ee:01", "ee:ee:ee:ee:ee:02"),
    "as-number": (65001, 65002),
    "port": (8080, 8081),
}
_SAMPLES: dict[str, tuple[Any, Any]] = {
    "cidr": ("10.1.0.0/16", "10.2.0.0/16"),
    "ipNetworks": (["10.1.2.3/32"], ["10.1.2.4/32"]),
    "ipv6Gateway": ("fd00::1", "fd00::2"),
    "ipv6Address": ("fd00::1/64", "fd00::2/64"),
}
"""Values of fields that kinds check in addition to the schema."""
_COMPANIONS: dict[Path, dict[Path, Any]] = {
    **{
        ("spec", direction, *path): {("spec", direction, "protocol"): protocol}
        for direction in ("ingress", "egress")
        for protocol, paths in (
            ("icmp", (("icmp", "type"), ("icmp", "code"), ("notICMP", "type"), ("notICMP", "code"))),
            ("tcp", tuple((side, name) for side in ("source", "destination") for name in ("ports", "notPorts"))),
        )
        for path in paths
    },
    ("metadata", "activeInstanceID"): {("metadata", "orchestrator"): "k8s", ("metadata", "workload"): "sample.pod"},
    ("spec", "ipNATs", "internalIP"): {("spec", "ipNetworks"): ["10.1.2.3/32", "10.1.2.4/32"]},
    ("spec", "ipNATs", "externalIP"): {("spec", "ipNetworks"): ["10.1.2.3/32"]},
    ("spec", "ipip", "mode"): {("spec", "ipip", "enabled"): True},
    ("spec", "bgp", "asNumber"): {("spec", "bgp", "ipv4Address"): "10.1.2.3/24"},
}
"""Other fields that a field requires to be valid and to reach v3."""
_BASES: dict[str, dict[Path, Any]] = {
    "hostEndpoint": {("spec", "interfaceName"): "eth0"},
    "bgpPeer": {("metadata", "node"): "n1"},
}
"""Fields of all manifests of a kind that are not required by its schema."""


def leaf_paths(schema: Schema, path: Path = ()) -> Iterator[Path]:
    part = schema.get("items", schema)
    if "properties" in part:
        for name, child in part["properties"].items():
            yield from leaf_paths(child, (*path, name))
    elif path not in _NOT_STORED:
        yield path


def sample(schema: Schema, name: str, index: int) -> Any:
    """Return one of two valid values."""
    if name in _SAMPLES:
        return _SAMPLES[name][index]
    if "items" in schema:
        return [sample(schema["items"], name, index)]
    if "properties" in schema:
        return {field: sample(schema["properties"][field], field, 0) for field in schema.get("required", ())}
    return _values(schema)[index]


def _values(schema: Schema) -> list[Any]:
    """Return valid values of a field without fields of its own."""
    is_valid = SchemaChecks.for_schema(schema).is_valid
    candidates = (
        *schema.get("enum", (schema.get("const"),))[::-1],
        *_FORMAT_SAMPLES.get(schema.get("format", ""), ()),
        *({"sample": text} for text in "ab"),
        *("udp", "tcp", "sample", "other", True, False, 8, 9),
    )
    values = [value for value in candidates if value and is_valid(value)]
    return values if len(values) > 1 else values * 2


def set_field(manifest: dict[str, Any], schema: Schema, path: Path, value: Any) -> None:
    """Set a field, and the required fields of the mappings that contain it."""
    name, *rest = path
    part = schema["properties"][name]
    if not rest:
        manifest[name] = value
        return
    item = part.get("items", part)
    container = manifest.setdefault(name, sample(part, name, 0))
    mapping = container[0] if isinstance(container, list) else container
    for dependent in item.get("dependentRequired", {}).get(rest[0], ()):
        mapping.setdefault(dependent, sample(item["properties"][dependent], dependent, 0))
    set_field(mapping, item, tuple(rest), value)


def remove_field(manifest: dict[str, Any], path: Path) -> None:
    for name in path[:-1]:
        container = manifest[name]
        manifest = container[0] if isinstance(container, list) else container
    del manifest[path[-1]]


def field_schema(schema: Schema, path: Path) -> Schema:
    for name in path:
        schema = schema.get("items", schema)["properties"][name]
    return schema


def manifests(kind: Kind, schema: Schema, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a valid manifest with the field, and one without it or with another value."""
    checks = SchemaChecks.for_schema(schema)
    part = field_schema(schema, path)
    with_field: dict[str, Any] = sample(schema, "", 0)
    for other, value in {**_BASES.get(kind.name, {}), **_COMPANIONS.get(path, {})}.items():
        set_field(with_field, schema, other, value)
    set_field(with_field, schema, path, sample(part, path[-1], 0))
    assert not [*checks.schema_errors(with_field), *kind.check(with_field)]
    without = copy.deepcopy(with_field)
    remove_field(without, path)
    if [*checks.schema_errors(without), *kind.check(without)]:
        set_field(without, schema, path, sample(part, path[-1], 1))
    return with_field, without


def stored_object(kind: Kind, resource: Resource) -> StoredResource:
    key_name = kind.requested_name(resource) or kind.key_segments(kind.stored_name(resource.identifier))[0]
    return to_stored(kind, resource, kind.stored_kind.key(key_name), None).stored


def v3_form(stored: StoredResource) -> tuple[Any, ...]:
    """Return the parts of an object that Calico itself reads."""
    annotations = {key: text for key, text in stored.annotations.items() if key != RECORD_ANNOTATION}
    return stored.key, annotations, stored.metadata.get("labels"), stored.spec


def read_v3_manifest(kind: Kind, resource: Resource) -> list[Resource | None]:
    """Return the v1 resource that `convert --to v1` makes of the v3 manifest, if nothing is lost."""
    text = json.dumps(v3_manifest(kind, resource))
    (document,) = parse_documents(text).documents
    result = from_v3(document)
    return [] if result.losses or result.problems else [located.resource for located in result.resources]


def lost_in(kind: Kind, schema: Schema, path: Path) -> list[str]:
    """Return the steps in which a field is lost."""
    resource, other = (kind.resource(*kind.normalize(manifest)) for manifest in manifests(kind, schema, path))
    stored, other_stored = stored_object(kind, resource), stored_object(kind, other)
    read = decode(stored.key, encode(stored, kind.stored_kind), 1)
    steps = {
        "normalize": resource != other,
        "to_v3": v3_form(stored) != v3_form(other_stored),
        "from_v3": kind.from_v3(stored) != kind.from_v3(other_stored),
        "storage": from_stored(kind, read) == resource,
        "v3 manifest": read_v3_manifest(kind, resource) == [resource],
    }
    return [step for step, survives in steps.items() if not survives]


CASES = [(kind, path) for kind in KINDS for path in leaf_paths(load_schema(kind.name))]


@pytest.mark.parametrize(("kind", "path"), CASES, ids=[".".join((kind.name, *path)) for kind, path in CASES])
def test_a_field_survives(kind: Kind, path: Path) -> None:
    assert lost_in(kind, load_schema(kind.name), path) == []


@pytest.mark.parametrize("path", [("metadata", "new"), ("spec", "new"), ("spec", "ingress", "source", "new")])
def test_a_schema_field_without_a_conversion_does_not_survive(path: Path) -> None:
    schema = copy.deepcopy(load_schema("policy"))
    part = field_schema(schema, path[:-1])
    part.get("items", part)["properties"]["new"] = {"type": "string"}
    assert path in leaf_paths(schema)
    assert lost_in(POLICY, schema, path) == ["normalize", "to_v3", "from_v3"]
