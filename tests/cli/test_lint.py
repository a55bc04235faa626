"""lint: positions, exit codes, suppressions, checked sources and output formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import yaml

from calicoctl.analysis.lint import CHECKS
from tests.docs.conftest import ROOT
from tests.support.etcd_server import Etcd
from tests.support.manifests import policy, profile, workload_endpoint
from tests.support.runner import Calicoctl
from tests.support.sarif import SARIF_VALIDATOR
from tests.support.stored_objects import put_object

POLICIES = "/calico/resources/v3/projectcalico.org/globalnetworkpolicies/"
SHADOWED = """\
- apiVersion: v1
  kind: profile
  metadata: {name: db, labels: {role: db}}
- apiVersion: v1
  kind: policy
  metadata: {name: first}
  spec:
    order: 1
    selector: role == 'db'
    ingress:
    - {action: deny, protocol: tcp, destination: {ports: ['1:100']}}
    - {action: allow, protocol: tcp, destination: {ports: ['90:300']}}
- apiVersion: v1
  kind: policy
  metadata: {name: second}
  spec:
    order: 2
    selector: role == 'db'
    ingress:
    - {action: allow, protocol: tcp, destination: {ports: ['50:200']}}
"""
FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab")


@pytest.fixture
def shadowed_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SHADOWED, encoding="utf-8")
    return "net.yaml"


def reported_issues(text: str) -> list[tuple[str, Any, str]]:
    return [(found["code"], found["line"], found["message"]) for found in json.loads(text)]


def test_a_shadowed_rule_lists_the_shadowing_rules_with_their_lines(
    calicoctl: Calicoctl, shadowed_manifest: str
) -> None:
    result = calicoctl("lint", "-f", shadowed_manifest)
    assert (result.exit_code, result.stderr) == (1, "")
    redundant, *shadowed = result.stdout.splitlines()
    no_effect = "has no effect: without this policy, the same traffic is allowed and denied"
    assert redundant == f"note: net.yaml:13:3: policy/second: {no_effect} [CAL003]"
    assert shadowed == [
        "warning: net.yaml:20:7: policy/second: spec.ingress[0]: never matches: all of its packets are decided "
        "earlier, by deny of policy/first ingress[0] (net.yaml:11), allow of policy/first ingress[1] (net.yaml:12) "
        "(if you delete this rule, write types: [ingress], which follows from the rules now) [CAL001]"
    ]


@pytest.mark.parametrize(("limit", "code"), [("error", 0), ("warning", 1), ("note", 1), ("never", 0), ("", 1)], ids=str)
@pytest.mark.parametrize("output_format", FORMATS)
def test_the_exit_code_is_the_same_in_every_format(
    calicoctl: Calicoctl, shadowed_manifest: str, limit: str, code: int, output_format: str
) -> None:
    options = ("--fail-on", limit) if limit else ()
    result = calicoctl("lint", "-f", shadowed_manifest, "-o", output_format, *options)
    assert (result.exit_code, result.stderr) == (code, "")
    assert "CAL001" in result.stdout
    assert "CAL003" in result.stdout
    if output_format == "sarif":
        SARIF_VALIDATOR.validate(json.loads(result.stdout))
        (run,) = json.loads(result.stdout)["runs"]
        assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [check.code for check in CHECKS]
    if output_format == "junit":
        assert Xml.fromstring(result.stdout).get("failures") == str(code)
    if output_format in {"text", "github"}:
        assert ("no endpoints, one placeholder" in result.stdout) == (code == 0)


def test_suppressions_in_standard_input(calicoctl: Calicoctl) -> None:
    text = SHADOWED.replace("metadata: {name: second}", "metadata: {name: second}\n  # calicoctl: ignore=CAL001")
    text = text.replace(
        "- apiVersion: v1\n  kind: policy", "# calicoctl: ignore=CAL001\n- apiVersion: v1\n  kind: policy"
    )
    result = calicoctl("lint", "-f", "-", "-o", "json", input=text)
    assert result.exit_code == 0
    assert [(code, line) for code, line, _ in reported_issues(result.stdout)] == [
        ("CAL021", 4),
        ("CAL003", 15),
        ("CAL021", 18),
    ]


def test_overlaps_are_reported_on_request(calicoctl: Calicoctl, shadowed_manifest: str) -> None:
    """The finding is at the policy that is tried later, and not an unused suppression without the option."""
    found = json.loads(calicoctl("lint", shadowed_manifest, "--overlaps", "-o", "json").stdout)
    assert [each["message"] for each in found if each["code"] == "CAL038"] == [
        "selects one endpoint (an endpoint of profile/db) of policy/first, which is tried first"
    ]
    suppressed = SHADOWED.replace("order: 2\n", "order: 2\n    # calicoctl: ignore=CAL038\n")
    for options in ((), ("--overlaps",)):
        found = json.loads(calicoctl("lint", "-", "-o", "json", *options, input=suppressed).stdout)
        assert {"CAL038", "CAL021"}.isdisjoint(each["code"] for each in found)


def test_endpoints_without_a_policy(calicoctl: Calicoctl) -> None:
    """Both directions, and a note: the exit code is 0."""
    resources = [
        profile("p", egress=[{"action": "allow"}]),
        policy("web", selector="role == 'web'", types=["ingress", "egress"], ingress=[{"action": "allow"}]),
        policy("db", selector="role == 'db'", types=["ingress"], ingress=[{"action": "allow"}]),
        *(
            workload_endpoint("n", "o", "w", name, ipNetworks=[address], profiles=["p"], labels={"role": name})
            for name, address in (("web", "10.0.0.1"), ("db", "10.0.0.2"), ("wbe", "10.0.0.3"))
        ),
    ]
    result = calicoctl("lint", "-", "-o", "json", input=yaml.safe_dump(resources))
    assert result.exit_code == 0
    messages = {each["name"]: each["message"] for each in json.loads(result.stdout) if each["code"] == "CAL037"}
    assert messages == {
        "n/o/w/db": "no policy applies to its egress: its profiles decide alone",
        "n/o/w/wbe": "no policy applies to its ingress and egress: its profiles decide alone",
    }


def test_invalid_manifests_are_exit_code_3_with_all_problems(calicoctl: Calicoctl) -> None:
    result = calicoctl("lint", "-f", "-", input=SHADOWED.replace("order: 2", "ordr: 2").replace("deny", "dny"))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "unknown field 'ordr'" in result.stderr
    assert "'dny' is not one of" in result.stderr


def test_the_datastore_alone_and_with_manifests(calicoctl: Calicoctl, store: Etcd, shadowed_manifest: str) -> None:
    assert calicoctl("apply", "-f", shadowed_manifest).exit_code == 0
    found = json.loads(calicoctl("lint", "-o", "json").stdout)
    assert [(each["code"], each["file"], each["line"]) for each in found] == [
        ("CAL003", f"{POLICIES}second", None),
        ("CAL001", f"{POLICIES}second", None),
    ]
    assert f"({POLICIES}first)" in found[1]["message"]
    Path("change.yaml").write_text(yaml.safe_dump([policy("first", order=3, selector="role == 'db'")]))
    result = calicoctl("lint", "-f", "change.yaml", "--with-datastore", "-o", "json")
    assert [(each["code"], each["file"]) for each in json.loads(result.stdout)] == [("CAL003", "change.yaml")]
    SARIF_VALIDATOR.validate(json.loads(calicoctl("lint", "-o", "sarif").stdout))
    assert Xml.fromstring(calicoctl("lint", "-o", "junit").stdout).get("tests") == "1"


def test_nothing_to_check_is_rejected(calicoctl: Calicoctl, store: Etcd) -> None:
    result = calicoctl("lint")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"nothing to check: datastore {store.endpoint} contains no policy, profile, endpoint" in result.stderr


def test_policies_without_endpoints_and_profiles_are_evaluated_for_all_labels(calicoctl: Calicoctl) -> None:
    rules: list[dict[str, Any]] = [{"action": "allow", "source": {"selector": "role == 'y'"}}]
    policies = [policy("p", order=1, selector="role == 'x'", ingress=rules), policy("q", selector="env == 'a'")]
    result = calicoctl("lint", "-f", "-", input=yaml.safe_dump(policies))
    basis = "-: 2 policies, 0 profiles, no endpoints, evaluated for all possible labels"
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"nothing found ({basis})\n", "")
    rules.append({"action": "deny", "source": {"selector": "role == 'y' && env == 'a'"}})
    result = calicoctl("lint", "-f", "-", "-o", "json", input=yaml.safe_dump(policies))
    assert [code for code, _, _ in reported_issues(result.stdout)] == ["CAL001"]


@pytest.mark.parametrize(
    "spec",
    [
        {"selector": "role == 'x'", "doNotTrack": True},
        {"selector": " && ".join(f"label-{number} != 'x'" for number in range(9))},
        {"selector": " || ".join(f"l == '{number}'" for number in range(3000))},
    ],
    ids=["host endpoints", "labels", "values"],
)
def test_policies_without_endpoints_and_profiles_that_are_not_evaluated(
    calicoctl: Calicoctl, spec: dict[str, Any]
) -> None:
    """Contradictions are found anyway."""
    policies = [policy("p", ingress=[{"action": "allow", "source": {"selector": "r == 'y' && r == 'x'"}}], **spec)]
    for level, code in (("error", 1), ("never", 0)):
        result = calicoctl("lint", "-f", "-", "--fail-on", level, "-o", "json", input=yaml.safe_dump(policies))
        assert result.exit_code == code
        assert {"CAL029", "CAL004"} <= {each for each, _, _ in reported_issues(result.stdout)}


def test_selectors_match_the_labels_of_too_many_unused_profiles(calicoctl: Calicoctl) -> None:
    """With too many profiles without endpoints, placeholders have labels but no addresses."""
    nets = [{"action": "deny", "source": {"nets": [f"10.{number}.0.0/16"]}} for number in range(200)]
    resources = [
        *(profile(f"p{number}", labels={"net": f"net-{number}"}) for number in range(150)),
        workload_endpoint("n", "libnetwork", "libnetwork", "e", ipNetworks=["10.0.0.1"], profiles=["p0"]),
        policy("nets", order=1, selector="net == 'net-0'", ingress=[*nets, {"action": "allow"}]),
        policy("lazy", selector="net == 'net-7'", ingress=[{"action": "allow"}]),
        policy(
            "peer",
            order=0,
            selector="net == 'net-0'",
            ingress=[{"action": "deny", "source": {"selector": "net == 'net-8'"}}],
        ),
        policy("typo", selector="net == 'nett-8'", ingress=[{"action": "allow"}]),
    ]
    result = calicoctl("lint", "-f", "-", "-o", "json", input=yaml.safe_dump(resources))
    found = [(code, message) for code, _, message in reported_issues(result.stdout) if code not in {"CAL015", "CAL003"}]
    assert [code for code, _ in found] == ["CAL008"]
    assert "none matches net == \"nett-8\" (did you mean 'net-8'?)" in found[0][1]


@pytest.mark.parametrize("check", CHECKS, ids=[check.code for check in CHECKS])
def test_explain_prints_the_page_without_a_datastore(calicoctl: Calicoctl, check: Any) -> None:
    for word in (check.code, check.code.lower(), check.name):
        result = calicoctl("lint", "--explain", word, env={"ETCD_ENDPOINTS": "http://127.0.0.1:1"})
        assert (result.exit_code, result.stdout) == (0, check.page.text)
    assert (ROOT / "docs" / "lint" / f"{check.code}.md").read_text(encoding="utf-8") == check.page.text


def test_explain_of_an_unknown_code_is_exit_code_2(calicoctl: Calicoctl) -> None:
    result = calicoctl("lint", "--explain", "CAL999")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "codes are CAL001, " in result.stderr


HALVES = """\
- apiVersion: v1
  kind: profile
  metadata: {name: web, labels: {role: web}}
  spec:
    egress:
    - {action: allow, protocol: tcp, destination: {selector: role == 'db', ports: [3306, '3310:3320', 5432]}}
