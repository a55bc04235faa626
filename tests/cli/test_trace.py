"""trace: verdict, exit code, both halves, places of rules, and the sources that it answers from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.conftest import ROOT
from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, node, policy, profile, workload_endpoint
from tests.support.runner import Calicoctl, Result

SEED = str(ROOT / "examples" / "docker-networks" / "profiles.yaml")
KEY = "/calico/resources/v3/projectcalico.org/profiles/"
MYSQL = ("--protocol", "tcp", "--port", "3306")
DATABASE = {
    "labels": {"role": "db"},
    "ingress": [
        {"action": "allow", "protocol": "udp"},
        {
            "action": "allow",
            "protocol": "tcp",
            "destination": {"ports": [3306]},
            "source": {"selector": "role == 'web'"},
        },
    ],
}
WEB = {"labels": {"role": "web"}, "egress": [{"action": "allow"}]}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A database and a frontend, each with an endpoint."""
    resources = [
        profile("db", **DATABASE),
        profile("web", **WEB),
        workload_endpoint("n", "libnetwork", "libnetwork", "db1", ipNetworks=["10.0.0.1"], profiles=["db"]),
        workload_endpoint("n", "libnetwork", "libnetwork", "web1", ipNetworks=["10.0.0.2"], profiles=["web"]),
    ]
    path = tmp_path / "net.yaml"
    path.write_text(yaml.safe_dump(resources), encoding="utf-8")
    return path


