"""lint of pools, nodes and endpoints in the datastore: what Calico 3 stores, and nobody refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, node, pool, workload_endpoint
from tests.support.runner import Calicoctl
from tests.support.stored_objects import object_key, put_object


def test_lint_reads_pools_and_nodes_of_the_datastore(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    resources = [
        pool("10.0.0.0/16"),
        node("host1", bgp={"ipv4Address": "192.0.2.1/24"}),
        node("host2", bgp={"ipv4Address": "192.0.2.1/24"}),
        host_endpoint("hots1", "eth0", interfaceName="eth0"),
        workload_endpoint("host1", "libnetwork", "libnetwork", "a", ipNetworks=["10.1.0.1"]),
    ]
    applied = calicoctl("apply", "-f", "-", input=yaml.safe_dump(resources))
    assert applied.exit_code == 0, applied.stderr
    put_object(store, object_key("ippools", "inner"), {"cidr": "10.0.1.0/24"})
    found = {(each["code"], each["name"]) for each in json.loads(calicoctl("lint", "-o", "json").stdout)}
    expected = {("CAL022", "10.0.1.0/24"), ("CAL024", "host2"), ("CAL026", "hots1/eth0")}
    assert {each for each in found if each[0] not in {"CAL011", "CAL023"}} == expected
    assert "CAL023" in {code for code, _ in found}

    manifest = tmp_path / "change.yaml"
    manifest.write_text(yaml.safe_dump([pool("10.1.0.0/16"), node("host2", bgp={"ipv4Address": "192.0.2.2/24"})]))
    result = calicoctl("lint", "-f", str(manifest), "--with-datastore", "-o", "json")
    assert {each["code"] for each in json.loads(result.stdout)} - {"CAL011"} == {"CAL022", "CAL026"}


def put_workload(store: Etcd, name: str, *addresses: str) -> None:
    """An endpoint of libnetwork as Calico 3 writes it."""
    fields = {"node": "host1", "orchestrator": "libnetwork", "endpoint": name, "interfaceName": f"cali{name}"}
    key = object_key("workloadendpoints", f"libnetwork/host1-libnetwork-libnetwork-{name}")
    networks = {"workload": "libnetwork", "ipNetworks": addresses}
    put_object(store, key, {**fields, **networks}, namespace="libnetwork", name=key.rpartition("/")[2])


def put_host(store: Etcd, name: str, **spec: Any) -> None:
    put_object(store, object_key("hostendpoints", name), {"node": "host1", **spec})


def test_lint_reads_shared_addresses_and_interfaces_of_the_datastore(store: Etcd, calicoctl: Calicoctl) -> None:
    """As Calico 3 stores them, in several spellings."""
    for number, addresses in enumerate(({"ipv4Address": "192.0.2.1/24"}, {"ipv4Address": "192.0.2.1/16"}), 1):
        put_object(store, object_key("nodes", f"host{number}"), {"bgp": addresses})
    for number, address in enumerate(("2001:db8::1/64", "2001:DB8:0::1"), 3):
        put_object(store, object_key("nodes", f"host{number}"), {"bgp": {"ipv6Address": address}})
    put_host(store, "host1-eth0", interfaceName="eth0", expectedIPs=["10.1.0.1"])
    put_host(store, "host1-uplink", interfaceName="eth0")
    put_host(store, "host1-other", interfaceName="eth1")
    put_host(store, "host1-a", expectedIPs=["FD00:0::1"])
    put_host(store, "host1-b", expectedIPs=["fd00::1"])
    put_workload(store, "same-as-host", "10.1.0.1/32")
    put_workload(store, "first", "10.1.0.2/32", "fd00::2/128")
    put_workload(store, "second", "10.1.0.3/32", "FD00:0::2/128")
    result = calicoctl("lint", "-o", "json")
    found = {(each["code"], each["file"].rpartition("/")[2]) for each in json.loads(result.stdout)}
    assert {each for each in found if each[0] in {"CAL024", "CAL025", "CAL026", "CAL027"}} == {
        ("CAL024", "host2"),
        ("CAL024", "host4"),
        ("CAL025", "host1-uplink"),
        ("CAL025", "host1-b"),
        ("CAL027", "host1-libnetwork-libnetwork-same-as-host"),
        ("CAL027", "host1-libnetwork-libnetwork-second"),
    }
    assert all(each["line"] is None for each in json.loads(result.stdout))
