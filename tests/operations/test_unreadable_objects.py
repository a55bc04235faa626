"""Unreadable objects are named with their key, and never hide or change another resource."""

from __future__ import annotations

import json
from typing import Any

import pytest

from calicoctl.datastore import Entry
from calicoctl.kinds import KINDS, Kind
from calicoctl.operations.read.lookup import decode_entry
from calicoctl.schema.store import Schema, load_v3_schema
from tests.support.etcd_server import Etcd
from tests.support.read_resources import EVERY_KIND
from tests.support.runner import Calicoctl
from tests.support.stored_objects import object_key, put_object
from tests.support.wrong_types import paths_of, with_value

WRONG_VALUES: tuple[Any, ...] = (5, "x", True, [5], ["x"], {"a": 5}, [["x"]], [{}], {"a": ["x"]})


def sample(schema: Schema) -> Any:
    """A value of the right type with all fields."""
    if "properties" in schema:
        return {name: sample(part) for name, part in schema["properties"].items()}
    if isinstance(schema.get("additionalProperties"), dict):
        return {"a": sample(schema["additionalProperties"])}
    if "items" in schema:
        return [sample(schema["items"])]
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {"string": "x", "boolean": True}.get(names[0], 1)


@EVERY_KIND
def test_each_value_of_a_wrong_type_makes_an_object_unreadable_or_is_right(kind: Kind) -> None:
    """Code of a kind never fails: what it cannot read is found before."""
    schema = load_v3_schema(kind.stored_kind.kind)
    document = sample(schema)
    unreadable = 0
    for path in paths_of(document):
        for value in (*WRONG_VALUES, None, "\ud800"):
            text = json.dumps(with_value(document, path, value)).encode()
            entry = decode_entry(kind, Entry(kind.stored_kind.key("default/x"), text, 1, 1))
            assert bool(entry.resource) != bool(entry.decode_error), (path, value)
            unreadable += entry.resource is None
    assert unreadable > len(list(paths_of(document)))


VALUES = [
    b"",
    b"5",
    b"[]",
    b"\xff",
    b'{"metadata":[]}',
    b'{"spec":5}',
    b'{"spec":{"order":1e999}}',
    b'{"spec":{"order":"x"}}',
]


@pytest.mark.parametrize("value", VALUES)
def test_get_of_an_unreadable_name_fails_and_names_the_key(store: Etcd, calicoctl: Calicoctl, value: bytes) -> None:
    key = object_key("globalnetworkpolicies", "bad")
    store.put(key, value)
    put_object(store, object_key("globalnetworkpolicies", "good"), {"selector": "all()"})
    for form in ("yaml", "name", "wide", "json"):
        result = calicoctl("get", "policy", "bad", "good", "-o", form, "--ignore-not-found")
        assert (result.exit_code, key in result.stderr) == (6, True)
        listed = calicoctl("get", "policy", "-o", form)
        assert (listed.exit_code, "good" in listed.stdout, listed.stderr.count(key)) == (0, True, 1)
        assert result.stdout == listed.stdout


KIND_VALUES = [
    ("hostendpoints/bad", {"node": 5}, "hostEndpoint/n1/bad"),
    ("bgppeers/bad", {"peerIP": []}, "bgpPeer/global/192.0.2.1"),
    ("ippools/bad", {"cidr": {}}, "ipPool/10.0.0.0/8"),
]


@pytest.mark.parametrize(("key", "spec", "name"), KIND_VALUES)
def test_an_unreadable_object_may_be_the_missing_one(
    store: Etcd, calicoctl: Calicoctl, key: str, spec: dict[str, Any], name: str
) -> None:
    put_object(store, object_key(*key.split("/")), spec)
    result = calicoctl("get", name)
    assert (result.exit_code, f"{name} not found" in result.stderr) == (6, True)
    assert object_key(*key.split("/")) in result.stderr


def test_writes_refuse_it_and_other_resources_are_written(store: Etcd, calicoctl: Calicoctl) -> None:
    key = object_key("profiles", "bad")
    put_object(store, key, {"ingress": {}})
    before = store.get(key)
    manifest = "{{apiVersion: v1, kind: profile, metadata: {{name: {}}}, spec: {{}}}}"
    refused = calicoctl("apply", "-f", "-", input=manifest.format("bad"))
    assert (refused.exit_code, key in refused.stderr) == (8, True)
    for arguments in (("patch", "profile", "bad", "-p", "{}"), ("label", "profile", "bad", "a=b")):
        result = calicoctl(*arguments)
        assert (result.exit_code, key in result.stderr) == (8, True)
    assert calicoctl("apply", "-f", "-", input=manifest.format("good")).exit_code == 0
    assert store.get(key) == before
    assert calicoctl("delete", "profile", "bad").exit_code == 0
    assert calicoctl("get", "profile", "-o", "name").stdout == "profile/good\n"


def test_analysis_names_what_it_omits(store: Etcd, calicoctl: Calicoctl) -> None:
    key = object_key("globalnetworkpolicies", "bad")
    put_object(store, key, {"ingress": [{"action": 5}]})
    put_object(
        store, object_key("hostendpoints", "h"), {"node": "n1", "interfaceName": "eth0", "expectedIPs": ["10.0.0.1"]}
    )
    trace = ("trace", "--from", "10.0.0.2", "--to", "10.0.0.1", "--protocol", "tcp", "--port", "80")
    for arguments in (trace, ("lint",), ("connectivity",)):
        result = calicoctl(*arguments)
        assert key in result.stderr, arguments
        assert "spec.ingress[0].action" in result.stderr


def test_a_surrogate_is_shown_as_go_reads_it(store: Etcd, calicoctl: Calicoctl) -> None:
    store.put(object_key("profiles", "p"), '{"metadata":{"name":"p"},"spec":{"labelsToApply":{"a":"\\ud800"}}}')
    shown = calicoctl("get", "profile", "p", "-o", "yaml")
    assert (shown.exit_code, "\ufffd" in shown.stdout) == (0, True)


def test_all_kinds_are_tried() -> None:
    assert {key.partition("/")[0] for key, _, _ in KIND_VALUES} < {kind.stored_kind.plural for kind in KINDS}
