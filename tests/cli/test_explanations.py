"""trace --endpoint, trace --summary and connectivity --explain: which policies apply, decide, and do not allow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.manifests import host_endpoint, policy, profile, workload_endpoint
from tests.support.runner import Calicoctl

ALLOW_ALL: list[dict[str, Any]] = [{"action": "allow"}]


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    """Two policies select the database. One rule never matches, and one is for an endpoint that is missing."""
    ports = {"destination": {"ports": [5432]}}
    web = {"source": {"selector": "role == 'web'"}}
    resources = [
        profile("web", labels={"role": "web"}, egress=ALLOW_ALL),
        profile("db", labels={"role": "db"}, ingress=ALLOW_ALL),
        policy(
            "db-access",
            order=1,
            selector="role == 'db'",
            ingress=[
                {"action": "allow", "protocol": "tcp", **web, **ports},
                {"action": "deny", "protocol": "tcp", "source": {"selector": "role == 'web'"}, **ports},
                {"action": "allow", "source": {"selector": "role == 'backup'"}},
            ],
        ),
        policy("db-icmp", order=2, selector="role == 'db'", ingress=[{"action": "allow", "protocol": "icmp"}]),
        workload_endpoint("node1", "cni", "c1", "web1", ipNetworks=["10.0.0.1"], profiles=["web"]),
        workload_endpoint("node1", "cni", "c2", "db1", ipNetworks=["10.0.0.2"], profiles=["db"]),
    ]
    path = tmp_path / "net.yaml"
    path.write_text(yaml.safe_dump(resources), encoding="utf-8")
    return str(path)


def test_trace_of_an_endpoint_omits_rules_without_traffic(calicoctl: Calicoctl, manifest: str) -> None:
    web = "workloadEndpoint/node1/cni/c1/web1"
    answer = json.loads(calicoctl("trace", "-f", manifest, "--endpoint", "db1", "-o", "json").stdout)
    access, icmp, own_profile = answer["ingress"]["policies"]
    assert (access["name"], access["omittedRules"], [each["rule"] for each in access["rules"]]) == (
        "policy/db-access",
        2,
        ["policy/db-access ingress[0]"],
    )
    assert access["rules"][0]["traffic"] == [{"services": ["tcp 5432"], "ipVersion": None, "peers": [web]}]
    assert icmp["rules"][0]["traffic"] == [{"services": ["icmp"], "ipVersion": None, "peers": [web, "outside"]}]
    assert (own_profile["name"], own_profile["rules"], own_profile["omittedRules"]) == ("profile/db", [], 1)
    assert [each["default"] for each in answer["ingress"]["defaults"]] == ["POLICIES"]

    result = calicoctl("trace", "-f", manifest, "--endpoint", "db1")
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert "policy/db-access: 2 rules without traffic omitted" in lines
    assert any(line.endswith(f": tcp 5432 from {web}") for line in lines)
    for args in (("--endpoint", "outside"), ("--endpoint", "profile:x"), ("--endpoint", "db1", "--to", "web1")):
        assert calicoctl("trace", "-f", manifest, *args).exit_code == 2, args


def test_a_denied_case_names_each_policy_that_selects_without_allowing(calicoctl: Calicoctl, manifest: str) -> None:
    question = ("trace", "-f", manifest, "--from", "web1", "--to", "db1", "--protocol", "tcp")
    text = calicoctl(*question).stdout
    assert "policies that do not allow it: policy/db-access (ingress), policy/db-icmp (ingress)\n" in text
    lines = calicoctl(*question, "--summary").stdout.splitlines()
    assert lines[0].startswith(
        "workloadEndpoint/node1/cni/c1/web1 -> workloadEndpoint/node1/cni/c2/db1: tcp 5432: allowed by "
    )
    assert lines[1].endswith(": tcp 0:5431,5433:65535: denied by ingress default: no rule of its policies matches")
    cases = json.loads(calicoctl(*question, "--summary", "-o", "json").stdout)["cases"]
    names = [[each["name"] for each in case["notAllowedBy"]] for case in cases]
    assert names == [[], ["policy/db-access", "policy/db-icmp"]]
    assert set(cases[0]) == {"path", "notAllowedBy", "verdict", "parts"}


def test_connectivity_explains_each_pair(calicoctl: Calicoctl, manifest: str) -> None:
    options = ("connectivity", "-f", manifest, "--explain", "--protocol", "tcp", "--port", "5432")
    pairs = {
        (pair["from"], pair["to"]): pair["cases"]
        for pair in json.loads(calicoctl(*options, "-o", "json").stdout)["explanation"]
    }
    ends = ("profile/db", "profile/web", "outside")
    assert set(pairs) == {(a, b) for a in ends for b in ends if {a, b} != {"outside"} and a != b}
    (allowed,) = pairs["profile/web", "profile/db"]
    assert (allowed["verdict"], allowed["services"], allowed["notAllowedBy"]) == ("allowed", ["tcp 5432"], [])
    assert allowed["ingress"]["decidedBy"]["rule"] == "policy/db-access ingress[0]"
    (denied,) = pairs["outside", "profile/db"]
    assert denied["path"] == "denied by ingress default: no rule of its policies matches"
    assert denied["notAllowedBy"] == [
        {"name": name, "direction": "ingress"} for name in ("policy/db-access", "policy/db-icmp")
    ]
    text = calicoctl(*options).stdout
    assert "\noutside -> profile/db:\n  tcp 5432: denied by ingress default: no rule of its policies matches\n" in text
    assert calicoctl(*options, "-o", "csv").exit_code == 2
    assert json.loads(calicoctl(*options[:3], "-o", "json").stdout)["explanation"] is None


def test_lines_name_the_ip_version_and_networks_without_contradictions(calicoctl: Calicoctl, tmp_path: Path) -> None:
    """No packet is in an allowed line and in a denied line: versions and inner networks are told apart."""
    ping = {"action": "allow", "protocol": "icmpv6", "icmp": {"type": 128, "code": 0}}
    inner, outer = ({"source": {"net": f"203.0.113.{part}"}} for part in ("128/25", "0/24"))
    nested = [{"action": "allow", **inner}, {"action": "deny", **outer}, {"action": "allow"}]
    path = tmp_path / "net.yaml"
    path.write_text(yaml.safe_dump([profile("ping", ingress=[ping]), profile("nested", ingress=nested)]), "utf-8")

    def lines(*args: str) -> set[str]:
        stdout = calicoctl(args[0], "-f", str(path), *args[1:]).stdout
        return {line.partition(" (/")[0].strip().partition(" by ")[0] for line in stdout.splitlines()}

    to_ping = "outside -> an endpoint of profile/ping"
    assert lines("trace", "--from", "outside", "--to", "profile:ping", "--summary") == {
        f"{to_ping}: icmpv6 128/0 (IPv6 only): allowed",
        f"{to_ping}: all (IPv4 only): denied",
        f"{to_ping}: all but icmpv6 128/0 (IPv6 only): denied",
    }
    to_nested = "-> an endpoint of profile/nested: all:"
    assert lines("trace", "--from", "outside", "--to", "profile:nested", "--summary") == {
        f"outside in 203.0.113.128/25 {to_nested} allowed",
        f"outside in 203.0.113.0/24 but not in 203.0.113.128/25 {to_nested} denied",
        f"outside but not in 203.0.113.0/24 {to_nested} allowed",
    }
    assert lines("trace", "--from", "203.0.113.0/24", "--to", "profile:ping", "--summary") == {
        f"{to_ping}: all: denied".replace("outside", "outside in 203.0.113.0/24")
    }
    explained = lines("connectivity", "--explain", "--focus", "profile:ping")
    ping_only = {"icmpv6 128/0 (IPv6 only): allowed", "all but icmpv6 128/0 (IPv6 only): denied"}
    assert {*ping_only, "all (IPv4 only): denied"} <= explained
    applied = lines("trace", "--endpoint", "profile:ping")
    shown = "from an endpoint of profile/ping, an endpoint of profile/nested, outside"
    assert "ingress[0] allow" in applied
    assert {f"all (IPv4 only) {shown}", f"all but icmpv6 128/0 (IPv6 only) {shown}"} <= applied
    answer = json.loads(
        calicoctl("trace", "-f", str(path), "--from", "outside", "--to", "profile:ping", "-o", "json").stdout
    )
    versions = [(case["verdict"], part["ipVersion"]) for case in answer["cases"] for part in case["parts"]]
    assert versions == [("allowed", 6), ("denied", 4), ("denied", 6)]


def test_an_endpoint_is_named_with_its_addresses_if_they_differ(calicoctl: Calicoctl, tmp_path: Path) -> None:
    rules = [{"action": "deny", "source": {"net": "10.1.0.0/16"}}, {"action": "allow"}]
    addresses = ["10.1.0.1", "10.2.0.1", "fd00::1"]
    resources = [
        profile("db", ingress=rules, egress=ALLOW_ALL),
        workload_endpoint("n", "cni", "c", "two", ipNetworks=addresses, profiles=["db"]),
        workload_endpoint("n", "cni", "c", "db", ipNetworks=["10.3.0.1", "fd00::3"], profiles=["db"]),
    ]
    path = tmp_path / "net.yaml"
    path.write_text(yaml.safe_dump(resources), "utf-8")
    asked = ("trace", "-f", str(path), "--from", "two", "--to", "db", "-o", "json")
    cases = json.loads(calicoctl(*asked).stdout)["cases"]
    parts = [(case["verdict"], part["from"], part["ipVersion"]) for case in cases for part in case["parts"]]
    name = "workloadEndpoint/n/cni/c/two at"
    assert parts == [("allowed", [f"{name} 10.2.0.1 and fd00::1"], None), ("denied", [f"{name} 10.1.0.1"], None)]


def test_trace_of_an_endpoint_notes_what_decides_elsewhere(calicoctl: Calicoctl, tmp_path: Path) -> None:
    resources = [
        policy("raw", selector="role == 'uplink'", doNotTrack=True, ingress=ALLOW_ALL),
        host_endpoint("n", "eth0", labels={"role": "uplink"}),
        workload_endpoint("n", "cni", "c", "on-host", ipNetworks=["10.0.0.1"]),
        workload_endpoint("other", "cni", "c", "elsewhere", ipNetworks=["10.0.0.2"]),
    ]
    path = tmp_path / "net.yaml"
    path.write_text(yaml.safe_dump(resources), "utf-8")
    hosts, replies = "host endpoints of node n also decide on traffic", "replies of untracked traffic"
    for name, expected in (("on-host", {hosts}), ("elsewhere", set()), ("eth0", {replies})):
        stderr = calicoctl("trace", "-f", str(path), "--endpoint", name).stderr
        assert {text for text in (hosts, replies) if text in stderr} == expected, name


def test_denied_packets_of_one_decision_are_one_case(calicoctl: Calicoctl, tmp_path: Path) -> None:
    """Also if different rules allow them at their source."""
    egress = [{"action": "allow", "protocol": "tcp"}, {"action": "allow", "protocol": "icmp"}, {"action": "deny"}]
    path = tmp_path / "one.yaml"
    path.write_text(yaml.safe_dump([profile("web", egress=egress), profile("db")]), encoding="utf-8")
    trace = ("trace", "-f", str(path), "--from", "profile:web", "--to", "profile:db")
    cases = json.loads(calicoctl(*trace, "-o", "json").stdout)["cases"]
    assert sorted(case["path"].partition(" (")[0] for case in cases) == [
        "denied by ingress default: no rule of its profiles matches",
        "denied by profile/web egress[2]",
    ]
    services = {case["path"].partition(" (")[0]: case["parts"][0]["services"] for case in cases}
    assert services["denied by ingress default: no rule of its profiles matches"] == ["tcp", "icmp"]
    assert services["denied by profile/web egress[2]"] == ["all but tcp; icmp"]
    flows = tmp_path / "flows.csv"
    flows.write_text("from,to,protocol,port\nprofile/web,profile/db,tcp,80\n", encoding="utf-8")
    text = calicoctl("trace", "-f", str(path), "--flows", str(flows)).stdout.splitlines()[1]
    assert text.endswith("tcp 80: denied by ingress default: no rule of its profiles matches")


def test_endpoints_of_a_group_with_different_decisions_are_named(calicoctl: Calicoctl, tmp_path: Path) -> None:
    """All of their traffic is denied, by different rules: services alone would not tell their decisions apart."""
    resources = [
        profile("web", egress=ALLOW_ALL),
        *(policy(name, selector=f"x == '{name}'", types=["egress"], egress=[{"action": "deny"}]) for name in "pq"),
        workload_endpoint("n", "cni", "c1", "a", {"x": "p"}, ipNetworks=["10.0.0.1", "fd00::1"], profiles=["web"]),
        workload_endpoint("n", "cni", "c2", "b", {"x": "q"}, ipNetworks=["10.0.0.2"], profiles=["web"]),
    ]
    path = tmp_path / "net.yaml"
    path.write_text(yaml.safe_dump(resources), encoding="utf-8")
    options = ("connectivity", "-f", str(path), "--explain")
    pairs = calicoctl(*options).stdout.split("\n\n")
    (lines,) = [pair.splitlines()[1:] for pair in pairs if pair.startswith("profile/web -> profile/web:")]
    assert [line.partition(" (")[0] for line in lines if not line.startswith("    ")] == [
        "  workloadEndpoint/n/cni/c1/a -> workloadEndpoint/n/cni/c2/b: all: denied by policy/p egress[0]",
        "  workloadEndpoint/n/cni/c2/b -> workloadEndpoint/n/cni/c1/a: all: denied by policy/q egress[0]",
    ]
    explained = json.loads(calicoctl(*options, "-o", "json").stdout)["explanation"]
    (pair,) = [each for each in explained if (each["from"], each["to"]) == ("profile/web", "profile/web")]
    assert [case["parts"][0]["from"] for case in pair["cases"]] == [
        ["workloadEndpoint/n/cni/c1/a"],
        ["workloadEndpoint/n/cni/c2/b"],
    ]