def line_of(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def answer(result: Result) -> Any:
    assert result.exit_code in {0, 1}, result.stderr
    return json.loads(result.stdout)


def test_trace_of_the_first_manifest(calicoctl: Calicoctl) -> None:
    asked = [
        (("frontend", "database", *MYSQL), "allowed"),
        (("frontend", "database", "--protocol", "tcp", "--port", "80"), "denied"),
        (("frontend", "database", "--icmp", "8/0"), "denied"),
        (("database", "frontend", *MYSQL), "denied"),
        (("frontend", "frontend", *MYSQL), "denied"),
        (("database", "database"), "allowed"),
        (("frontend", "database"), "mixed"),
    ]
    for (source, destination, *services), verdict in asked:
        ends = ("--from", f"profile:{source}", "--to", f"profile:{destination}")
        result = calicoctl("trace", "-f", SEED, *ends, *services)
        assert result.stdout.startswith(f"{verdict}: "), (source, destination, services)
        assert result.exit_code == (0 if verdict == "allowed" else 1)
        assert "no endpoints, one placeholder for each profile" in result.stdout


def test_both_halves_name_the_rules_and_their_lines(calicoctl: Calicoctl, manifest: Path) -> None:
    result = calicoctl("trace", "-f", str(manifest), "--from", "web1", "--to", "10.0.0.1", *MYSQL)

    assert result.exit_code == 0
    first, second = line_of(manifest, "protocol: udp"), line_of(manifest, "- 3306")
    lines = [line.strip() for line in result.stdout.splitlines()]
    (udp,) = [line for line in lines if line.startswith("ingress[0]")]
    (tcp,) = [line for line in lines if line.startswith("ingress[1]")]
    assert f"{manifest}:{first - 1})" in udp
    assert udp.endswith("protocol is udp, the packet has tcp")
    assert tcp.endswith("matches")
    assert second - 5 < int(tcp.partition(f"{manifest}:")[2].partition(")")[0]) <= second
    assert any(line.startswith("egress of workloadEndpoint/n/libnetwork/libnetwork/web1: allowed by") for line in lines)


@pytest.mark.parametrize(
    ("asked", "failed"),
    [
        (("--protocol", "tcp", "--port", "80"), ("destination.ports", "3306", "80")),
        (("--icmp", "8/0"), ("protocol", "tcp", "icmp")),
    ],
)
def test_the_first_mismatched_criterion_is_reported(
    calicoctl: Calicoctl, manifest: Path, asked: tuple[str, ...], failed: tuple[str, ...]
) -> None:
    result = calicoctl("trace", "-f", str(manifest), "--from", "web1", "--to", "db1", *asked, "-o", "json")
    (case,) = answer(result)["cases"]
    rule = case["ingress"]["tried"][0]["rules"][1]
    assert rule["failed"] == dict(zip(("field", "wanted", "found"), failed, strict=True))
    assert case["ingress"]["decidedBy"] == {"default": "PROFILES"}


def test_cases_are_exact_and_each_has_an_example(calicoctl: Calicoctl, manifest: Path) -> None:
    asked = ("--from", "web1", "--to", "db1", "--protocol", "tcp", "--port", "3000:4000", "-o", "json")
    result = calicoctl("trace", "-f", str(manifest), *asked)
    found = answer(result)
    assert result.exit_code == 1
    assert found["verdict"] == "mixed"
    shown = {case["verdict"]: case["parts"][0]["services"] for case in found["cases"]}
    assert shown == {"allowed": ["tcp 3306"], "denied": ["tcp 3000:3305,3307:4000"]}
    assert [case["example"]["destinationPort"] for case in found["cases"]] == [3306, 3000]


def test_peers_that_are_external_addresses_and_networks_with_endpoints(calicoctl: Calicoctl, manifest: Path) -> None:
    for source, names in (
        ("192.0.2.7", {"outside in 192.0.2.7/32"}),
        ("outside", {"outside"}),
        ("10.0.0.0/30", {"outside in 10.0.0.0/30", "workloadEndpoint/n/libnetwork/libnetwork/web1"}),
    ):
        result = calicoctl("trace", "-f", str(manifest), "--from", source, "--to", "db1", *MYSQL, "-o", "json")
        cases = answer(result)["cases"]
        assert {name for case in cases for part in case["parts"] for name in part["from"]} == names


def test_traffic_between_non_endpoints_is_rejected(calicoctl: Calicoctl, manifest: Path) -> None:
    """It is allowed, since no policy applies: a misspelled address would pass every check."""
    for source, destination in (("outside", "192.0.2.7"), ("192.0.2.0/24", "10.0.0.9")):
        result = calicoctl("trace", "-f", str(manifest), "--from", source, "--to", destination)
        assert (result.exit_code, result.stdout) == (2, "")
        assert f"neither {source} nor {destination} contains an endpoint (name an endpoint" in result.stderr
    placeholders = json.dumps([profile("a", ingress=[{"action": "allow"}])])
    result = calicoctl("trace", "-f", "-", "--from", "10.0.0.1", "--to", "10.0.0.2", input=placeholders)
    assert (result.exit_code, "no addresses of endpoints are known" in result.stderr) == (2, True)


def test_an_endpoint_that_is_not_there_yet(calicoctl: Calicoctl, manifest: Path) -> None:
    for labels, code in (("role=web", 1), ("role=web,profile=web", 0), ("zone=a,profile=web", 0)):
        result = calicoctl("trace", "-f", str(manifest), "--from", f"labels:{labels}", "--to", "db1", *MYSQL)
        assert result.exit_code == code, labels


def test_an_unknown_address_is_split_by_the_networks_of_rules(calicoctl: Calicoctl) -> None:
    rules = [{"action": "deny", "source": {"nets": ["10.9.0.0/16"]}}, {"action": "allow"}]
    text = json.dumps([profile("a", ingress=rules, egress=[{"action": "allow"}])])
    result = calicoctl("trace", "-f", "-", "--from", "profile:a", "--to", "profile:a", *MYSQL, "-o", "json", input=text)
    senders = {case["verdict"]: case["parts"][0]["from"] for case in answer(result)["cases"]}
    assert senders["denied"] == ["an endpoint of profile/a in 10.9.0.0/16"]
    assert senders["allowed"] == ["an endpoint of profile/a but not in 10.9.0.0/16"]


def test_pass_goes_on_with_profiles_and_log_goes_on(calicoctl: Calicoctl, manifest: Path, tmp_path: Path) -> None:
    first = policy("first", order=1, selector="role == 'db'", ingress=[{"action": "log"}, {"action": "pass"}])
    second = policy("second", order=2, selector="role == 'db'", ingress=[{"action": "deny"}])
    more = tmp_path / "more.json"
    more.write_text(json.dumps([second, first]))
    result = calicoctl("trace", "-f", str(manifest), "-f", str(more), "--from", "web1", "--to", "db1", *MYSQL)
    assert result.exit_code == 0
    assert "policy/second: not reached" in result.stdout
    assert (
        result.stdout.index("policy/first") < result.stdout.index("policy/second") < result.stdout.index("profile/db:")
    )


def test_the_datastore_alone_and_under_manifests(store: Etcd, calicoctl: Calicoctl, manifest: Path) -> None:
    calicoctl("apply", "-f", str(manifest))
    ends = ("--from", "web1", "--to", "db1", *MYSQL)
    result = calicoctl("trace", *ends)
    assert result.exit_code == 0
    assert f"({KEY}db)" in result.stdout
    assert f"datastore {store.endpoint}: 0 policies, 2 profiles, 2 endpoints" in result.stdout

    closed = json.dumps(profile("db", labels={"role": "db"}, ingress=[{"action": "deny"}]))
    merged = calicoctl("trace", "-f", "-", "--with-datastore", *ends, input=closed)
    assert merged.exit_code == 1
    assert "denied by profile/db ingress[0] (-:1)" in merged.stdout


def test_a_profile_that_the_agent_rejects_has_rules_but_no_labels(
    store: Etcd, calicoctl: Calicoctl, manifest: Path
) -> None:
    """Felix treats its labels as missing and programs its rules; trace shows the same."""
    calicoctl("apply", "-f", str(manifest))
    value = json.loads(store.etcdctl("get", "--print-value-only", KEY + "web"))
    value["spec"]["egress"].append({"action": "Deny", "protocol": 1, "icmp": {"type": 8}})
    store.etcdctl("put", KEY + "web", json.dumps(value))

    result = calicoctl("trace", "--from", "web1", "--to", "db1", *MYSQL)
    assert result.exit_code == 1
    assert "profile/web: the agent ignores its labels: egress[1]: icmp with protocol 1" in result.stderr
    assert 'source.selector is role == "web", the packet has no labels' in result.stdout
    assert "egress of workloadEndpoint/n/libnetwork/libnetwork/web1: allowed by profile/web" in result.stdout


def test_unreadable_entries_are_reported_and_excluded(store: Etcd, calicoctl: Calicoctl, manifest: Path) -> None:
    calicoctl("apply", "-f", str(manifest))
    store.etcdctl("put", KEY + "bad", "no json")
    result = calicoctl("trace", "--from", "web1", "--to", "db1", *MYSQL)
    assert result.exit_code == 0
    assert f"{KEY}bad is not JSON" in result.stderr


def test_host_endpoints_and_missing_profiles_are_reported(calicoctl: Calicoctl) -> None:
    text = json.dumps([host_endpoint("n", "eth0", expectedIPs=["10.0.0.9"], profiles=["gone"])])
    result = calicoctl("trace", "-f", "-", "--from", "outside", "--to", "eth0", *MYSQL, input=text)
    assert result.exit_code == 1
    assert "profile/gone (profile of hostEndpoint/n/eth0) does not exist" in result.stdout
    assert "failsafe" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--from", "nobody", "--to", "db1"), "no endpoint 'nobody'"),
        (("--from", "profile:nothing", "--to", "db1"), "profile:nothing: the profile does not exist"),
        (("--from", "selector:role = 'x'", "--to", "db1"), "expected '==', found '='"),
        (("--from", "selector:role == 'x'", "--to", "db1"), "the selector matches no endpoint"),
        (("--from", "labels:role", "--to", "db1"), "write KEY=VALUE"),
        (("--from", "labels:role=a,role=b", "--to", "db1"), "role has two values (write one of them)"),
        (("--from", "labels:profile=a,profile=b", "--to", "db1"), "profile has two values (write one of them)"),
        (("--from", "labels:", "--to", "db1"), "no label (write labels:KEY=VALUE or labels:profile=NAME)"),
        (("--from", "db1", "--to", "db1"), "does not pass the agent"),
        (("--from", "2001:db8::1", "--to", "db1"), "no common IP version"),
        (("--from", "web1", "--to", "db1", "--port", "80"), "require --protocol tcp or udp or sctp"),
        (
            ("--from", "web1", "--to", "db1", "--protocol", "icmp", "--port", "80"),
            "cannot be combined with --protocol icmp",
        ),
        (("--from", "web1", "--to", "db1", "--protocol", "tpc"), "unknown protocol"),
        (("--from", "web1", "--to", "db1", "--protocol", "tcp", "--port", "90:80"), "the lower one first"),
        (("--from", "web1", "--to", "db1", "--protocol", "tcp", "--port", "web"), "write a number"),
        (("--from", "web1", "--to", "db1", "--icmp", "8/256"), "TYPE/CODE from 0 to 255"),
        (("--from", "web1", "--to", "db1", "--icmp", "8", "--protocol", "tcp"), "--icmp requires"),
    ],
)
def test_invalid_options_are_rejected(
    calicoctl: Calicoctl, manifest: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = calicoctl("trace", "-f", str(manifest), *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_result_with_too_many_cases_is_rejected(calicoctl: Calicoctl) -> None:
    port = 1000
    rules = [
        {"action": "allow", "protocol": "tcp", "destination": {"ports": [number]}}
        for number in range(port, port + 1100)
    ]
    text = json.dumps([profile("a", ingress=rules, egress=[{"action": "allow"}])])
    ends = ("--from", "profile:a", "--to", "profile:a")
    result = calicoctl("trace", "-f", "-", *ends, input=text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "more than 1000 cases" in result.stderr
    assert calicoctl("trace", "-f", "-", *ends, "--protocol", "tcp", "--port", "1001", input=text).exit_code == 0


def test_nodes_of_manifests_and_datastore_have_addresses(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    """Traffic of a workload to an address of its own node is dropped, wherever the node is stored."""
    resources = [
        node("n", bgp={"ipv4Address": "10.0.0.9"}),
        profile("web", **WEB),
        host_endpoint("n", "eth0", profiles=["web"]),
        workload_endpoint("n", "libnetwork", "libnetwork", "web1", ipNetworks=["10.0.0.2"], profiles=["web"]),
    ]
    path, rest = tmp_path / "part.yaml", tmp_path / "rest.yaml"
    for part, others in ((resources[:1], resources[1:]), (resources[1:], resources[:1])):
        path.write_text(json.dumps(part), encoding="utf-8")
        rest.write_text(json.dumps(others), encoding="utf-8")
        assert calicoctl("apply", "-f", str(rest)).exit_code == 0
        result = calicoctl(
            "trace", "-f", str(path), "--with-datastore", "--from", "web1", "--to", "10.0.0.9", "--icmp", "8"
        )
        assert "the agent drops traffic of workloads to their own node" in result.stdout, result.stderr
        calicoctl("delete", "-f", str(rest))


NAMESPACE_SET = """
apiVersion: projectcalico.org/v3
kind: Profile
metadata: {name: kns.shop}
spec: {ingress: [{action: Allow}], egress: [{action: Allow}]}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: app == 'web'
  types: [Ingress]
  ingress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""


@pytest.mark.parametrize(
    ("destination", "port", "expected"),
    [
        ("profile:kns.shop", "80", "denied"),
        ("labels:profile=kns.shop", "80", "denied"),
        ("labels:app=web,profile=kns.shop", "80", "allowed"),
        ("labels:app=web,profile=kns.shop", "81", "denied"),
        ("labels:app=web,profile=kns.shop,projectcalico.org/namespace=other", "81", "allowed"),
    ],
)
def test_an_endpoint_with_the_profile_of_a_namespace_is_a_pod(
    calicoctl: Calicoctl, destination: str, port: str, expected: str
) -> None:
    options = ("--from", "outside", "--to", destination, "--protocol", "tcp", "--port", port)
    result = calicoctl("trace", "-f", "-", *options, input=NAMESPACE_SET)
    assert result.stdout.partition(":")[0] == expected, result.stderr


@pytest.mark.parametrize("addresses", [[], ["192.0.2.1"], ["192.0.2.1", "2001:db8::9"]], ids=["none", "v4", "both"])
def test_forwarded_traffic_needs_neighbor_discovery(calicoctl: Calicoctl, addresses: list[str]) -> None:
    """The interface has IPv6 addresses, whether or not `expectedIPs` contains them."""
    rules = [{"action": "deny", "protocol": "icmpv6"}, {"action": "allow"}]
    resources = [
        profile("web", **WEB),
        host_endpoint("n", "eth0", {"role": "uplink"}, interfaceName="eth0", expectedIPs=addresses, profiles=["web"]),
        workload_endpoint("n", "libnetwork", "libnetwork", "web1", ipNetworks=["fd00::1"], profiles=["web"]),
        policy("uplink", selector="role == 'uplink'", preDNAT=True, ingress=rules),
    ]
    options = ("--from", "2001:db8::1", "--to", "web1", "--icmp", "128", "--protocol", "icmpv6", "--interface", "eth0")
    tcp = (*options[:4], "--protocol", "tcp", "--port", "80", "--interface", "eth0")
    for arguments in (options, tcp):
        result = calicoctl("trace", "-f", "-", *arguments, input=json.dumps(resources))
        assert (result.exit_code, result.stdout.partition(":")[0]) == (1, "denied")
    assert "IPv6 neighbor discovery is denied" in result.stdout


def test_traffic_without_neighbor_discovery_is_denied(calicoctl: Calicoctl) -> None:
    ssh = {"action": "allow", "protocol": "tcp", "destination": {"ports": [22]}}
    resources = [
        profile("web", **WEB),
        host_endpoint("n", "eth0", {"role": "uplink"}, expectedIPs=["10.0.0.9", "2001:db8::9"]),
        workload_endpoint("n", "libnetwork", "libnetwork", "web1", ipNetworks=["fd00::1"], profiles=["web"]),
        policy("uplink", selector="role == 'uplink'", ingress=[ssh], egress=[{"action": "allow"}]),
    ]
    arguments = ("trace", "-f", "-", "--from", "2001:db8::1", "--protocol", "tcp", "--port", "22", "--to")
    result = calicoctl(*arguments, "eth0", input=json.dumps(resources))
    assert (result.exit_code, result.stdout.partition(":")[0]) == (1, "denied")
    assert "ingress of hostEndpoint/n/eth0: denied by default: IPv6 neighbor discovery is denied" in result.stdout
    assert (
        "policy/uplink (normal policy of hostEndpoint/n/eth0, for neighbor discovery: ingress of ICMPv6 type 135)"
        in (result.stdout)
    )
    assert "protocol is tcp, the packet has icmpv6" in result.stdout
    options = ("--from", "web1", "--to", "2001:db8::1", "--icmp", "128", "--interface", "eth0", "-o", "json")
    forwarded = calicoctl("trace", "-f", "-", *options, input=json.dumps(resources))
    assert answer(forwarded)["cases"][0]["egress"]["decidedBy"] == {"default": "NEIGHBOR_DISCOVERY"}
    by_any = answer(calicoctl("trace", "-f", "-", *options[:6], "-o", "json", input=json.dumps(resources)))["cases"][0]
    assert by_any["verdict"] == "depends on the interface"
    assert {each["interface"]: each["verdict"] for each in (by_any["egress"], *by_any["egress"]["alternatives"])} == {
        "another interface": "allowed",
        "interface eth0": "denied",
    }
    solicitation = ("--protocol", "icmpv6", "--icmp", "135", "--to", "eth0")
    message = calicoctl(*arguments[:-5], *solicitation, input=json.dumps(resources)).stdout
    assert "without neighbor discovery, no IPv6 packet passes the interface of hostEndpoint/n/eth0" in message
    discovery = {"action": "allow", "protocol": "icmpv6"}
    resources[3]["spec"]["ingress"].append(discovery)
    assert calicoctl(*arguments, "eth0", input=json.dumps(resources)).exit_code == 0
