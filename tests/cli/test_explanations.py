"""trace --endpoint, trace --summary and connectivity --explain: which policies apply, decide, and do not allow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.manifests import policy, profile, workload_endpoint
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
    assert access["rules"][0]["traffic"] == [{"services": ["tcp 5432"], "peers": [web]}]
    assert icmp["rules"][0]["traffic"] == [{"services": ["icmp"], "peers": [web, "outside"]}]
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