- apiVersion: v1
  kind: profile
  metadata: {name: db, labels: {role: db}}
  spec:
    ingress:
    - {action: deny, protocol: tcp, destination: {ports: ['3310:3399']}}
    - {action: allow, protocol: tcp, source: {selector: role == 'web'}, destination: {ports: [3306, 5432, 8080]}}
"""


def test_half_open_lists_the_denied_ports(calicoctl: Calicoctl) -> None:
    result = calicoctl("lint", "-f", "-", "-o", "json", input=HALVES)
    found = [(each["code"], each["path"], each["message"]) for each in json.loads(result.stdout)]
    assert [each for each in found if each[0] != "CAL002"] == [
        (
            "CAL009",
            "spec.egress[0].destination.ports",
            "tcp 3310:3320 is denied at every destination (profile/db ingress[0] (-:12) denies it)",
        ),
        (
            "CAL009",
            "spec.ingress[1].destination.ports",
            "tcp 8080 is denied at every source (no rule of a profile matches)",
        ),
    ]
    repaired = HALVES.replace(", '3310:3320'", "").replace(", 8080", "")
    found = reported_issues(calicoctl("lint", "-f", "-", "-o", "json", input=repaired).stdout)
    assert [code for code, _, _ in found] == ["CAL002"]  # the deny rule: the default deny has the same effect


def test_half_open_ignores_traffic_of_an_endpoint_to_itself(calicoctl: Calicoctl) -> None:
    """The rule selects only its own endpoint, which has two addresses."""
    rule = {"action": "allow", "protocol": "tcp", "destination": {"selector": "role == 'db'"}}
    addresses = ["10.0.0.1", "10.0.0.2"]
    resources = [
        profile("db", labels={"role": "db"}, egress=[rule]),
        workload_endpoint("n", "libnetwork", "libnetwork", "db1", ipNetworks=addresses, profiles=["db"]),
    ]
    assert reported_issues(calicoctl("lint", "-f", "-", "-o", "json", input=yaml.safe_dump(resources)).stdout) == []
    other = workload_endpoint("n", "libnetwork", "libnetwork", "db2", ipNetworks=["10.0.0.3"], profiles=["db"])
    found = reported_issues(
        calicoctl("lint", "-f", "-", "-o", "json", input=yaml.safe_dump([*resources, other])).stdout
    )
    assert [code for code, _, _ in found] == ["CAL009"]


def test_tiers_and_kubernetes_services_are_evaluated_as_in_v3(calicoctl: Calicoctl, store: Etcd) -> None:
    """Policies of two tiers, both with a default deny."""
    resources = [
        profile("db", labels={"role": "db"}),
        workload_endpoint("n", "libnetwork", "libnetwork", "db1", ipNetworks=["10.0.0.1"], profiles=["db"]),
    ]
    assert calicoctl("apply", "-f", "-", input=yaml.safe_dump(resources)).exit_code == 0
    put_object(store, "/calico/resources/v3/projectcalico.org/tiers/security", {"order": 1, "defaultAction": "Deny"})
    tcp, udp = ({"action": "Allow", "protocol": protocol} for protocol in ("TCP", "UDP"))
    kubernetes = {"action": "Allow", "source": {"services": {"name": "dns", "namespace": "a"}}}
    common = {"selector": "role == 'db'", "types": ["Ingress"]}
    put_object(
        store, f"{POLICIES}security.a", {**common, "tier": "security", "ingress": [{**tcp, "action": "Pass"}, udp]}
    )
    put_object(store, f"{POLICIES}b", {**common, "ingress": [tcp, udp, kubernetes]})
    result = calicoctl("lint", "-o", "json")
    assert result.exit_code == 1
    assert [(each["code"], each["path"]) for each in json.loads(result.stdout) if each["name"] == "b"] == [
        ("CAL001", "spec.ingress[1]"),
        ("CAL004", "spec.ingress[2].source.services"),
    ]
