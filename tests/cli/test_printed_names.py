"""Every name that a command prints is accepted by the commands that take such a name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, manifest, policy, profile, workload_endpoint
from tests.support.runner import Calicoctl

RULES = {"ingress": [{"action": "allow"}], "egress": [{"action": "allow"}]}
PLACEHOLDERS = (profile("db", labels={"role": "db"}, **RULES), profile("web", labels={"role": "web"}, **RULES))
ENDPOINTS = (
    *PLACEHOLDERS,
    workload_endpoint("n", "orch", "a/b", "eth0", {"role": ""}, ipNetworks=["10.0.0.1"], profiles=["db"]),
    workload_endpoint("n", "cni", "0123abcd", "eth0", ipNetworks=["10.0.0.2"], profiles=["web"]),
    host_endpoint("n", "eth1", expectedIPs=["10.9.0.1"], profiles=["web"]),
)


def run_json(calicoctl: Calicoctl, *arguments: str) -> Any:
    result = calicoctl(*arguments, "-o", "json")
    assert result.exit_code in {0, 1}, (arguments, result.stderr)
    return json.loads(result.stdout)


@pytest.mark.parametrize("resources", [PLACEHOLDERS, ENDPOINTS], ids=["placeholders", "endpoints"])
def test_names_of_groups_and_ends_are_peers(calicoctl: Calicoctl, tmp_path: Path, resources: tuple[Any, ...]) -> None:
    path = tmp_path / "all.json"
    path.write_text(manifest(*resources), encoding="utf-8")
    files = ("-f", str(path))
    names = set()
    for grouping in ("profile", "endpoint", "label:role"):
        groups = run_json(calicoctl, "connectivity", *files, "--group-by", grouping)["groups"]
        names |= {group["name"] for group in groups}
    assert len(names) >= 5
    ends = set()
    for name in sorted(names):
        assert run_json(calicoctl, "connectivity", *files, "--focus", name)["focus"] == name
        other = "profile/db" if name.startswith("outside") else "outside in 192.0.2.0/24"
        trace = run_json(calicoctl, "trace", *files, "--from", name, "--to", other)
        ends |= {end for case in trace["cases"] for part in case["parts"] for end in part["from"]}
    for name in sorted(ends):
        other = "profile/db" if name.startswith("outside") else "outside"
        run_json(calicoctl, "trace", *files, "--from", name, "--to", other)


def test_names_of_groups_denote_their_endpoints(calicoctl: Calicoctl, tmp_path: Path) -> None:
    endpoints = [
        workload_endpoint("n", "cni", f"c{number}", f"e{number}", labels, ipNetworks=[f"10.0.0.{number}"], profiles=own)
        for number, (labels, own) in enumerate(
            [
                ({"tier": "canary"}, ["web"]),
                ({}, ["web"]),
                ({"x": "1"}, ["web", "db"]),
                ({"tier": "", "x": "1"}, []),
                ({}, []),
            ]
        )
    ]
    hosts = [host_endpoint("n", "h1", {"x": "2"}, expectedIPs=["10.9.0.1"]), host_endpoint("n", "h2")]
    rule = {"action": "allow", "protocol": "tcp", "destination": {"ports": [9]}}
    policies = [
        policy("canary", selector="tier == 'canary'", ingress=[rule]),
        policy("x", selector="has(x)", ingress=[rule]),
    ]
    path = tmp_path / "all.json"
    path.write_text(manifest(*PLACEHOLDERS, *endpoints, *hosts, *policies), encoding="utf-8")
    tried = set()
    for grouping in ("profile", "label:tier", "class"):
        for group in run_json(calicoctl, "connectivity", "-f", str(path), "--group-by", grouping)["groups"]:
            name = group["name"]
            members = {member["name"] for member in group["members"]}
            if "outside" in members or any(word in name for word in (", ", ": ", " at ")):
                continue
            options = ("-f", str(path), "--group-by=endpoint", "--focus", name)
            focused = [each for each in run_json(calicoctl, "connectivity", *options)["groups"] if each["focused"]]
            assert {member["name"] for each in focused for member in each["members"]} == members, name
            tried.add(name)
    assert {"profile/web with tier=canary", "profile/web + profile/db", "host endpoints without a profile"} <= tried
    assert any(" without " in name.removesuffix(" without a profile") for name in tried), tried
    result = calicoctl("trace", "-f", str(path), "--from", "profile/web with tier=none", "--to", "outside")
    assert (result.exit_code, result.stderr) == (2, "profile/web with tier=none: the group has no endpoint\n")


def test_a_printed_name_means_what_it_meant(calicoctl: Calicoctl, tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    path.write_text(manifest(*ENDPOINTS), encoding="utf-8")

    def cases(source: str) -> Any:
        return run_json(calicoctl, "trace", "-f", str(path), "--from", source, "--to", "10.0.0.2")["cases"]

    assert cases("profile/db") == cases("profiles/db") == cases("profile:db") != cases("profile/web")
    assert cases("wep/n/orch/a%2fb/eth0") == cases("workloadEndpoint/n/orch/a%2fb/eth0")
    assert cases("role=web") == cases("selector:role == 'web'")
    planned = cases("labels:role=db,profile=db")
    assert cases("an endpoint with role=db,profile=db") == planned
    result = calicoctl("trace", "-f", str(path), "--from", "role=none", "--to", "outside")
    assert (result.exit_code, "no endpoint with this label" in result.stderr) == (2, True)


def test_profiles_of_policy_tests_are_accepted_as_printed(calicoctl: Calicoctl, tmp_path: Path) -> None:
    (tmp_path / "all.json").write_text(manifest(*PLACEHOLDERS), encoding="utf-8")
    case = {"name": "c", "from": {"profile": "profile/web"}, "to": {"profile": "db"}, "expect": "allow"}
    spec = {"manifests": ["all.json"], "cases": [case]}
    test = {"apiVersion": "v1", "kind": "policyTest", "metadata": {"name": "t"}, "spec": spec}
    (tmp_path / "test.yaml").write_text(json.dumps(test), encoding="utf-8")
    assert calicoctl("test", str(tmp_path / "test.yaml")).exit_code == 0


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("policy/web: spec.ingress[0].source.ports[1]", "spec.ingress[].source.ports"),
        ("policy/prod.web", "resource"),
        ("policy.metadata.annotations['a/b.c']", "metadata.annotations"),
        ("profile.metadata.labels.role", "metadata.labels"),
    ],
)
def test_fields_are_explained_as_messages_name_them(calicoctl: Calicoctl, path: str, field: str) -> None:
    result = calicoctl("explain", path)
    assert result.exit_code == 0
    assert f"FIELD:    {field}\n" in result.stdout or (field == "resource" and "FIELD:" not in result.stdout)


def test_a_code_of_lint_is_explained_as_printed(calicoctl: Calicoctl) -> None:
    assert calicoctl("lint", "--explain", "[CAL002]") == calicoctl("lint", "--explain", "CAL002")


def test_names_of_get_are_names_of_all_commands(every_kind_stored: Etcd, calicoctl: Calicoctl) -> None:
    names = calicoctl("get", "all", "-o", "name").stdout.split()
    assert calicoctl("wait", *names, "--for=present", "--timeout=5s").exit_code == 0
    labelled = [name for name in names if name.partition("/")[0] in {"profile", "hostEndpoint", "workloadEndpoint"}]
    assert calicoctl("label", *labelled, "x=y", "--dry-run").exit_code == 0
    for name in names:
        assert calicoctl("patch", *name.split("/", 1), "-p", "{}", "--dry-run").exit_code in {0, 2}, name


def test_the_summary_of_diff_is_json(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a"), policy("p", order=1)))
    text = manifest(profile("a"), policy("p", order=2), policy("q"))
    result = calicoctl("diff", "-f", "-", "--summary", "-o", "json", input=text)
    summary = json.loads(result.stdout)
    assert result.exit_code == 1
    assert summary["counts"] == {"new": 1, "different": 1, "gone": 0, "unmanaged": 0, "same": 1}
    assert [(each["name"], each["status"], each["fields"]) for each in summary["changed"]] == [
        ("p", "different", ["spec.order"]),
        ("q", "new", []),
    ]


def test_the_summary_of_a_semantic_diff_has_no_examples(calicoctl: Calicoctl, tmp_path: Path) -> None:
    for name, rules in (("old", {}), ("new", RULES)):
        (tmp_path / name).write_text(manifest(profile("a", **rules), profile("b", **RULES)), encoding="utf-8")
    words = ("diff", "--semantic", str(tmp_path / "old"), str(tmp_path / "new"))
    full, summary = run_json(calicoctl, *words), run_json(calicoctl, *words, "--summary")
    assert summary["changed"]
    for kind in ("gained", "lost"):
        assert summary[kind] == [{name: each[name] for name in ("half", "interfaces", "parts")} for each in full[kind]]


@pytest.mark.parametrize("timeout", ["5s", "500ms", "0.5", "1m", "6"])
def test_a_timeout_has_the_same_form_in_all_commands(store: Etcd, calicoctl: Calicoctl, timeout: str) -> None:
    assert calicoctl("get", "profile", "--timeout", timeout).exit_code == 0
    assert calicoctl("wait", "profile/x", "--for=absent", "--timeout", timeout).exit_code == 0


@pytest.mark.parametrize("timeout", ["0", "0s", "2h", "x", "-1", "nan"])
def test_timeouts_out_of_range(calicoctl: Calicoctl, timeout: str) -> None:
    result = calicoctl("get", "profile", f"--timeout={timeout}")
    assert (result.exit_code, result.stderr.startswith("--timeout: ")) == (2, True)
