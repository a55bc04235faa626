"""Checks of IP pools, nodes and addresses: which resource is reported, and when nothing is."""

from __future__ import annotations

from typing import Any

import pytest

from calicoctl.analysis import policy_set_from_manifests
from calicoctl.analysis.lint import lint
from tests.support.manifests import host_endpoint, node, policy, pool, profile, workload_endpoint

CODES = {"CAL022", "CAL023", "CAL024", "CAL025", "CAL026", "CAL027", "CAL034"}


def findings(*manifests: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Code, resource, field and message of each finding of these checks."""
    issues = lint(policy_set_from_manifests(manifests))
    return [
        (check.code, str(issue.origin.identifier), ".".join(map(str, issue.path)), issue.message)
        for check, issue in issues
        if check.code in CODES
    ]


def workload(name: str, *addresses: str, node_name: str = "host1") -> dict[str, Any]:
    return workload_endpoint(node_name, "libnetwork", "libnetwork", name, ipNetworks=list(addresses))


def node_with_address(name: str, address: str) -> dict[str, Any]:
    return node(name, bgp={"ipv6Address" if ":" in address else "ipv4Address": address})


def test_a_pool_is_reported_with_the_smallest_larger_pool() -> None:
    pools = [pool("10.0.1.0/24", disabled=True), pool("10.0.0.0/8"), pool("10.0.0.0/16"), pool("10.0.2.0/24")]
    rule = "calicoctl refuses such a pool if it is new"
    assert findings(*pools, pool("11.0.0.0/16"), pool("fd00::/64")) == [
        ("CAL022", "ipPool/10.0.0.0/16", "metadata.cidr", f"overlaps with ipPool/10.0.0.0/8: {rule}"),
        ("CAL022", "ipPool/10.0.1.0/24", "metadata.cidr", f"overlaps with ipPool/10.0.0.0/16: {rule}"),
        ("CAL022", "ipPool/10.0.2.0/24", "metadata.cidr", f"overlaps with ipPool/10.0.0.0/16: {rule}"),
    ]


def test_adjacent_pools_do_not_overlap() -> None:
    assert findings(pool("10.0.0.0/17"), pool("10.0.128.0/17"), pool("fd00::/65"), pool("fd00:0:0:0:8000::/65")) == []


@pytest.mark.parametrize(
    ("address", "reported"),
    [
        ("10.0.0.0", False),
        ("10.0.1.255", False),
        ("10.0.2.0", True),
        ("9.255.255.255", True),
        ("10.1.0.1", False),  # a disabled pool is still a pool
        ("fd00::1", False),  # no pool of this IP version
    ],
)
def test_an_address_outside_of_all_pools_of_its_ip_version(address: str, reported: bool) -> None:
    pools = [pool("10.0.0.0/24"), pool("10.0.1.0/24"), pool("10.1.0.0/24", disabled=True)]
    message = f"{address} is in no IP pool: BIRD does not advertise it to other hosts"
    expected = [("CAL023", "workloadEndpoint/host1/libnetwork/libnetwork/a", "spec.ipNetworks", message)]
    assert findings(*pools, workload("a", address)) == (expected if reported else [])
    assert findings(workload("a", address)) == []  # no pool at all
    assert findings(*pools, host_endpoint("host1", "eth0", expectedIPs=[address])) == []


def test_nodes_with_the_same_address() -> None:
    nodes = [
        node_with_address("a", "192.0.2.1/24"),
        node_with_address("b", "192.0.2.1/25"),
        node_with_address("c", "2001:db8::1"),
        node_with_address("d", "2001:db8:0::1/64"),
        node("e"),
        node("f"),
        node("g", bgp={"ipv4Address": "192.0.2.2/24", "ipv6Address": "2001:db8::2/64"}),
    ]
    assert findings(*nodes) == [
        ("CAL024", "node/b", "spec.bgp.ipv4Address", "192.0.2.1 is also the address of node/a"),
        ("CAL024", "node/d", "spec.bgp.ipv6Address", "2001:db8::1 is also the address of node/c"),
    ]


def test_host_endpoints_for_one_interface_are_reported_except_the_first_by_name() -> None:
    message = "Felix ignores it: hostEndpoint/host1/a has the same interface and an earlier name"
    assert findings(
        host_endpoint("host1", "c", interfaceName="eth0"),
        host_endpoint("host1", "a", interfaceName="eth0"),
        host_endpoint("HOST1", "b", interfaceName="eth0"),  # stored as host1
        host_endpoint("host1", "d", interfaceName="eth1"),
        host_endpoint("host2", "e", interfaceName="eth0"),
    ) == [
        ("CAL025", "hostEndpoint/HOST1/b", "spec.interfaceName", message),
        ("CAL025", "hostEndpoint/host1/c", "spec.interfaceName", message),
    ]


def test_expected_addresses_select_the_interface_only_without_its_name() -> None:
    unnamed = {"interfaceName": ""}
    assert findings(
        host_endpoint("host1", "a", interfaceName="eth0", expectedIPs=["192.0.2.1"]),
        host_endpoint("host1", "b", **unnamed, expectedIPs=["192.0.2.1", "192.0.2.2"]),
        host_endpoint("host1", "c", **unnamed, expectedIPs=["192.0.2.3", "192.0.2.2"]),
        host_endpoint("host1", "d", **unnamed, expectedIPs=["192.0.2.4"]),
    ) == [
        (
            "CAL025",
            "hostEndpoint/host1/c",
            "spec.expectedIPs",
            "Felix ignores it: hostEndpoint/host1/b has the same interface and an earlier name",
        )
    ]


def test_an_address_of_a_named_interface_selects_it() -> None:
    """Of a host endpoint by name and one by address, the first name applies, as in the recorded rows `ips+named`."""
    unnamed, named = ({"interfaceName": name, "expectedIPs": ["192.0.2.1"]} for name in ("", "eth0"))
    for name, first, second, field in (("n", unnamed, named, "interfaceName"), ("m", named, unnamed, "expectedIPs")):
        assert findings(host_endpoint(name, "a", **first), host_endpoint(name, "b", **second)) == [
            (
                "CAL025",
                f"hostEndpoint/{name}/b",
                f"spec.{field}",
                f"Felix ignores it: hostEndpoint/{name}/a has the same interface and an earlier name",
            )
        ]


def test_host_endpoints_with_the_address_of_another_node() -> None:
    nodes = (node("host1", bgp={"ipv4Address": "192.0.2.1"}), node("host2", bgp={"ipv4Address": "192.0.2.2"}))
    own = host_endpoint("HOST1", "a", interfaceName="eth0", expectedIPs=["192.0.2.1"])
    unnamed = host_endpoint("host1", "b", interfaceName="", expectedIPs=["192.0.2.2"])
    named = host_endpoint("host1", "c", interfaceName="eth1", expectedIPs=["192.0.2.2"])
    place, owner = "spec.expectedIPs", "192.0.2.2 is an address of node/host2, another node"
    assert findings(*nodes, own, unnamed) == [
        ("CAL034", "hostEndpoint/host1/b", place, f"{owner}: the host endpoint applies to no interface with it")
    ]
    assert findings(*nodes, own, named) == [
        ("CAL034", "hostEndpoint/host1/c", place, f"{owner}: it is only for selectors")
    ]


def test_the_node_of_a_host_endpoint_does_not_exist() -> None:
    hosts = [host_endpoint("hots1", "eth0"), host_endpoint("HOST1", "eth1"), host_endpoint("zz", "eth0")]
    assert findings(node("host1"), *hosts, workload("a", "10.0.0.1", node_name="other")) == [
        ("CAL026", "hostEndpoint/hots1/eth0", "metadata.node", "node 'hots1' does not exist (did you mean 'host1'?)"),
        ("CAL026", "hostEndpoint/zz/eth0", "metadata.node", "node 'zz' does not exist"),
    ]
    assert findings(*hosts) == []  # Felix alone


def test_a_workload_with_the_address_of_another_endpoint() -> None:
    assert findings(
        workload("a", "10.0.0.1", "10.0.0.9"),
        workload("b", "10.0.0.1", node_name="host2"),
        workload("c", "10.0.0.1"),
        workload("d", "192.0.2.1"),
        workload("e", "10.0.0.5", "10.0.0.5/32"),
        host_endpoint("host1", "eth0", expectedIPs=["192.0.2.1"]),
        host_endpoint("host2", "eth0", expectedIPs=["192.0.2.2"]),
        host_endpoint("host3", "eth0", expectedIPs=["192.0.2.2"]),
    ) == [
        ("CAL027", f"workloadEndpoint/{name}", "spec.ipNetworks", f"{address} is also an address of {owner}")
        for name, address, owner in (
            ("host2/libnetwork/libnetwork/b", "10.0.0.1", "workloadEndpoint/host1/libnetwork/libnetwork/a"),
            ("host1/libnetwork/libnetwork/c", "10.0.0.1", "workloadEndpoint/host1/libnetwork/libnetwork/a"),
            ("host1/libnetwork/libnetwork/d", "192.0.2.1", "hostEndpoint/host1/eth0"),
        )
    ]


def test_policies_and_profiles_alone_result_in_no_finding() -> None:
    assert findings(profile("web"), policy("web", selector="role == 'web'", ingress=[{"action": "allow"}])) == []
