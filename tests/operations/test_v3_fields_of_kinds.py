"""What the agent, plugins and v3 tools wrote into nodes, pools, peers and endpoints: found, kept, written in place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, manifest, node, peer, pool, workload_endpoint
from tests.support.runner import Calicoctl
from tests.support.stored_objects import CREATION_TIMESTAMP, UID, object_key, put_object, read_object

BGP: dict[str, Any] = {"asNumber": 64600, "ipv4Address": "10.0.0.1/24", "ipv6Address": "fd00::1/64"}
NODE_OWN: dict[str, Any] = {
    "addresses": [{"address": "10.0.0.1/24", "type": "CalicoNodeIP"}],
    "ipv4VXLANTunnelAddr": "10.1.0.1",
    "vxlanTunnelMACAddr": "66:00:00:00:00:01",
    "wireguard": {"interfaceIPv4Address": "10.1.0.2"},
}
TUNNEL: dict[str, Any] = {"ipv4IPIPTunnelAddr": "10.1.0.3", "routeReflectorClusterID": "1.0.0.1"}
POOL_OWN: dict[str, Any] = {
    "blockSize": 28,
    "nodeSelector": "zone == 'a'",
    "vxlanMode": "CrossSubnet",
    "allowedUses": ["Workload"],
    "assignmentMode": "Manual",
    "disableBGPExport": True,
}
WEP: dict[str, Any] = {
    "orchestrator": "k8s",
    "node": "n1",
    "pod": "web-1",
    "containerID": "abc",
    "endpoint": "eth0",
    "interfaceName": "cali1",
    "ipNetworks": ["10.0.0.5/32"],
}
WEP_OWN: dict[str, Any] = {"serviceAccountName": "default", "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}
POD_LABELS = {
    "projectcalico.org/namespace": "prod",
    "projectcalico.org/orchestrator": "k8s",
    "projectcalico.org/serviceaccount": "default",
}

# Where it is stored, what is there, the v1 resource that is written, and what the spec is then.
SURVIVES: list[Any] = [
    pytest.param(
        "nodes/n1",
        {"bgp": {**BGP, **TUNNEL}, **NODE_OWN},
        node("n1"),
        {"bgp": {**BGP, **TUNNEL}, **NODE_OWN},
        id="node-without-bgp",
    ),
    pytest.param(
        "nodes/n1",
        {"bgp": {**BGP, **TUNNEL}, **NODE_OWN, "orchRefs": [{"orchestrator": "k8s", "nodeName": "N1"}]},
        node("n1", bgp={"ipv4Address": "10.7.0.1/16"}),
        {
            "bgp": {**BGP, "ipv4Address": "10.7.0.1/16", **TUNNEL},
            **NODE_OWN,
            "orchRefs": [{"orchestrator": "k8s", "nodeName": "N1"}],
        },
        id="node-with-another-address",
    ),
    pytest.param(
        "ippools/default-ipv4-ippool",
        {"cidr": "10.0.0.0/16", "ipipMode": "Always", "natOutgoing": True, **POOL_OWN},
        pool("10.0.0.0/16", disabled=True),
        {"cidr": "10.0.0.0/16", "ipipMode": "Never", "disabled": True, **POOL_OWN},
        id="pool",
    ),
    pytest.param(
        "bgppeers/my-peer",
        {
            "peerIP": "192.0.2.1",
            "asNumber": 1,
            "password": {"secretKeyRef": {"name": "s"}},
            "keepOriginalNextHop": True,
        },
        peer("192.0.2.1", asNumber=2),
        {
            "peerIP": "192.0.2.1",
            "asNumber": 2,
            "password": {"secretKeyRef": {"name": "s"}},
            "keepOriginalNextHop": True,
        },
        id="peer-of-another-name",
    ),
    pytest.param(
        "bgppeers/node-peer",
        {"node": "n1", "peerIP": "2001:db8::1", "asNumber": 1},
        peer("2001:DB8::0:1", "n1", asNumber=2),
        {"node": "n1", "peerIP": "2001:db8::1", "asNumber": 2},
        id="peer-of-a-node",
    ),
    pytest.param(
        "hostendpoints/my-hep",
        {"node": "n1", "interfaceName": "eth0", "ports": [{"name": "ssh", "port": 22, "protocol": "TCP"}]},
        host_endpoint("n1", "my-hep", interfaceName="eth1"),
        {"node": "n1", "interfaceName": "eth1", "ports": [{"name": "ssh", "port": 22, "protocol": "TCP"}]},
        id="host-endpoint-of-another-name",
    ),
    pytest.param(
        "workloadendpoints/prod/n1-k8s-web--1-eth0",
        {**WEP, **WEP_OWN},
        workload_endpoint("n1", "k8s", "prod.web-1", "eth0", interfaceName="cali2", ipNetworks=["10.0.0.6"]),
        {**WEP, **WEP_OWN, "interfaceName": "cali2", "ipNetworks": ["10.0.0.6/32"]},
        id="pod",
    ),
    pytest.param(
        "workloadendpoints/libnetwork/n1-libnetwork-libnetwork-ep",
        {"orchestrator": "libnetwork", "node": "n1", "workload": "libnetwork", "endpoint": "ep", "interfaceName": "a"},
        workload_endpoint("n1", "libnetwork", "libnetwork", "ep", interfaceName="b"),
        {"orchestrator": "libnetwork", "node": "n1", "workload": "libnetwork", "endpoint": "ep", "interfaceName": "b"},
        id="docker",
    ),
]


def keys_of_resources(store: Etcd) -> list[str]:
    """All keys but those that every store has."""
    keys: list[str] = store.keys()
    return [key for key in keys if "clusterinformations/" not in key and "tiers/" not in key]


def put_v3(store: Etcd, place: str, spec: dict[str, Any], **metadata: Any) -> str:
    """Write as a v3 tool does; an endpoint has a namespace."""
    plural, *namespace, name = place.split("/")
    more = {"namespace": namespace[0]} if namespace else {}
    key = object_key(plural, "/".join([*namespace, name]))
    put_object(store, key, spec, name=name, **more, **metadata)
    return key


@pytest.mark.parametrize(("place", "stored", "resource", "expected"), SURVIVES)
@pytest.mark.parametrize("verb", ["apply", "replace"])
def test_what_others_wrote_survives_in_its_place(
    store: Etcd, calicoctl: Calicoctl, place: str, stored: Any, resource: Any, expected: Any, verb: str
) -> None:
    annotations = {"example.org/keep": "this"}
    labels = POD_LABELS if "/prod/" in place else {"example.org/label": "kept"}
    key = put_v3(store, place, stored, labels={**labels, "app": "web"}, annotations=annotations)
    result = calicoctl(verb, "-f", "-", input=manifest(resource))
    assert (result.exit_code, result.stderr) == (0, "")
    assert keys_of_resources(store) == [key]
    document = read_object(store, key)
    assert document["spec"] == expected
    metadata = document["metadata"]
    assert (metadata["uid"], metadata["creationTimestamp"]) == (UID, CREATION_TIMESTAMP)
    assert metadata["annotations"]["example.org/keep"] == "this"
    assert metadata["labels"] == {**metadata["labels"], **labels}


@pytest.mark.parametrize(("place", "stored", "resource", "expected"), SURVIVES)
def test_what_v3_tools_wrote_is_shown_and_applies_unchanged(
    store: Etcd, calicoctl: Calicoctl, place: str, stored: Any, resource: Any, expected: Any
) -> None:
    key = put_v3(store, place, stored, labels=POD_LABELS if "/prod/" in place else {})
    printed = calicoctl("get", resource["kind"], "-o", "yaml")
    assert printed.exit_code == 0
    first = calicoctl("apply", "-f", "-", input=printed.stdout)
    assert (first.exit_code, first.stderr) == (0, "")
    assert read_object(store, key)["spec"] == {**stored, **read_object(store, key)["spec"]}
    before = store.revision()
    assert calicoctl("apply", "-f", "-", input=printed.stdout).stdout.endswith("\n1 unchanged\n")
    assert store.revision() == before


@pytest.mark.parametrize(("place", "stored", "resource", "expected"), SURVIVES)
def test_what_v3_tools_wrote_is_there_for_create_and_delete(
    store: Etcd, calicoctl: Calicoctl, place: str, stored: Any, resource: Any, expected: Any
) -> None:
    key = put_v3(store, place, stored)
    created = calicoctl("create", "-f", "-", input=manifest(resource))
    assert created.exit_code == 5
    assert f"exists already, as {key} (" in created.stderr
    (name,) = calicoctl("get", "-f", "-", "-o", "name", input=manifest(resource)).stdout.split()
    assert calicoctl("get", name).exit_code == 0
    assert calicoctl("delete", name).exit_code == 0
    assert store.keys() == []


def test_labels_of_a_host_endpoint_are_set_but_for_those_of_calico(store: Etcd, calicoctl: Calicoctl) -> None:
    key = put_v3(
        store,
        "hostendpoints/n1.eth0",
        {"node": "n1", "interfaceName": "eth0"},
        labels={"projectcalico.org/created-by": "calico-kube-controllers", "old": "1", "role": "a"},
    )
    calicoctl("apply", "-f", "-", input=manifest(host_endpoint("n1", "eth0", labels={"role": "b"})))
    assert read_object(store, key)["metadata"]["labels"] == {
        "projectcalico.org/created-by": "calico-kube-controllers",
        "role": "b",
    }


NEW: list[Any] = [
    pytest.param(
        node("Node_1", bgp={"ipv4Address": "10.0.0.1/24", "asNumber": "1.2"}),
        "nodes/node-1",
        {"bgp": {"ipv4Address": "10.0.0.1/24", "asNumber": 65538}},
        id="node",
    ),
    pytest.param(
        pool("10.0.0.0/16", name="default-ipv4-ippool", ipip={"enabled": True, "mode": "cross-subnet"}),
        "ippools/default-ipv4-ippool",
        {
            "cidr": "10.0.0.0/16",
            "ipipMode": "CrossSubnet",
            "vxlanMode": "Never",
            "blockSize": 26,
            "nodeSelector": "all()",
            "allowedUses": ["Workload", "Tunnel"],
            "assignmentMode": "Automatic",
        },
        id="pool",
    ),
    pytest.param(
        peer("192.0.2.1", "N1", asNumber=0), "bgppeers/n1.192-0-2-1", {"node": "n1", "peerIP": "192.0.2.1"}, id="peer"
    ),
    pytest.param(
        host_endpoint("n1", "eth0", profiles=["My_Net"]),
        "hostendpoints/n1.eth0",
        {"node": "n1", "interfaceName": "eth0", "profiles": ["my-net-52a0ad5b"]},
        id="hep",
    ),
    pytest.param(
        workload_endpoint("n-1", "k8s", "prod.web-1", "eth0", ipNATs=[], ipNetworks=["10.0.0.5"]),
        "workloadendpoints/prod/n--1-k8s-web--1-eth0",
        {
            "orchestrator": "k8s",
            "node": "n-1",
            "pod": "web-1",
            "endpoint": "eth0",
            "interfaceName": "cali0",
            "ipNetworks": ["10.0.0.5/32"],
        },
        id="wep",
    ),
]


@pytest.mark.parametrize(("resource", "place", "spec"), NEW)
def test_what_is_written_anew(store: Etcd, calicoctl: Calicoctl, resource: Any, place: str, spec: Any) -> None:
    assert calicoctl("create", "-f", "-", input=manifest(resource)).exit_code == 0
    plural, _, rest = place.partition("/")
    document = read_object(store, object_key(plural, rest))
    assert document["spec"] == spec
    assert document["metadata"]["name"] == rest.rpartition("/")[2]
    assert document["metadata"].get("namespace", "") == rest.rpartition("/")[0]
    printed = json.loads(calicoctl("get", resource["kind"], "-o", "json").stdout)
    assert {**resource["metadata"], **printed[0]["metadata"]} == printed[0]["metadata"]


def test_endpoints_that_the_upgrade_tool_wrote_are_found_by_their_names(store: Etcd, calicoctl: Calicoctl) -> None:
    """It leaves no record of the v1 name, only its digest in the name."""
    calicoctl("create", "-f", "-", input=manifest(host_endpoint("a", "B"), workload_endpoint("a", "o", "W", "E")))
    endpoints = keys_of_resources(store)
    for key in endpoints:
        document = read_object(store, key)
        document["metadata"].pop("annotations", None)
        store.put(key, json.dumps(document))
    changed = manifest(
        host_endpoint("a", "B", interfaceName="x"), workload_endpoint("a", "o", "W", "E", mac="ca-fe-1d-52-bb-e9")
    )
    assert calicoctl("apply", "-f", "-", input=changed).stdout.endswith("\n2 configured\n")
    assert keys_of_resources(store) == endpoints
    assert {read_object(store, key)["spec"].get("mac", "") for key in endpoints} == {"", "ca:fe:1d:52:bb:e9"}


@pytest.mark.parametrize(
    ("place", "resource"),
    [
        ("nodes/n1", node("n1")),
        ("ippools/10-0-0-0-16", pool("10.0.0.0/16")),
        ("hostendpoints/n1.eth0", host_endpoint("n1", "eth0")),
        ("bgppeers/192-0-2-1", peer("192.0.2.1")),
    ],
)
def test_a_corrupt_entry_is_a_conflict_and_can_be_deleted(
    store: Etcd, calicoctl: Calicoctl, place: str, resource: Any
) -> None:
    plural, _, name = place.partition("/")
    store.put(object_key(plural, name), "nonsense")
    listed = calicoctl("get", resource["kind"])
    assert f"{object_key(plural, name)} " in listed.stderr
    for verb in ("apply", "create", "replace"):
        result = calicoctl(verb, "-f", "-", input=manifest(resource))
        assert result.exit_code in {5, 8}
        assert object_key(plural, name) in result.stderr
        assert store.get(object_key(plural, name)) == b"nonsense"
    assert calicoctl("delete", "-f", "-", input=manifest(resource)).exit_code == 0
    assert store.keys() == []
