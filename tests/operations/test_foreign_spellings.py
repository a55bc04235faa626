"""Objects that other tools stored: one meaning in any spelling, and only what the user changes is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.recordings import parse_printed
from tests.support.runner import Calicoctl
from tests.support.stored_objects import object_key, policy_key, put_object, read_object

REFERENCES = {"orchRefs": [{"orchestrator": "k8s", "nodeName": "a"}]}
STORED: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("bgppeers/x", {"peerIP": "2001:DB8:f::100"}, "bgpPeer/global/2001:db8:f::100", {"asNumber": 64513}),
    ("bgppeers/x", {"node": "n1", "peerIP": "192.0.2.1:1179"}, "bgpPeer/x", {"asNumber": 64513}),
    ("bgppeers/x", {"nodeSelector": "rack == '1'", "peerIP": "192.0.2.1"}, "bgpPeer/x", {"asNumber": 64513}),
    (
        "ippools/x",
        {"cidr": "2001:DB8:0:0::/64", "ipipMode": "Never", "natOutgoing": True},
        "ipPool/2001:db8::/64",
        {"disabled": True},
    ),
    (
        "ippools/x",
        {"cidr": "10.1.0.0/28", "blockSize": 29, "ipipMode": "Never", "natOutgoing": True},
        "ipPool/10.1.0.0/28",
        {"disabled": True},
    ),
    (
        "hostendpoints/n1.eth0",
        {"node": "n1", "interfaceName": "*", "expectedIPs": ["FD00::1", "10.0.0.1"]},
        "hostEndpoint/n1/eth0",
        {"profiles": ["a"]},
    ),
    (
        "hostendpoints/" + "x" * 200,
        {"node": "n1", "interfaceName": "eth0"},
        "hostEndpoint/n1/" + "x" * 200,
        {"profiles": ["a"]},
    ),
    (
        "workloadendpoints/default/n1-mesos-w-e",
        {
            "node": "n1", "orchestrator": "mesos", "workload": "w", "endpoint": "e", "containerID": "c1",
            "ipNetworks": ["FD00::5", "10.0.0.5"], "mac": "EE:EE:EE:EE:EE:EE", "ipv6Gateway": "fd00:0::1",
        },
        "workloadEndpoint/n1/mesos/w/e",
        {"interfaceName": "cali1"},
    ),
    ("nodes/n1", {"bgp": {"asNumber": 64512, "ipv4IPIPTunnelAddr": "10.9.0.1"}}, "node/n1", REFERENCES),
    ("nodes/n1", {"bgp": {"ipv6Address": "FD00::9", "asNumber": "1.10"}}, "node/n1", REFERENCES),
    (
        "profiles/p",
        {
            "ingress": [
                {"action": "Deny", "source": {}, "destination": {"ports": ["http", 80]}},
                {"action": "Allow", "protocol": "SCTP", "source": {"ports": ["1:1024"]}, "destination": {}},
                {
                    "action": "Allow", "protocol": "6",
                    "source": {"nets": ["2001:DB8::/48"]}, "destination": {"notPorts": ["80"]},
                },
            ]
        },
        "profile/p",
        {"egress": [{"action": "Allow", "source": {}, "destination": {}}]},
    ),
    (
        "globalnetworkpolicies/" + "p" * 150,
        {"tier": "default", "order": 1, "selector": "a == 'b'", "types": ["Ingress"], "applyOnForward": True},
        "policy/" + "p" * 150,
        {"order": 2},
    ),
]  # fmt: skip
"""Key, spec, the name that get prints, and fields of the v3 spec that a patch sets."""
IDS = [f"{key[:25]}-{index}" for index, (key, _, _, _) in enumerate(STORED)]


@pytest.mark.parametrize(("key", "spec", "name", "_change"), STORED, ids=IDS)
def test_read_and_applied_is_unchanged_and_found_by_its_name(
    store: Etcd, calicoctl: Calicoctl, key: str, spec: dict[str, Any], name: str, _change: dict[str, Any]
) -> None:
    put_object(store, object_key(*key.split("/", 1)), spec)
    before = store.revision()
    assert calicoctl("get", "all", "-o", "name").stdout.split() == [name]
    assert calicoctl("apply", "-f", "-", input=calicoctl("get", name, "-o", "yaml").stdout).stdout.endswith(
        "1 unchanged\n"
    )
    assert calicoctl("diff", "-f", "-", input=calicoctl("get", name, "-o", "yaml").stdout).exit_code == 0
    assert calicoctl("patch", name, "-p", "{}").stdout.endswith("1 unchanged\n")
    assert store.revision() == before
    assert calicoctl("delete", "-f", "-", input=calicoctl("get", name, "-o", "yaml").stdout).exit_code == 0
    assert store.keys() == []


@pytest.mark.parametrize(("key", "spec", "name", "change"), STORED, ids=IDS)
def test_a_patch_changes_the_one_field(
    store: Etcd, calicoctl: Calicoctl, key: str, spec: dict[str, Any], name: str, change: dict[str, Any]
) -> None:
    full_key = object_key(*key.split("/", 1))
    put_object(store, full_key, spec)
    patch = json.loads(json.dumps(change).replace("Allow", "allow"))
    result = calicoctl("patch", name, "-p", json.dumps({"spec": patch}), "--allow-lockout")
    assert result.exit_code == 0, result.stderr
    assert read_object(store, full_key)["spec"] == {**spec, **change}


@pytest.mark.parametrize(
    ("stored", "requested", "written"),
    [
        (["FD00::1", "10.0.0.1"], ["10.0.0.1", "fd00::1", "10.0.0.2"], ["FD00::1", "10.0.0.1", "10.0.0.2"]),
        (["FD00::1", "FD00::2", "10.0.0.1"], ["fd00::2"], ["FD00::2"]),
        (["FD00::1", "FD00::2"], ["fd00::2", "fd00::1"], ["FD00::2", "FD00::1"]),
        (["FD00::1"], ["10.0.0.9", "fd00::1"], ["FD00::1", "10.0.0.9"]),
        (["FD00::1"], ["fd00::3", "fd00::1"], ["fd00::3", "FD00::1"]),
    ],
)
def test_items_of_a_changed_list_keep_their_spelling(
    store: Etcd, calicoctl: Calicoctl, stored: list[str], requested: list[str], written: list[str]
) -> None:
    key = object_key("hostendpoints", "n1.eth0")
    put_object(store, key, {"node": "n1", "interfaceName": "eth0", "expectedIPs": stored, "profiles": ["b", "a"]})
    patch = {"spec": {"expectedIPs": requested, "profiles": ["c", "b", "a"]}}
    result = calicoctl("patch", "hostEndpoint/n1/eth0", "-p", json.dumps(patch), "--allow-lockout")
    assert result.exit_code == 0, result.stderr
    spec = read_object(store, key)["spec"]
    assert (spec["expectedIPs"], spec["profiles"]) == (written, ["c", "b", "a"])


@pytest.mark.parametrize(
    ("key", "spec", "warnings"),
    [
        ("bgppeers/x", {"peerIP": "10.0.0.1", "password": {"secretKeyRef": {"name": "s"}}}, ["has password"]),
        ("bgppeers/x", {"peerIP": "10.0.0.1", "filters": ["f"]}, ["is limited by filters"]),
        (
            "ippools/x",
            {"cidr": "10.0.0.0/16", "blockSize": 27, "vxlanMode": "Always", "nodeSelector": "all()"},
            ["has blockSize", "has vxlanMode"],
        ),
        (
            "globalnetworkpolicies/x",
            {"selector": "all()", "types": ["Ingress"], "applyOnForward": True},
            ["applies to forwarded traffic as well (applyOnForward)"],
        ),
        (
            "globalnetworkpolicies/x",
            {"selector": "all()", "types": ["Ingress"], "performanceHints": ["AssumeNeededOnEveryNode"]},
            ["has performanceHints"],
        ),
        (
            "nodes/x",
            {"bgp": {"ipv4Address": "10.0.0.1/24", "routeReflectorClusterID": "1.0.0.1"}},
            ["is a route reflector (bgp.routeReflectorClusterID)"],
        ),
        (
            "globalnetworkpolicies/x",
            {"selector": "all()", "types": ["Ingress"], "applyOnForward": True, "preDNAT": True},
            [],
        ),
        ("ippools/x", {"cidr": "fd00::/64", "blockSize": 122, "nodeSelector": "all()", "vxlanMode": "Never"}, []),
    ],
)
def test_v3_only_fields_are_said_once(
    store: Etcd, calicoctl: Calicoctl, key: str, spec: dict[str, Any], warnings: list[str]
) -> None:
    put_object(store, object_key(*key.split("/", 1)), spec)
    name = calicoctl("get", "all", "-o", "name").stdout.strip()
    printed = calicoctl("get", name, "-o", "yaml").stderr.splitlines()
    assert printed == [f"warning: {name}: {warning}, which v1 cannot represent" for warning in warnings]


@pytest.mark.parametrize("cidr", ["foo", "10.66.0.0/24 ", "10.66.0.0/-1", "/24", " "])
def test_a_pool_with_an_invalid_network_is_not_written(store: Etcd, calicoctl: Calicoctl, cidr: str) -> None:
    put_object(store, object_key("ippools", "x"), {"cidr": cidr})
    before = store.revision()
    result = calicoctl("patch", "ipPool", "x", "-p", "{spec: {disabled: true}}")
    assert (result.exit_code, "spec.cidr: " in result.stderr) == (8, True), result.stderr
    manifests = calicoctl("get", "ipPool", "-o", "yaml").stdout
    assert calicoctl("apply", "-f", "-", input=manifests).exit_code != 70
    assert store.revision() == before


def test_one_address_is_one_peer(store: Etcd, calicoctl: Calicoctl) -> None:
    key = object_key("bgppeers", "other")
    put_object(store, key, {"peerIP": "2001:DB8:f::100"})
    manifest = (
        "{apiVersion: v1, kind: bgpPeer, metadata: {scope: global, peerIP: '2001:db8:F::100'}, spec: {asNumber: 1}}"
    )
    assert calicoctl("apply", "-f", "-", input=manifest).stdout.endswith("1 configured\n")
    assert read_object(store, key)["spec"] == {"peerIP": "2001:DB8:f::100", "asNumber": 1}
    assert calicoctl("get", "bgpPeer/global/2001:DB8:F::100", "-o", "name").exit_code == 0
    assert calicoctl("delete", "bgpPeer/global/2001:db8:f:0::100").exit_code == 0


PORT_RULE = {"action": "Allow", "protocol": "TCP", "source": {}, "destination": {"ports": ["http"]}}


def test_only_a_new_named_port_is_a_problem(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(
        store, policy_key("p"), {"tier": "default", "selector": "a", "ingress": [PORT_RULE], "types": ["Ingress"]}
    )
    manifest = parse_printed(calicoctl("get", "policy", "p", "-o", "yaml").stdout)[0]
    before = store.revision()
    rules = manifest["spec"]["ingress"]
    twice = {**manifest, "spec": {**manifest["spec"], "ingress": rules * 2}}
    for verb in ("apply", "replace", "diff"):
        result = calicoctl(verb, "-f", "-", input=json.dumps(twice))
        assert (result.exit_code, result.stderr.count("'http' is not a port")) == (3, 1)
    result = calicoctl("patch", "policy", "p", "-p", json.dumps({"spec": {"ingress": rules * 2}}))
    assert (result.exit_code, result.stderr.count("'http' is not a port")) == (3, 1)
    assert store.revision() == before
    moved = {**manifest, "spec": {**manifest["spec"], "ingress": [{"action": "deny"}, *rules]}}
    assert calicoctl("apply", "-f", "-", input=json.dumps(moved)).exit_code == 0
    assert read_object(store, policy_key("p"))["spec"]["ingress"][1] == PORT_RULE


def test_a_changed_rule_keeps_its_annotations(store: Etcd, calicoctl: Calicoctl) -> None:
    rules: list[dict[str, Any]] = [{**PORT_RULE, "metadata": {"annotations": {"a": "b"}}}, {"action": "Log"}]
    spec = {"tier": "default", "selector": "a", "ingress": rules, "types": ["Ingress"]}
    put_object(store, policy_key("p"), spec)
    manifest = parse_printed(calicoctl("get", "policy", "p", "-o", "yaml").stdout)[0]
    changed = [{**manifest["spec"]["ingress"][0], "action": "deny"}, manifest["spec"]["ingress"][1]]
    patch = json.dumps({"spec": {"ingress": changed}})
    assert calicoctl("patch", "policy", "p", "-p", patch).exit_code == 0
    assert read_object(store, policy_key("p"))["spec"]["ingress"][0] == {**rules[0], "action": "Deny"}
    assert calicoctl("patch", "policy", "p", "-p", json.dumps({"spec": {"ingress": changed[1:]}})).exit_code == 0
    assert read_object(store, policy_key("p"))["spec"]["ingress"] == rules[1:]


def test_without_an_object_or_a_datastore_rules_of_v1_hold(store: Etcd, calicoctl: Calicoctl) -> None:
    manifest = "{apiVersion: v1, kind: hostEndpoint, metadata: {name: a, node: n1}, spec: {interfaceName: '*'}}"
    for environ in ({}, {"ETCD_ENDPOINTS": "http://127.0.0.1:1"}):
        result = calicoctl("apply", "-f", "-", "--timeout", "1", input=manifest, env=environ)
        assert (result.exit_code, "spec.interfaceName" in result.stderr) == (3, True), result.stderr
    assert store.keys() == []


def test_two_objects_with_one_identity_have_two_names(store: Etcd, calicoctl: Calicoctl) -> None:
    for name in ("eth0", "n1.eth0"):
        put_object(store, object_key("hostendpoints", name), {"node": "n1", "interfaceName": "eth0"})
    names = calicoctl("get", "hostEndpoint", "-o", "name").stdout.split()
    assert names == ["hostEndpoint/n1/eth0", "hostEndpoint/n1/n1.eth0"]
    before = store.revision()
    assert calicoctl("apply", "-f", "-", input=calicoctl("get", "hostEndpoint", "-o", "yaml").stdout).exit_code == 0
    assert store.revision() == before
    assert calicoctl("patch", names[1], "-p", "{spec: {interfaceName: eth1}}", "--allow-lockout").exit_code == 0
    assert read_object(store, object_key("hostendpoints", "n1.eth0"))["spec"]["interfaceName"] == "eth1"
    assert read_object(store, object_key("hostendpoints", "eth0"))["spec"]["interfaceName"] == "eth0"


def test_labels_of_a_workload_stay_when_one_is_added(store: Etcd, calicoctl: Calicoctl) -> None:
    key = object_key("workloadendpoints", "default/n1-mesos-w-e")
    labels = {
        "calico/k8s_ns": "null",
        "projectcalico.org/namespace": "default",
        "projectcalico.org/orchestrator": "mesos",
    }
    spec = {"node": "n1", "orchestrator": "mesos", "workload": "w", "endpoint": "e"}
    put_object(store, key, spec, labels=labels, namespace="default")
    assert calicoctl("label", "workloadEndpoint/n1/mesos/w/e", "zz=1").exit_code == 0
    assert read_object(store, key)["metadata"]["labels"] == {**labels, "zz": "1"}


def test_a_name_with_a_tier_is_not_the_older_layout(store: Etcd, calicoctl: Calicoctl) -> None:
    """Calico 3.32 stores the policy `default.foo` under that key, with its name in the annotation."""
    annotations = {"projectcalico.org/metadata": '{"name":"default.foo"}'}
    put_object(store, policy_key("default.foo"), {"tier": "default"}, annotations=annotations)
    manifest = "{apiVersion: v1, kind: policy, metadata: {name: bar}, spec: {selector: has(a)}}"
    assert calicoctl("apply", "-f", "-", input=manifest).exit_code == 0
    assert store.get(policy_key("bar"))


ENDPOINT = {"node": "n", "orchestrator": "k8s", "workload": "a.b", "name": "e"}
REFUSED = [
    (
        "hostEndpoint", {"name": "a" * 128, "node": "n" * 128}, {"interfaceName": "eth0"},
        "metadata.name: makes a name of 257 characters in the datastore (at most 253)",
    ),
    (
        "workloadEndpoint", {**ENDPOINT, "workload": "default.-_.123Im_a_x"}, {},
        "metadata.workload: 'default.-_.123Im_a_x': the pod '-_.123Im_a_x' is not a DNS name",
    ),
    ("workloadEndpoint", {**ENDPOINT, "workload": "N.b"}, {}, "metadata.workload: 'N.b': the namespace 'N' is not"),
    (
        "workloadEndpoint", {**ENDPOINT, "orchestrator": "cni", "workload": "A-b"}, {},
        "metadata.workload: 'A-b': a workload of cni is a container ID",
    ),
    (
        "workloadEndpoint", {**ENDPOINT, "activeInstanceID": "a.b"}, {},
        "metadata.activeInstanceID: 'a.b': a container ID",
    ),
    (
        "workloadEndpoint", {**ENDPOINT, "orchestrator": "x", "workload": "_"}, {},
        "metadata.workload: '_' has no letter or digit",
    ),
    (
        "workloadEndpoint", {**ENDPOINT, "orchestrator": "x", "workload": "x-" * 60 + "y", "name": "z-" * 50 + "y"}, {},
        "characters in the datastore (at most 253)",
    ),
    (
        "policy", {"name": "p", "annotations": {"a": "x" * 262_144}}, {},
        "metadata.annotations: 262,145 bytes (at most 262,144)",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "metadata", "spec", "message"), REFUSED)
def test_what_calico_3_cannot_hold_is_refused_at_its_field(
    calicoctl: Calicoctl, kind: str, metadata: dict[str, Any], spec: dict[str, Any], message: str
) -> None:
    manifest = {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}
    result = calicoctl("validate", "-f", "-", input=json.dumps(manifest))
    assert (result.exit_code, message in result.stdout) == (3, True), result.stdout


@pytest.mark.parametrize(
    ("key", "spec", "name", "patch", "message"),
    [
        ("bgppeers/x", {"peerSelector": "has(rr)"}, "bgpPeer/x", {"asNumber": 1}, "spec.asNumber"),
        (
            "ippools/x",
            {"cidr": "10.1.0.0/16", "ipipMode": "Never", "vxlanMode": "Always"},
            "ipPool/10.1.0.0/16",
            {"ipip": {"enabled": True}},
            "spec.ipip: a pool has one encapsulation",
        ),
    ],
)
def test_a_contradiction_with_a_v3_only_field_is_refused(
    store: Etcd, calicoctl: Calicoctl, key: str, spec: dict[str, Any], name: str, patch: dict[str, Any], message: str
) -> None:
    put_object(store, object_key(*key.split("/", 1)), spec)
    result = calicoctl("patch", name, "-p", json.dumps({"spec": patch}))
    assert (result.exit_code, message in result.stderr) == (8, True), result.stderr
    assert read_object(store, object_key(*key.split("/", 1)))["spec"] == spec


def test_the_annotations_of_an_object_have_a_limit_in_all(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(
        store, policy_key("p"), {"tier": "default", "selector": "a"}, annotations={"example.org/a": "x" * 200_000}
    )
    patch = json.dumps({"metadata": {"annotations": {"example.org/b": "y" * 100_000}}})
    result = calicoctl("patch", "policy", "p", "-p", patch)
    assert result.exit_code != 0
    assert "bytes (at most 262,144)" in result.stderr
