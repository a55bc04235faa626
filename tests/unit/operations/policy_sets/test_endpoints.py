"""Endpoints of the datastore for an analysis: read in a hurry, and the same as those that are read at leisure."""

from __future__ import annotations

import json
from typing import Any

import pytest

from calicoctl.analysis.model.policy_set import PolicySource
from calicoctl.conversion.stored import from_stored, to_stored
from calicoctl.datastore import Entry
from calicoctl.kinds import Kind, find_kind, kind_of_key
from calicoctl.operations.policy_sets.endpoints import ENDPOINT_KINDS, EndpointSources
from calicoctl.storage import decode, encode
from tests.support.manifests import host_endpoint, workload_endpoint
from tests.support.recordings import Row, load_rows

ROWS = [
    row
    for row in load_rows("storage")
    if any(row["etcd_key"].startswith(kind.stored_kind.prefix) for kind in ENDPOINT_KINDS)
]
NAMES = [("N_1.x", "Orch", "w/x", "E"), ("n", "k8s", "ns.pod", "eth0"), ("n", "cni", "c1", "eth0")]


def read_endpoint(key: str, value: bytes | str) -> tuple[list[PolicySource], list[str]]:
    notes: list[str] = []
    entry = Entry(key, value.encode() if isinstance(value, str) else value, 1, 1)
    kind = kind_of_key(key)
    assert kind
    return list(filter(None, [EndpointSources(notes).make_source(kind, entry)])), notes


def stored_endpoint(manifest: dict[str, Any]) -> tuple[Kind, str, bytes]:
    kind = find_kind(manifest["kind"])
    assert kind
    resource = kind.resource(*kind.normalize(manifest))
    key = kind.stored_kind.key(kind.key_segments(kind.stored_name(resource.identifier))[0])
    return kind, key, encode(to_stored(kind, resource, key, None).stored, kind.stored_kind)


def test_there_are_recorded_endpoints() -> None:
    assert len(ROWS) > 15


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']}-{row['by']}")
def test_what_the_go_tools_stored_is_the_same_both_ways(row: Row) -> None:
    check(row["etcd_key"], row["etcd_value"])


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("labels", [None, {"a": "b"}])
def test_what_was_applied_is_the_same_both_ways(names: tuple[str, str, str, str], labels: Any) -> None:
    spec: dict[str, Any] = {"ipNetworks": ["10.0.0.1"], "profiles": ["My_Net"]}
    _, key, value = stored_endpoint(workload_endpoint(*names, labels=labels, **spec))
    check(key, value)
    assert read_endpoint(key, value)[0][0].identifier.values == names
    _, key, value = stored_endpoint(host_endpoint("N_1", names[3], labels=labels, expectedIPs=["10.0.0.1"]))
    check(key, value)


def check(key: str, value: bytes | str) -> None:
    (origin,), notes = read_endpoint(key, value)
    kind = kind_of_key(key)
    assert kind
    stored = decode(key, value.encode() if isinstance(value, str) else value, 1)
    slow = from_stored(kind, stored)
    assert origin.identifier == slow.identifier
    assert origin.resource == slow
    assert origin.resource is origin.resource, "it is made once"
    assert origin.endpoint_state
    account = stored.spec.get("serviceAccountName")
    assert origin.endpoint_state.labels == {
        **(stored.metadata.get("labels") or {}),
        **({"projectcalico.org/serviceaccount": account} if account else {}),
    }
    assert list(origin.endpoint_state.profiles) == (stored.spec.get("profiles") or [])
    assert list(origin.endpoint_state.addresses) == (
        stored.spec.get("ipNetworks") or stored.spec.get("expectedIPs") or []
    )
    assert notes == []


def test_a_workload_does_not_say_itself_what_namespace_it_is_in() -> None:
    labels = {"pcns.env": "prod", "pcsa.a": "b", "pcn": "c"}
    _, key, value = stored_endpoint(workload_endpoint("n", "cni", "c1", "eth0", labels=labels, ipNetworks=["10.0.0.1"]))
    (origin,), _ = read_endpoint(key, value)
    assert origin.endpoint_state
    assert {label for label in origin.endpoint_state.labels if not label.startswith("projectcalico.org/")} == {"pcn"}
    _, key, value = stored_endpoint(host_endpoint("n", "eth0", labels=labels, expectedIPs=["10.0.0.1"]))
    (origin,), _ = read_endpoint(key, value)
    assert origin.endpoint_state
    assert origin.endpoint_state.labels == labels


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"spec": {"interfaceName": ""}}, "has no interfaceName: left out, as the agent does"),
        ({"spec": {"profiles": "web"}}, "a field has a value of the wrong type: left out"),
        ({"spec": {"ipNetworks": [1]}}, "a field has a value of the wrong type: left out"),
        ({"spec": {"serviceAccountName": 1}}, "a field has a value of the wrong type: left out"),
        ({"metadata": {"labels": {"a": 1}}}, "a field has a value of the wrong type: left out"),
        ({"metadata": {"labels": {"a": ["b"]}}}, "a field has a value of the wrong type: left out"),
        ({"metadata": {"labels": ["a"]}}, "has labels that are not an object: left out"),
    ],
)
def test_what_the_agent_does_not_take_is_left_out_and_told(change: dict[str, Any], note: str) -> None:
    _, key, value = stored_endpoint(
        workload_endpoint("n", "cni", "c1", "eth0", labels={"a": "b"}, ipNetworks=["10.0.0.1"])
    )
    document = json.loads(value)
    for part, fields in change.items():
        document[part] |= fields
    origins, notes = read_endpoint(key, json.dumps(document))
    assert origins == []
    assert len(notes) == 1
    assert notes[0].endswith(note)


def test_those_alike_share_what_is_seen_of_them() -> None:
    endpoints = EndpointSources([])
    found: list[PolicySource] = []
    for number in range(3):
        manifest = workload_endpoint(
            "n", "cni", f"c{number}", "eth0", labels={"a": "b"}, ipNetworks=[f"10.0.0.{number}"], profiles=["web"]
        )
        kind, key, value = stored_endpoint(manifest)
        found += filter(None, [endpoints.make_source(kind, Entry(key, value, 1, 1))])
    first, *others = (origin.endpoint_state for origin in found)
    assert first
    for other in others:
        assert other
        assert other.labels is first.labels
        assert other.profiles is first.profiles
        assert other.addresses != first.addresses
