"""Every kind on the command line: its words, filters, tables and names, and what is refused."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.conftest import Calicoctl, Result
from tests.datastore.v3 import (
    host_endpoint,
    object_key,
    manifest,
    node,
    peer,
    policy,
    pool,
    profile,
    put_object,
    key_segments,
    workload_endpoint,
)
from tests.etcdserver import Etcd

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


@pytest.fixture
def every_kind_stored(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    result = calicoctl("apply", "-f", "-", input=manifest(*EVERY_KIND_RESOURCES))
    # Nobody can reach these hosts yet but for the agent's failsafe ports.
    assert (result.exit_code, {"there is no rule yet" in line for line in result.stderr.splitlines()}) == (0, {True})
    return store


def output_lines(result: Result) -> list[str]:
    assert (result.exit_code, result.stderr) == (0, "")
    return [line.rstrip() for line in result.stdout.splitlines()]


def test_get_all_lists_every_kind(every_kind_stored: Etcd, calicoctl: Calicoctl) -> None:
    assert sorted(output_lines(calicoctl("get", "all", "-o", "name"))) == sorted(EVERY_KIND_NAMES)
    kinds = [line.split()[0] for line in output_lines(calicoctl("get", "all")) if line and not line.startswith("KIND")]
    assert sorted(kinds) == sorted(name.partition("/")[0] for name in EVERY_KIND_NAMES)
    assert len(set(kinds)) == 7


def test_what_get_prints_applies_unchanged(every_kind_stored: Etcd, calicoctl: Calicoctl) -> None:
    before = every_kind_stored.revision()
    for form in ("yaml", "json"):
        printed = calicoctl("get", "all", "-o", form).stdout
        assert calicoctl("apply", "-f", "-", input=printed).stdout.endswith("\n16 unchanged\n")
    assert every_kind_stored.revision() == before


def test_printed_names_name_each_resource(every_kind_stored: Etcd, calicoctl: Calicoctl) -> None:
    assert output_lines(calicoctl("get", *EVERY_KIND_NAMES, "-o", "name")) == list(EVERY_KIND_NAMES)
    for name in EVERY_KIND_NAMES:
        assert output_lines(calicoctl("get", name, "-o", "name")) == [name]
    for name in reversed(EVERY_KIND_NAMES):
        assert calicoctl("delete", name) == Result(0, f"{name} deleted\n1 deleted\n", "")
        assert calicoctl("get", name).exit_code == 6
    assert len(every_kind_stored.keys()) == 2  # the tier, and what says that the store is ready


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        *((word, 2) for word in ("node", "Nodes", "NO", "nos", "hostEndpoint", "hostendpoints", "hep", "HEPS")),
        *((word, 4) for word in ("workloadEndpoint", "workloadendpoints", "wep", "weps")),
        *((word, 3) for word in ("ipPool", "ippools", "ipp", "ipps", "pool", "pools")),
        *((word, 3) for word in ("bgpPeer", "bgppeers", "bgpp", "bgpps", "bp", "bps")),
        ("hep --node n1", 1),
        ("hep eth1 -n n2", 1),
        ("hep eth1", 1),
        ("wep -n n2", 2),
        ("wep --orchestrator k8s", 1),
        ("wep --orchestrator my/orch --workload a/b", 1),
        ("wep eth0", 2),
        ("wep eth0 --workload 0123abcd", 1),
        ("wep --node nowhere", 0),
        ("bp --scope global", 1),
        ("bp --scope node", 2),
        ("bp --node n1", 1),
        ("bp --node n1 --scope node", 1),
        ("bp 192.0.2.1", 2),
        ("bp 2001:DB8:0::1", 1),
        ("pool 10.0.99.1/16", 1),
        ("pool second", 1),
    ],
)
def test_words_and_filters(every_kind_stored: Etcd, calicoctl: Calicoctl, arguments: str, count: int) -> None:
    found = output_lines(calicoctl("get", *arguments.split(), "-o", "name"))
    assert len(found) == len(set(found)) == count


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        ("get policy --node n1", "--node does not concern policy (it has no filters)"),
        ("get hep --scope global", "--scope does not concern hostEndpoint (it has --node)"),
        ("get bp --workload w", "--workload does not concern bgpPeer (it has --scope and --node)"),
        ("delete pool 10.0.0.0/16 -n n1", "--node does not concern ipPool (it has no filters)"),
        ("delete node n1 --orchestrator k8s", "--orchestrator does not concern node (it has no filters)"),
        ("get all --node n1", "--node does not go with all"),
        ("get hep/n1/Eth/0 --node n1", "--node does not go with KIND/NAME"),
        ("get -f x.yaml --node n1", "--node does not go with -f"),
        ("get bp --node n1 --scope global", "--node does not go with --scope=global: such peers have no node"),
        ("get bp nonsense", "nonsense"),
        ("delete hep eth1", "hostEndpoint/eth1 is not named in full: delete needs --node as well"),
        ("delete hep --node n1", "hostEndpoint/n1 is not named in full: delete needs its name as well"),
        ("delete bp 192.0.2.1", "bgpPeer/192.0.2.1 is not named in full: delete needs --scope and --node as well"),
        ("delete bp 192.0.2.1 --scope node", "delete needs --node as well"),
        ("delete wep eth0 -n n2", "delete needs --orchestrator and --workload as well"),
        ("delete node", "delete needs its name as well"),
        ("delete all", "is not named in full"),
        ("delete wep/n1/k8s/x", "write workloadEndpoint/NODE/ORCHESTRATOR/WORKLOAD/NAME"),
        ("get bp/global", "write bgpPeer/SCOPE/NODE/PEERIP"),
    ],
)
def test_wrong_usage(every_kind_stored: Etcd, calicoctl: Calicoctl, arguments: str, stderr: str) -> None:
    before = every_kind_stored.revision()
    result = calicoctl(*arguments.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert stderr in result.stderr
    assert every_kind_stored.revision() == before


@pytest.mark.parametrize(
    ("arguments", "gone"),
    [
        ("hep eth1 --node n2", "hostEndpoint/n2/eth1"),
        ("bp 192.0.2.1 --scope global", "bgpPeer/global/192.0.2.1"),
        ("bp 192.0.2.1 --node n1", "bgpPeer/node/n1/192.0.2.1"),
        ("wep eth0 -n n2 --orchestrator cni --workload 0123abcd", "workloadEndpoint/n2/cni/0123abcd/eth0"),
        ("pool 10.2.0.0/16", "ipPool/10.2.0.0/16"),
    ],
)
def test_delete_takes_what_is_named_and_nothing_else(
    every_kind_stored: Etcd, calicoctl: Calicoctl, arguments: str, gone: str
) -> None:
    assert calicoctl("delete", *arguments.split()) == Result(0, f"{gone} deleted\n1 deleted\n", "")
    left = output_lines(calicoctl("get", "all", "-o", "name"))
    assert sorted([*left, gone]) == sorted(EVERY_KIND_NAMES)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            "node -o wide",
            ["NAME   ASN       IPV4          IPV6", "n1     (64512)   10.9.0.1/24", "n2"],
        ),
        (
            "bgpPeer",
            [
                "SCOPE    PEERIP        NODE   ASN",
                "global   192.0.2.1            65000",
                "node     192.0.2.1     n1     65538",
                "node     2001:db8::1   n2     0",
            ],
        ),
        (
            "hostEndpoint -n n1 -o wide",
            [
                "NODE   NAME    INTERFACE   IPS                PROFILES",
                "n1     Eth/0   eth0        10.1.1.1,fd00::1   web",
            ],
        ),
        (
            "ipPool -o wide",
            [
                "CIDR          NAT     IPIP    NAME",
                "10.0.0.0/16   true    true",
                "10.2.0.0/16   false   false   second",
                "fd00::/64     false   false",
            ],
        ),
        (
            "workloadEndpoint --orchestrator libnetwork -o wide",
            [
                "NODE   ORCHESTRATOR   WORKLOAD     NAME   NETWORKS      NATS   INTERFACE   PROFILES",
                "n1     libnetwork     libnetwork   ep1    10.0.0.5/32          cali0",
            ],
        ),
    ],
)
def test_tables(every_kind_stored: Etcd, calicoctl: Calicoctl, arguments: str, expected: list[str]) -> None:
    assert output_lines(calicoctl("get", *arguments.split())) == expected


def test_create_makes_a_name_for_a_workload_endpoint(store: Etcd, calicoctl: Calicoctl) -> None:
    text = manifest(workload_endpoint("n1", "k8s", "ns.pod", None))
    words = {calicoctl("create", "-f", "-", input=text).stdout.split()[0] for _ in range(2)}
    assert len(words) == 2
    assert all(uuid.UUID(word.rpartition("/")[2]) for word in words)
    assert set(output_lines(calicoctl("get", "wep", "-o", "name"))) == words
    for verb in ("apply", "replace", "delete"):
        result = calicoctl(verb, "-f", "-", input=text)
        assert (result.exit_code, result.stdout) == (3, "")
        assert "'name' is missing" in result.stderr


def test_a_pool_shows_the_name_in_the_store_when_it_differs(every_kind_stored: Etcd, calicoctl: Calicoctl) -> None:
    assert key_segments(every_kind_stored, "ippools") == ["10-0-0-0-16", "fd00---64", "second"]
    printed: Any = json.loads(calicoctl("get", "pool", "-o", "json").stdout)
    assert [each["metadata"] for each in printed] == [
        {"cidr": "10.0.0.0/16"},
        {"cidr": "10.2.0.0/16", "name": "second"},
        {"cidr": "fd00::/64"},
    ]


def test_a_pool_can_not_be_renamed(every_kind_stored: Etcd, calicoctl: Calicoctl) -> None:
    before = every_kind_stored.revision()
    result = calicoctl("apply", "-f", "-", input=manifest(pool("10.2.0.0/16", name="other")))
    message = "-:2:1: ipPool/10.2.0.0/16: is stored as 'second' and can't be renamed (delete it first)\n"
    assert result == Result(5, "", message)
    same = calicoctl("apply", "-f", "-", input=manifest(pool("10.2.0.0/16")))
    assert same.stdout.startswith("ipPool/10.2.0.0/16 unchanged\n")
    assert every_kind_stored.revision() == before


NAME_CONFLICTS = [
    pytest.param(node("NODE1"), node("node1"), "node/NODE1", "node/node1", id="node"),
    pytest.param(
        host_endpoint("a", "b.c"), host_endpoint("a.b", "c"), "hostEndpoint/a/b.c", "hostEndpoint/a.b/c", id="hep"
    ),
    pytest.param(
        host_endpoint("a", "b.C"), host_endpoint("a.b", "C"), "hostEndpoint/a/b.C", "hostEndpoint/a.b/C", id="hep-hash"
    ),
    pytest.param(
        workload_endpoint("n", "o", "w", "e"),
        workload_endpoint("N", "o", "w", "e"),
        "workloadEndpoint/n/o/w/e",
        "workloadEndpoint/N/o/w/e",
        id="wep",
    ),
    pytest.param(
        workload_endpoint("n", "libnetwork", "libnetwork", "e"),
        workload_endpoint("n", "libnetwork", "w", "e"),
        "workloadEndpoint/n/libnetwork/libnetwork/e",
        "workloadEndpoint/n/libnetwork/w/e",
        id="libnetwork",
    ),
    pytest.param(
        pool("10.0.0.0/16", name="p"),
        pool("10.1.0.0/16", name="p"),
        "ipPool/10.0.0.0/16",
        "ipPool/10.1.0.0/16",
        id="pool",
    ),
    pytest.param(
        peer("192.0.2.1", "N"),
        peer("192.0.2.1", "n"),
        "bgpPeer/node/N/192.0.2.1",
        "bgpPeer/node/n/192.0.2.1",
        id="peer",
    ),
]


@pytest.mark.parametrize(("one", "other", "name", "other_name"), NAME_CONFLICTS)
@pytest.mark.parametrize("verb", ["apply", "create"])
def test_two_names_that_become_one(
    store: Etcd, calicoctl: Calicoctl, one: Any, other: Any, name: str, other_name: str, verb: str
) -> None:
    both = calicoctl(verb, "-f", "-", input=manifest(one, other))
    assert (both.exit_code, both.stdout, store.keys()) == (5, "", [])
    assert both.stderr.startswith(f"{name} and {other_name} of this command would both be stored as /calico/")
    for first, second, word in ((one, other, other_name), (other, one, name)):
        store.wipe()
        assert calicoctl("apply", "-f", "-", input=manifest(first)).exit_code == 0
        before = store.revision()
        result = calicoctl(verb, "-f", "-", input=manifest(second))
        assert (result.exit_code, result.stdout) == (5, "")
        assert result.stderr.startswith(f"-:2:1: {word}: would be stored as ")
        assert f"which holds {({name, other_name} - {word}).pop()} " in result.stderr
        assert calicoctl("delete", "-f", "-", input=manifest(second)).exit_code == 5
        assert store.revision() == before


def test_two_peers_of_one_identity_are_not_deleted_together(store: Etcd, calicoctl: Calicoctl) -> None:
    for name in ("rack-1", "rack-2"):
        put_object(store, object_key("bgppeers", name), {"peerIP": "192.0.2.1", "nodeSelector": f"rack == '{name}'"})
    result = calicoctl("delete", "bgpPeer", "192.0.2.1", "--scope", "global")
    assert (result.exit_code, result.stdout) == (5, "")
    assert all(object_key("bgppeers", name) in result.stderr for name in ("rack-1", "rack-2"))
    assert len(store.keys()) == 2


@pytest.mark.parametrize(("orchestrator", "workload"), [("cni", "a/b"), ("k8s", "ns.a/b"), ("k8s", "n/s.a")])
def test_a_workload_that_would_be_stored_out_of_sight_is_refused(
    store: Etcd, calicoctl: Calicoctl, orchestrator: str, workload: str
) -> None:
    names = f"name: e, node: n, orchestrator: {orchestrator}, workload: {workload}"
    text = f"{{apiVersion: v1, kind: workloadEndpoint, metadata: {{{names}}}, spec: {{interfaceName: c}}}}"
    result = calicoctl("apply", "-f", "-", input=text)
    assert result.exit_code == 3
    assert result.stderr.endswith(f"metadata.workload: '{workload}': a workload of {orchestrator} has no '/'\n")
    assert store.keys() == []
