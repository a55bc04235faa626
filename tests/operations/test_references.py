"""Deleting what others still name: nodes with endpoints, peers and blocks, and profiles in use."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.etcd_server import Etcd
from tests.support.fixture_types import ConcurrentWrite
from tests.support.manifests import host_endpoint, manifest, node, peer, profile, workload_endpoint
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import object_key, put_object

IPAM = "/calico/ipam/v2/"
RESOURCES = (
    profile("web"),
    node("n1"),
    node("n11"),
    peer("192.0.2.1"),
    peer("192.0.2.1", "n1"),
    peer("192.0.2.1", "n11"),
    host_endpoint("n1", "eth0", profiles=["web"]),
    host_endpoint("n11", "eth0", profiles=["other", "web"]),
    workload_endpoint("n1", "k8s", "prod.web", "eth0", profiles=["web"]),
    workload_endpoint("n11", "k8s", "prod.db", "eth0"),
)
OF_N1 = (
    "hostEndpoint/n1/eth0",
    "workloadEndpoint/n1/k8s/prod.web/eth0",
    "bgpPeer/node/n1/192.0.2.1",
    "block affinity n1/ipv4/block/10.0.0.0-26",
    "address block 10.0.0.0-26",
)
KEYS_OF_N1 = {
    object_key("nodes", "n1"),
    object_key("hostendpoints", "n1.eth0"),
    object_key("workloadendpoints", "prod/n1-k8s-web-eth0"),
    object_key("bgppeers", "n1.192-0-2-1"),
    f"{IPAM}host/n1/ipv4/block/10.0.0.0-26",
    f"{IPAM}assignment/ipv4/block/10.0.0.0-26",
}


@pytest.fixture
def populated_store(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    assert calicoctl("apply", "-f", "-", input=manifest(*RESOURCES)).exit_code == 0
    for name, block in (("n1", "10.0.0.0-26"), ("n11", "10.0.0.64-26")):
        store.put(f"{IPAM}host/{name}/ipv4/block/{block}", json.dumps({"state": "confirmed"}))
        cidr = block.replace("-", "/")
        store.put(f"{IPAM}assignment/ipv4/block/{block}", json.dumps({"cidr": cidr, "affinity": f"host:{name}"}))
    store.put(f"{IPAM}assignment/ipv4/block/10.0.0.128-26", json.dumps({"cidr": "10.0.0.128/26", "affinity": None}))
    store.put(f"{IPAM}assignment/ipv4/block/10.0.0.192-26", "nonsense")
    store.put(f"{IPAM}handle/n1", "{}")
    return store


@pytest.mark.parametrize("arguments", [("delete", "node", "n1"), ("delete", "node/n1"), ("delete", "-f", "-")])
def test_a_node_that_is_still_named_stays(
    populated_store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...]
) -> None:
    before = populated_store.revision()
    result = calicoctl(*arguments, input=manifest(node("n1")))
    assert (result.exit_code, result.stdout) == (5, "")
    first, *rest = result.stderr.splitlines()
    assert first.endswith("node/n1: is still used by the following (--cascade deletes exactly these)")
    assert sorted(rest) == sorted(f"  {name}" for name in OF_N1)
    assert populated_store.revision() == before


def test_cascade_deletes_exactly_what_names_the_node(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = populated_store.keys()
    revision = populated_store.revision()
    result = calicoctl("delete", "node", "n1", "--cascade")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("node/n1 deleted (with ")
    assert all(f"with {name}" in result.stdout for name in OF_N1)
    assert set(before) - set(populated_store.keys()) == KEYS_OF_N1
    assert populated_store.revision() == revision + 1


def test_a_node_whose_references_go_in_the_same_command(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    names = [name for name in OF_N1 if not name.startswith(("block", "address"))]
    result = calicoctl("delete", "node/n1", *names)
    assert [line for line in result.stderr.splitlines() if line.startswith("  ")] == [
        f"  {name}" for name in OF_N1 if name not in names
    ]
    result = calicoctl("delete", "node/n1", *names, "--cascade")
    assert result.stdout.splitlines()[1:] == [*(f"{name} deleted" for name in names), "4 deleted"]


def test_a_node_that_nothing_names_goes_alone(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(populated_store, object_key("nodes", "n"))
    before = populated_store.keys()
    assert calicoctl("delete", "node", "n") == Result(0, "node/n deleted\n1 deleted\n", "")
    assert set(before) - set(populated_store.keys()) == {object_key("nodes", "n")}


@pytest.mark.parametrize(
    ("arguments", "warning"),
    [
        ("profile/web", "warning: profile/web: 3 endpoints still use it\n"),
        ("profile/web hostEndpoint/n1/eth0", "warning: profile/web: 2 endpoints still use it\n"),
        ("hostEndpoint/n1/eth0 hostEndpoint/n11/eth0 profile/web", "warning: profile/web: 1 endpoint still uses it\n"),
        ("profile/web hostEndpoint/n1/eth0 hostEndpoint/n11/eth0 workloadEndpoint/n1/k8s/prod.web/eth0", ""),
    ],
)
def test_a_profile_in_use_is_deleted_with_a_warning(
    populated_store: Etcd, calicoctl: Calicoctl, arguments: str, warning: str
) -> None:
    result = calicoctl("delete", *arguments.split())
    assert (result.exit_code, result.stderr) == (0, warning)
    assert result.stdout.endswith(f"\n{len(arguments.split())} deleted\n")


def test_a_profile_is_named_by_its_v3_name_too(store: Etcd, calicoctl: Calicoctl) -> None:
    text = manifest(profile("My/Net"), host_endpoint("n", "e", profiles=["My/Net"]))
    calicoctl("apply", "-f", "-", input=text)
    assert "1 endpoint " in calicoctl("delete", "profile", "My/Net").stderr


def test_a_node_that_something_begins_to_name_meanwhile_stays(
    populated_store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    """It comes between the look and the transaction."""
    assert calicoctl("apply", "-f", "-", input=manifest(node("n2"))).exit_code == 0
    named = workload_endpoint("n2", "k8s", "prod.new", "eth0")
    value = populated_store.get(object_key("workloadendpoints", "prod/n1-k8s-web-eth0"))
    assert value
    key = object_key("workloadendpoints", "prod/n2-k8s-new-eth0")
    concurrent_writer(
        lambda number: (
            populated_store.put(key, value.replace(b"n1", b"n2").replace(b"web", b"new")) if number == 1 else None
        )
    )
    result = calicoctl("delete", "node", "n2")
    assert (result.exit_code, result.stdout) == (5, "")
    assert f"workloadEndpoint/n2/k8s/{named['metadata']['workload']}/eth0" in result.stderr
    assert populated_store.get(object_key("nodes", "n2"))
