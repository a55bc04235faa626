"""Stored endpoints for an analysis: the fast decoder gives the same result as the complete one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from calicoctl.analysis.model.policy_set import PolicySource
from calicoctl.conversion.stored import from_stored, to_stored
from calicoctl.datastore import Entry
from calicoctl.kinds import Kind, find_kind, kind_of_key
from calicoctl.operations.policy_sets.endpoints import DecodedSource, EndpointDecoder
from calicoctl.operations.read.labels import ENDPOINT_KINDS
from calicoctl.storage import encode
from tests.support.decoding import decode
from tests.support.manifests import host_endpoint, workload_endpoint
from tests.support.recordings import Row, load_rows

ROWS = [row for row in load_rows("storage") if kind_of_key(row["etcd_key"]) in ENDPOINT_KINDS]
NAMES = [("N_1.x", "Orch", "w/x", "E"), ("n", "k8s", "ns.pod", "eth0"), ("n", "cni", "c1", "eth0")]


def read_endpoint(key: str, value: bytes | str) -> DecodedSource:
    kind = kind_of_key(key)
    assert kind
    return EndpointDecoder().decode(kind, Entry(key, value.encode() if isinstance(value, str) else value, 1, 1))


def stored_endpoint(manifest: dict[str, Any]) -> tuple[Kind, str, bytes]:
    kind = find_kind(manifest["kind"])
    assert kind
    resource = kind.resource(*kind.normalize(manifest))
    key = kind.stored_kind.key(kind.key_segments(kind.stored_name(resource.identifier))[0])
    return kind, key, encode(to_stored(kind, resource, key, None).stored, kind.stored_kind)


def test_there_are_recorded_endpoints() -> None:
    assert len(ROWS) > 15


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']}-{row['by']}")
def test_endpoints_of_the_go_tools(row: Row) -> None:
    check(row["etcd_key"], row["etcd_value"])


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("labels", [None, {"a": "b"}])
def test_applied_endpoints(names: tuple[str, str, str, str], labels: Any) -> None:
    spec: dict[str, Any] = {"ipNetworks": ["10.0.0.1"], "profiles": ["My_Net"]}
    _, key, value = stored_endpoint(workload_endpoint(*names, labels=labels, **spec))
    check(key, value)
    source = read_endpoint(key, value).source
    assert source
    assert source.identifier.values == names
    _, key, value = stored_endpoint(host_endpoint("N_1", names[3], labels=labels, expectedIPs=["10.0.0.1"]))
    check(key, value)


def check(key: str, value: bytes | str) -> None:
    source, notes, _ = read_endpoint(key, value)
    kind = kind_of_key(key)
    assert source
    assert kind
    stored = decode(key, value.encode() if isinstance(value, str) else value, 1)
    resource = from_stored(kind, stored)
    assert source.identifier == resource.identifier
    assert source.resource == resource
    assert source.resource is source.resource, "made once"
    assert source.endpoint_state
    account = stored.spec.get("serviceAccountName")
    assert source.endpoint_state.labels == {
        **(stored.metadata.get("labels") or {}),
        **({"projectcalico.org/serviceaccount": account} if account else {}),
    }
    assert list(source.endpoint_state.profiles) == (stored.spec.get("profiles") or [])
    assert list(source.endpoint_state.addresses) == (
        stored.spec.get("ipNetworks") or stored.spec.get("expectedIPs") or []
    )
    assert notes == ()


def test_labels_of_a_workload_cannot_imitate_a_namespace() -> None:
    labels = {"pcns.env": "prod", "pcsa.a": "b", "pcn": "c"}
    _, key, value = stored_endpoint(workload_endpoint("n", "cni", "c1", "eth0", labels=labels, ipNetworks=["10.0.0.1"]))
    source = read_endpoint(key, value).source
    assert source
    assert source.endpoint_state
    assert {label for label in source.endpoint_state.labels if not label.startswith("projectcalico.org/")} == {"pcn"}
    _, key, value = stored_endpoint(host_endpoint("n", "eth0", labels=labels, expectedIPs=["10.0.0.1"]))
    source = read_endpoint(key, value).source
    assert source
    assert source.endpoint_state
    assert source.endpoint_state.labels == labels


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"spec": {"interfaceName": ""}}, "has no interfaceName: omitted, as in Felix"),
        ({"spec": {"profiles": "web"}}, "spec.profiles has a value of the wrong type: omitted"),
        ({"spec": {"ipNetworks": [1]}}, "spec.ipNetworks[0] has a value of the wrong type: omitted"),
        ({"spec": {"serviceAccountName": 1}}, "spec.serviceAccountName has a value of the wrong type: omitted"),
        ({"metadata": {"labels": {"a": 1}}}, "metadata.labels.a has a value of the wrong type: omitted"),
        ({"metadata": {"labels": {"a": ["b"]}}}, "metadata.labels.a has a value of the wrong type: omitted"),
        ({"metadata": {"labels": ["a"]}}, "metadata.labels has a value of the wrong type: omitted"),
    ],
)
def test_endpoints_that_felix_ignores_are_omitted_with_a_note(change: dict[str, Any], note: str) -> None:
    _, key, value = stored_endpoint(
        workload_endpoint("n", "cni", "c1", "eth0", labels={"a": "b"}, ipNetworks=["10.0.0.1"])
    )
    document = json.loads(value)
    for part, fields in change.items():
        document[part] |= fields
    source, notes, _ = read_endpoint(key, json.dumps(document))
    assert source is None
    assert len(notes) == 1
    assert notes[0].endswith(note)


def test_equal_endpoints_share_their_labels_and_profiles() -> None:
    decoder = EndpointDecoder()
    found: list[PolicySource] = []
    for number in range(3):
        manifest = workload_endpoint(
            "n", "cni", f"c{number}", "eth0", labels={"a": "b"}, ipNetworks=[f"10.0.0.{number}"], profiles=["web"]
        )
        kind, key, value = stored_endpoint(manifest)
        found += filter(None, [decoder.decode(kind, Entry(key, value, 1, 1)).source])
    first, *others = (source.endpoint_state for source in found)
    assert first
    for other in others:
        assert other
        assert other.labels is first.labels
        assert other.profiles is first.profiles
        assert other.addresses != first.addresses
