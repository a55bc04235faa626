"""lint: places, exit codes, comments, the sources that it judges, and the forms of output."""

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
FORMS = ("text", "json", "sarif", "junit", "github")


@pytest.fixture
def shadowed_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SHADOWED, encoding="utf-8")
    return "net.yaml"


def reported_issues(text: str) -> list[tuple[str, Any, str]]:
    return [(found["code"], found["line"], found["message"]) for found in json.loads(text)]


def test_a_rule_that_is_hidden_by_several_names_them_with_their_lines(
    calicoctl: Calicoctl, shadowed_manifest: str
) -> None:
    result = calicoctl("lint", "-f", shadowed_manifest)
    assert (result.exit_code, result.stderr) == (1, "")
    hidden, redundant = result.stdout.splitlines()[1:], result.stdout.splitlines()[0]
    changes_nothing = "changes nothing: without this policy the same is allowed and denied"
    assert redundant == f"note: net.yaml:13:3: policy/second: {changes_nothing} [CAL003]"
    assert hidden == [
        "warning: net.yaml:20:7: policy/second: spec.ingress[0]: never matches: all of it is decided before, by deny "
        "of policy/first ingress[0] (net.yaml:11) and allow of policy/first ingress[1] (net.yaml:12) (without this "
        "rule, write types: [ingress], which follows from the rules now) [CAL001]"
    ]


@pytest.mark.parametrize(("limit", "code"), [("error", 0), ("warning", 1), ("note", 1), ("never", 0), ("", 1)], ids=str)
@pytest.mark.parametrize("form", FORMS)
def test_the_exit_code_is_the_same_in_every_form(
    calicoctl: Calicoctl, shadowed_manifest: str, limit: str, code: int, form: str
) -> None:
    options = ("--fail-on", limit) if limit else ()
    result = calicoctl("lint", "-f", shadowed_manifest, "-o", form, *options)
    assert (result.exit_code, result.stderr) == (code, "")
    assert "CAL001" in result.stdout
    assert "CAL003" in result.stdout
    if form == "sarif":
        SARIF_VALIDATOR.validate(json.loads(result.stdout))
        (run,) = json.loads(result.stdout)["runs"]
        assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [check.code for check in CHECKS]
    if form == "junit":
        assert Xml.fromstring(result.stdout).get("failures") == str(code)
    if form in {"text", "github"}:
        assert ("no endpoints, so that" in result.stdout) == (code == 0)


def test_standard_input_and_comments_in_it(calicoctl: Calicoctl) -> None:
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


def test_invalid_manifests_are_3_with_all_that_is_wrong(calicoctl: Calicoctl) -> None:
    result = calicoctl("lint", "-f", "-", input=SHADOWED.replace("order: 2", "ordr: 2").replace("deny", "dny"))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "unknown field 'ordr'" in result.stderr
    assert "'dny' is not one of" in result.stderr


def test_the_datastore_with_keys_and_manifests_on_top_of_it(
    calicoctl: Calicoctl, store: Etcd, shadowed_manifest: str
) -> None:
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


def test_policies_alone_are_judged_by_what_can_be_known(calicoctl: Calicoctl) -> None:
    """Without anybody to select, no selector can be wrong; but one that contradicts itself is."""
    lone = [policy("p", selector="role == 'x'", ingress=[{"action": "allow", "source": {"selector": "role == 'y'"}}])]
    result = calicoctl("lint", "-f", "-", input=yaml.safe_dump(lone))
    assert (result.exit_code, result.stdout.partition(" (")[0]) == (0, "nothing found")
    lone[0]["spec"]["selector"] = "role == 'x' && role == 'y'"
    result = calicoctl("lint", "-f", "-", "-o", "json", input=yaml.safe_dump(lone))
    assert [code for code, _, _ in reported_issues(result.stdout)] == ["CAL004"]


def test_many_profiles_that_nobody_has_are_known_by_their_labels(calicoctl: Calicoctl) -> None:
    """So many that none can stand anywhere: still none of them is nobody."""
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
        policy("typo", selector="net == 'nets-8'", ingress=[{"action": "allow"}]),
    ]
    result = calicoctl("lint", "-f", "-", "-o", "json", input=yaml.safe_dump(resources))
    found = [(code, message) for code, _, message in reported_issues(result.stdout) if code not in {"CAL015", "CAL003"}]
    assert [code for code, _ in found] == ["CAL008"]
    assert "nobody has net == \"nets-8\" (did you mean 'net-8'?)" in found[0][1]


@pytest.mark.parametrize("check", CHECKS, ids=[check.code for check in CHECKS])
def test_explain_prints_the_page_without_reading_anything(calicoctl: Calicoctl, check: Any) -> None:
    for word in (check.code, check.code.lower(), check.name):
        result = calicoctl("lint", "--explain", word, env={"ETCD_ENDPOINTS": "http://127.0.0.1:1"})
        assert (result.exit_code, result.stdout) == (0, check.documentation)
    assert (ROOT / "docs" / "lint" / f"{check.code}.md").read_text(encoding="utf-8") == check.documentation


def test_explain_of_what_is_no_code_is_2(calicoctl: Calicoctl) -> None:
    result = calicoctl("lint", "--explain", "CAL999")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there are CAL001, " in result.stderr


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


def test_ports_of_a_rule_that_are_open_at_one_end_only_are_named(calicoctl: Calicoctl) -> None:
    result = calicoctl("lint", "-f", "-", "-o", "json", input=HALVES)
    found = [(each["code"], each["path"], each["message"]) for each in json.loads(result.stdout)]
    assert [each for each in found if each[0] != "CAL002"] == [
        (
            "CAL009",
            "spec.egress[0].destination.ports",
            "no tcp 3310:3320 that it allows to go out may come in at the other end "
            "(profile/db ingress[0] (-:12) denies it)",
        ),
        (
            "CAL009",
            "spec.ingress[1].destination.ports",
            "no tcp 8080 that it allows to come in may go out at the other end (no rule of a profile matches)",
        ),
    ]
    mended = HALVES.replace(", '3310:3320'", "").replace(", 8080", "")
    found = reported_issues(calicoctl("lint", "-f", "-", "-o", "json", input=mended).stdout)
    assert [code for code, _, _ in found] == ["CAL002"]  # the denial, without which the same is denied


def test_what_an_endpoint_sends_to_itself_is_no_half(calicoctl: Calicoctl) -> None:
    """A rule that means nobody but its own endpoint, by either of its addresses."""
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


def test_what_only_v3_can_say_is_judged_as_the_agent_does(calicoctl: Calicoctl, store: Etcd) -> None:
    """Policies of two tiers that both deny what is left: neither is taken for the other's."""
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
