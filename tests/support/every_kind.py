"""Resources of every kind, and their names as `get -o name` prints them."""

from __future__ import annotations

from tests.support.manifests import host_endpoint, node, peer, policy, pool, profile, workload_endpoint

NETWORK = {"ipNetworks": ["10.0.0.5"]}


EVERY_KIND_RESOURCES = (
    profile("web"),
    policy("db"),
    node("n1", bgp={"ipv4Address": "10.9.0.1/24"}),
    node("n2"),
    pool("10.0.0.0/16", nat_outgoing=True, ipip={"enabled": True}),
    pool("10.2.0.0/16", name="second"),
    pool("fd00::/64"),
    peer("192.0.2.1", asNumber=65000),
    peer("192.0.2.1", "n1", asNumber="1.2"),
    peer("2001:db8::1", "n2"),
    host_endpoint("n1", "Eth/0", expectedIPs=["fd00::1", "10.1.1.1"], profiles=["web"]),
    host_endpoint("n2", "eth1"),
    workload_endpoint("n1", "libnetwork", "libnetwork", "ep1", **NETWORK),
    workload_endpoint("n1", "my/orch", "a/b", "c/d"),
    workload_endpoint("n2", "k8s", "prod.web-1", "eth0"),
    workload_endpoint("n2", "cni", "0123abcd", "eth0"),
)


EVERY_KIND_NAMES = (
    "profile/web",
    "policy/db",
    "node/n1",
    "node/n2",
    "ipPool/10.0.0.0/16",
    "ipPool/10.2.0.0/16",
    "ipPool/fd00::/64",
    "bgpPeer/global/192.0.2.1",
    "bgpPeer/node/n1/192.0.2.1",
    "bgpPeer/node/n2/2001:db8::1",
    "hostEndpoint/n1/Eth/0",
    "hostEndpoint/n2/eth1",
    "workloadEndpoint/n1/libnetwork/libnetwork/ep1",
    "workloadEndpoint/n1/my%2forch/a%2fb/c/d",
    "workloadEndpoint/n2/cni/0123abcd/eth0",
    "workloadEndpoint/n2/k8s/prod.web-1/eth0",
)
