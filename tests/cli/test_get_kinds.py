"""get, for every kind: aliases, filters, tables and names, and which filters are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.every_kind import EVERY_KIND_NAMES
from tests.support.runner import Calicoctl, Result, output_lines
from tests.support.stored_objects import key_segments


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
    assert len(every_kind_stored.keys()) == 2  # the tier and clusterinformations/default


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
        ("get policy --node n1", "--node is not a filter of policy (it has no filters)"),
        ("get hep --scope global", "--scope is not a filter of hostEndpoint (it has --node)"),
        ("get bp --workload w", "--workload is not a filter of bgpPeer (it has --scope and --node)"),
        ("delete pool 10.0.0.0/16 -n n1", "--node is not a filter of ipPool (it has no filters)"),
        ("delete node n1 --orchestrator k8s", "--orchestrator is not a filter of node (it has no filters)"),
        ("get all --node n1", "--node cannot be combined with all"),
        ("get hep/n1/Eth/0 --node n1", "--node cannot be combined with KIND/NAME"),
        ("get -f x.yaml --node n1", "--node cannot be combined with -f"),
        ("get bp --node n1 --scope global", "--node cannot be combined with --scope=global: these peers have no node"),
        ("get bp 192.0.2.300", "192.0.2.300"),
        ("delete hep eth1", "hostEndpoint/eth1: incomplete name (delete also requires --node)"),
        ("delete hep --node n1", "hostEndpoint/n1: incomplete name (delete also requires its name, or -l or --all)"),
        ("delete bp 192.0.2.1", "bgpPeer/192.0.2.1: incomplete name (delete also requires --scope and --node)"),
        ("delete bp 192.0.2.1 --scope node", "delete also requires --node"),
        ("delete wep eth0 -n n2", "delete also requires --orchestrator and --workload"),
        ("delete node", "delete also requires its name"),
        ("delete all", ": incomplete name ("),
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


def test_a_pool_shows_the_name_in_the_store_when_it_differs(every_kind_stored: Etcd, calicoctl: Calicoctl) -> None:
    assert key_segments(every_kind_stored, "ippools") == ["10-0-0-0-16", "fd00---64", "second"]
    printed: Any = json.loads(calicoctl("get", "pool", "-o", "json").stdout)
    assert [each["metadata"] for each in printed] == [
        {"cidr": "10.0.0.0/16"},
        {"cidr": "10.2.0.0/16", "name": "second"},
        {"cidr": "fd00::/64"},
    ]
