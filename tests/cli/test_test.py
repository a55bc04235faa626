"""test: passed and failed cases, their output, paths of manifests, and tests among other manifests."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import policy, profile
from tests.support.policy_test_files import (
    DB,
    MANIFESTS,
    MYSQL,
    WEB,
    PolicyTestDirectory,
    policy_test,
    policy_test_case,
)
from tests.support.runner import Calicoctl

# Source, destination, other fields of the case, and result.
TABLE: list[tuple[Any, Any, dict[str, Any], str]] = [
    (WEB, DB, {**MYSQL, "expect": "allow"}, "passed"),
    (WEB, DB, {"expect": "allow"}, "failed"),
    (WEB, DB, {"expect": "deny"}, "failed"),
    (WEB, DB, {"protocol": "tcp", "ports": [80, "81:90"], "expect": "deny"}, "passed"),
    (WEB, DB, {"protocol": "tcp", "ports": ["3300:3310"], "expect": "deny"}, "failed"),
    (WEB, DB, {"protocol": 6, "ports": ["3306:3306"], "sourcePorts": ["1024:65535"], "expect": "allow"}, "passed"),
    (WEB, DB, {"expectExactly": [MYSQL]}, "passed"),
    (WEB, DB, {"expectExactly": []}, "failed"),
    (WEB, DB, {"expectExactly": [{**MYSQL, "sourcePorts": [5000]}]}, "failed"),
    (WEB, DB, {"expectExactly": [MYSQL, {"protocol": "icmp", "icmp": {"type": 8, "code": 0}}]}, "failed"),
    (DB, WEB, {"expectExactly": []}, "passed"),
    (WEB, {"profile": "db"}, {**MYSQL, "expect": "allow"}, "passed"),
    ({"profile": "web"}, {"selector": "role == 'db'"}, {**MYSQL, "expect": "allow"}, "passed"),
    ({"ip": "10.0.0.2"}, {"cidr": "10.0.0.1/32"}, {**MYSQL, "expect": "allow"}, "passed"),
    ({"cidr": "10.0.0.0/24"}, DB, {**MYSQL, "expect": "allow"}, "failed"),
    ({"outside": True, "cidr": "10.0.0.0/24"}, DB, {"expect": "deny"}, "passed"),
    ({"outside": True}, DB, {"expect": "deny"}, "passed"),
    ({"labels": {"role": "web"}}, DB, {**MYSQL, "expect": "allow"}, "failed"),
    ({"labels": {"zone": "a"}, "profile": "web"}, DB, {**MYSQL, "expect": "allow"}, "passed"),
    # Deciding rule, or default of a policy that applies; one end is enough.
    (WEB, DB, {**MYSQL, "expect": "allow", "by": "policy/db"}, "passed"),
    (WEB, DB, {**MYSQL, "expect": "allow", "by": "profile/web"}, "passed"),
    (WEB, DB, {**MYSQL, "expect": "allow", "by": "profile/db"}, "failed"),
    ({"outside": True}, DB, {"expect": "deny", "by": "policy/db"}, "passed"),
    ({"outside": True}, DB, {"expect": "deny", "by": "profile/db"}, "failed"),
    (DB, WEB, {"expect": "deny", "by": "profile/db"}, "passed"),
    (DB, WEB, {"expect": "deny", "by": "profile/web"}, "passed"),
    ({"labels": {"x": "y"}}, DB, {"expect": "deny", "by": "policy/db"}, "passed"),
    # ICMP is IPv4 and ICMPv6 is IPv6: traffic that is denied only in the other version does not fail a case.
    (WEB, {"labels": {"role": "web"}, "profile": "web"}, {"expectExactly": []}, "passed"),
    ({"endpoint": "web6"}, {"outside": True}, {"protocol": "icmp", "expect": "allow"}, "vacuous"),
    (WEB, {"outside": True}, {"protocol": "icmpv6", "ipVersion": 4, "expect": "allow"}, "vacuous"),
    (WEB, {"outside": True}, {"protocol": "icmpv6", "expect": "allow"}, "passed"),
    # Vacuous cases.
    (DB, DB, {"expect": "deny"}, "vacuous"),
    ({"endpoint": "web6"}, DB, {"expect": "deny"}, "vacuous"),
    (WEB, DB, {"ipVersion": 6, "expect": "deny"}, "vacuous"),
    ({"selector": "role == 'wbe'"}, DB, {"expect": "deny"}, "vacuous"),
    ({"profile": "wbe"}, DB, {"expect": "deny"}, "vacuous"),
    ({"outside": True}, {"ip": "192.0.2.1"}, {"expect": "allow"}, "vacuous"),
    ({"cidr": "192.0.2.0/24"}, {"outside": True}, {"expectExactly": []}, "vacuous"),
    ({"endpoint": "nobody"}, DB, {"expect": "deny"}, "vacuous"),
    ({"labels": {}, "profile": "wbe"}, DB, {"expect": "deny"}, "vacuous"),
    (WEB, DB, {**MYSQL, "expect": "allow", "by": "policy/bd"}, "vacuous"),
]


def test_the_table(policy_test_dir: PolicyTestDirectory) -> None:
    cases = [policy_test_case(source, destination, **rest) for source, destination, rest, _ in TABLE]
    found = policy_test_dir.case_results(*cases)
    assert [(row, each["status"]) for row, each in zip(TABLE, found, strict=True)] == [(row, row[3]) for row in TABLE]
    assert all(bool(each["message"]) == (each["status"] != "passed") for each in found)
    assert all(bool(each["failures"]) == (each["status"] == "failed") for each in found)


def test_icmp_of_the_other_ip_version_is_not_tested(policy_test_dir: PolicyTestDirectory) -> None:
    """A rule with a type of ICMP matches nothing of IPv6."""
    ping = {"protocol": "icmp", "icmp": {"type": 8}}
    policy_test_dir.write(
        "ping.yaml", [profile("p", ingress=[{"action": "allow", **ping}], egress=[{"action": "allow"}])]
    )
    cases = [
        policy_test_case({"profile": "p"}, {"profile": "p"}, **rest)
        for rest in ({**ping, "expect": "allow"}, {"expectExactly": [ping]})
    ]
    assert [each["status"] for each in policy_test_dir.case_results(*cases, manifests=["ping.yaml"], endpoints=[])] == [
        "passed"
    ] * 2


def test_a_namespaced_policy_can_be_the_expected_one(policy_test_dir: PolicyTestDirectory) -> None:
    metadata = {"name": "web", "namespace": "shop"}
    spec = {"selector": "app == 'web'", "types": ["Ingress"], "ingress": [{"action": "Allow"}]}
    web = {"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
    labels = {"app": "web", "projectcalico.org/namespace": "shop"}
    policy_test_dir.write("web.yaml", [web])
    cases = [
        policy_test_case({"outside": True}, {"labels": labels}, expect="allow", by=f"NetworkPolicy/shop/{name}")
        for name in ("web", "wbe")
    ]
    results = policy_test_dir.case_results(*cases, manifests=["web.yaml"], endpoints=[])
    assert [each["status"] for each in results] == ["passed", "vacuous"]


def test_a_failure_has_a_reason_and_a_packet_with_the_rules(policy_test_dir: PolicyTestDirectory) -> None:
    result = policy_test_dir.run_test(
        policy_test_case(WEB, DB, protocol="tcp", ports=["3300:3310"], expect="deny"),
        policy_test_case(WEB, DB, expectExactly=[]),
    )
    assert (result.exit_code, result.stderr) == (1, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "policyTest/t (net.yaml: 1 policy, 2 profiles, 3 endpoints)"
    assert lines[1].startswith("  FAILED 0: a case (t.yaml:")
    assert lines[2] == "    expected deny, but tcp 3306 is allowed"
    assert (
        lines[3] == "    example: tcp 3306 (source port 49152) from endpoint/web1 (10.0.0.2) to endpoint/db1 (10.0.0.1)"
    )
    place = next(
        number for number, line in enumerate(Path("net.yaml").read_text().splitlines(), 1) if "action: log" in line
    )
    assert f"        ingress[0] log (net.yaml:{place}): matches" in lines
    assert "    expected exactly nothing, but tcp 3306 is allowed" in lines
    assert lines[-1] == "0 passed, 2 failed"


def test_baselines(policy_test_dir: PolicyTestDirectory) -> None:
    """A baseline has policies for one end only; the other end and its profile are those of the tested set."""
    web_to_db = {"action": "allow", "protocol": "tcp", "source": {"selector": "role == 'web'"}}
    rules = {
        "required": {**web_to_db, "destination": {"ports": [3306]}},
        "more": {**web_to_db, "destination": {"ports": [22, 3306]}},
        "udp": {**web_to_db, "protocol": "udp"},
        "nobody": {**web_to_db, "source": {"selector": "role == 'nobody'"}},
    }
    for name, rule in rules.items():
        policy_test_dir.write(f"base/{name}.yaml", [policy("base", selector="role == 'db'", ingress=[rule])])
    cases = [
        {"name": f"{field} {name}", field: f"base/{name}.yaml"}
        for name in ("required", "more", "udp", "nobody")
        for field in ("permits", "forbids")
    ]
    found = policy_test_dir.case_results(*cases, {"name": "itself", "permits": "net.yaml"})
    statuses = [each["status"] for each in found]
    assert statuses == ["passed", "failed", "failed", "failed", "failed", "passed", "vacuous", "vacuous", "passed"]
    assert [found[index]["message"] for index in (1, 2, 6)] == [
        "expected all traffic that base/required.yaml allows to be denied, but tcp 3306 is allowed",
        "expected all traffic that base/more.yaml allows to be allowed, but tcp 22 is denied",
        "vacuous: base/nobody.yaml allows no traffic with the tested endpoints",
    ]
    example = found[2]["failures"][0]["counterexample"]["example"]
    assert (example["from"]["name"], example["to"]["name"], example["destinationPort"]) == (
        *("endpoint/web1", "endpoint/db1"),
        22,
    )


def test_missing_baselines_are_problems(policy_test_dir: PolicyTestDirectory) -> None:
    result = policy_test_dir.run_test({"name": "a", "permits": "missing.yaml"}, {"name": "b", "forbids": "x*.yaml"})
    assert (result.exit_code, result.stdout) == (3, "")
    assert "spec.cases[0].permits: 'missing.yaml': no such file or directory (relative to .)" in result.stderr
    assert "spec.cases[1].forbids: 'x*.yaml': no manifest matches (relative to .)" in result.stderr


def test_missing_and_excess_traffic_are_distinguished(policy_test_dir: PolicyTestDirectory) -> None:
    wanted = [{"protocol": "tcp", "ports": [80]}, {"protocol": "udp", "ports": [53]}]
    (found,) = policy_test_dir.case_results(policy_test_case(WEB, DB, expectExactly=wanted))
    assert found["message"] == (
        "expected exactly tcp 80 and udp 53, but tcp 3306 is allowed, and tcp 80 and udp 53 are denied"
    )
    assert [each["fault"] for each in found["failures"]] == ["open", "closed"]
    example = found["failures"][1]["counterexample"]["example"]
    assert (example["protocol"], example["destinationPort"]) == ("tcp", 80)


def test_the_smallest_packet_is_the_example(policy_test_dir: PolicyTestDirectory) -> None:
    (found,) = policy_test_dir.case_results(
        policy_test_case({"selector": "role == 'web'"}, {"outside": True}, expect="deny")
    )
    example = found["failures"][0]["counterexample"]["example"]
    assert (example["from"]["address"], example["protocol"], example["destinationPort"]) == ("10.0.0.2", "tcp", 1)


def test_coverage_has_every_rule_but_those_that_only_log(policy_test_dir: PolicyTestDirectory) -> None:
    cases = (policy_test_case(WEB, DB, **MYSQL, expect="allow"),)
    result = policy_test_dir.run_test(*cases, options=("--coverage",))
    assert result.exit_code == 0
    assert "coverage: 2 of 3 rules decide a case (66.6%)\n  not covered: net.yaml:" in result.stdout
    assert "policy/db ingress[2] deny\n" in result.stdout
    low = policy_test_dir.run_test(*cases, options=("--coverage-min", "67"))
    assert (low.exit_code, "FAILED coverage is 66.6%, but 67% is required" in low.stdout) == (1, True)
    full = policy_test_dir.run_test(
        *cases, policy_test_case(WEB, DB, protocol="udp", expect="deny"), options=("--coverage-min", "100")
    )
    assert (full.exit_code, "coverage: 3 of 3 rules decide a case (100%)" in full.stdout) == (0, True)
    found = json.loads(policy_test_dir.run_test(*cases, options=("-o", "json")).stdout)["coverage"]
    assert (found["rules"], found["deciding"], [each["rule"] for each in found["idle"]]) == (
        3,
        2,
        ["policy/db ingress[2]"],
    )


def test_rules_that_pass_on_count_and_a_rule_of_two_tests_is_one(
    policy_test_dir: PolicyTestDirectory, calicoctl: Calicoctl
) -> None:
    policy_test_dir.write(
        "net.yaml", [*MANIFESTS, policy("first", order=-1, selector="role == 'db'", ingress=[{"action": "pass"}])]
    )
    one = policy_test([policy_test_case(WEB, DB, expect="deny")], "one")
    two = policy_test([policy_test_case(WEB, {"outside": True}, expect="allow")], "two")
    result = calicoctl("test", policy_test_dir.write("two.yaml", one, two), "-o", "json")
    found = json.loads(result.stdout)
    assert [each["name"] for each in found["tests"]] == ["one", "two"]
    assert (found["coverage"]["rules"], found["coverage"]["deciding"]) == (4, 2)


def test_policies_without_types_as_of_calicoctl_1_5(policy_test_dir: PolicyTestDirectory) -> None:
    policy_test_dir.write(
        "types.yaml",
        [
            profile("p", egress=[{"action": "allow"}], ingress=[{"action": "allow"}]),
            policy("no-types", selector="all()", ingress=[{"action": "allow"}]),
        ],
    )
    ends = ({"profile": "p"}, {"profile": "p"})
    for default, status in (("by-rules", "passed"), ("both", "failed")):
        found = policy_test_dir.case_results(
            policy_test_case(*ends, expect="allow"), manifests=["types.yaml"], endpoints=[], typesDefault=default
        )
        assert found[0]["status"] == status
    written = policy("no-types", selector="all()", types=["ingress"], ingress=[{"action": "allow"}])
    policy_test_dir.write("types.yaml", [MANIFESTS[1], profile("p", egress=[{"action": "allow"}]), written])
    found = policy_test_dir.case_results(
        policy_test_case(*ends, expect="allow"), manifests=["types.yaml"], endpoints=[], typesDefault="both"
    )
    assert found[0]["status"] == "passed"


# --- Where manifests are found -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manifests", "file"),
    [
        (["../net.yaml"], "tests/t.yaml"),
        (["../*.yaml"], "tests/t.yaml"),
        ([".."], "tests/t.yaml"),
        (["**/net.*"], "t.yaml"),
        (["net.yaml", "n*.yaml"], "t.yaml"),
        (None, "t.yaml"),
    ],
)
def test_manifests_are_found_from_the_directory_of_the_test(
    policy_test_dir: PolicyTestDirectory, calicoctl: Calicoctl, manifests: list[str] | None, file: str
) -> None:
    test = policy_test([policy_test_case(WEB, DB, **MYSQL, expect="allow")], manifests=manifests)
    if manifests is None:
        del test["spec"]["manifests"]
    (policy_test_dir.folder / "notes.txt").write_text("no manifest")
    result = calicoctl("test", policy_test_dir.write(file, test), "--coverage")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "not covered: net.yaml:" in result.stdout


def test_an_absolute_path_and_a_link_to_a_directory(
    policy_test_dir: PolicyTestDirectory, calicoctl: Calicoctl, tmp_path: Path
) -> None:
    """`link/../net.yaml` is not `net.yaml` when the link leads elsewhere."""
    (tmp_path / "else" / "where").mkdir(parents=True)
    policy_test_dir.write("else/net.yaml", [profile("db"), profile("web")])
    (tmp_path / "link").symlink_to(tmp_path / "else" / "where")
    for manifests, code in ((["../net.yaml"], 1), ([str(tmp_path / "net.yaml")], 0)):
        policy_test_dir.write(
            "else/where/t.yaml", policy_test([policy_test_case(WEB, DB, **MYSQL, expect="allow")], manifests=manifests)
        )
        result = calicoctl("test", "link/t.yaml")
        assert (result.exit_code, "link/../net.yaml" in result.stdout) == (code, False)


def test_a_directory_is_searched_and_other_documents_in_it_are_no_tests(
    policy_test_dir: PolicyTestDirectory, calicoctl: Calicoctl
) -> None:
    policy_test_dir.write("t.yaml", policy_test([policy_test_case(WEB, DB, **MYSQL, expect="allow")]))
    deep = policy_test([policy_test_case(WEB, DB, expect="deny")], "deep", manifests=["../net.yaml"])
    policy_test_dir.write("sub/deep.yaml", deep)
    assert calicoctl("test", ".").stdout.endswith("\n1 passed, 0 failed\n")
    assert calicoctl("test", ".", "-R").stdout.endswith("\n1 passed, 1 failed\n")
    assert calicoctl("test", ".", "t.yaml").stdout.endswith("\n1 passed, 0 failed\n")


def test_only_selects_cases_by_a_part_of_their_names(
    policy_test_dir: PolicyTestDirectory, calicoctl: Calicoctl
) -> None:
    cases = (policy_test_case(WEB, DB, **MYSQL, expect="allow"), policy_test_case(WEB, DB, expect="deny"))
    assert policy_test_dir.run_test(*cases, options=("-k", "T: 0")).stdout.endswith("\n1 passed, 0 failed\n")
    nothing = policy_test_dir.run_test(*cases, options=("--only", "nothing"))
    assert (nothing.exit_code, nothing.stdout) == (2, "")
    assert "no case with this text in its name" in nothing.stderr


def test_manifests_are_applied_to_the_datastore(
    store: Etcd, policy_test_dir: PolicyTestDirectory, calicoctl: Calicoctl
) -> None:
    assert calicoctl("apply", "-f", "net.yaml").exit_code == 0
    cases = [policy_test_case(WEB, DB, **MYSQL, expect="allow")]
    text = json.dumps(policy_test(cases, manifests=[]))
    result = calicoctl("test", "-", "--with-datastore", input=text)
    assert result.exit_code == 0
    assert f"policyTest/t (datastore {store.endpoint}: 1 policy, 2 profiles, 3 endpoints)" in result.stdout
    policy_test_dir.write("more.yaml", policy("first", order=-1, selector="role == 'db'", ingress=[{"action": "deny"}]))
    result = policy_test_dir.run_test(*cases, manifests=["more.yaml"], options=("--with-datastore",))
    assert (result.exit_code, "more.yaml applied to datastore" in result.stdout) == (1, True)
    assert "denied by policy/first ingress[0] (more.yaml:" in result.stdout


def test_notes_are_warnings_once(policy_test_dir: PolicyTestDirectory) -> None:
    lonely = {"name": "lonely", "profiles": ["gone"], "nets": ["10.0.0.9"]}
    result = policy_test_dir.run_test(
        policy_test_case({"endpoint": "lonely"}, DB, expect="deny"),
        endpoints=[lonely, {"name": "db1", "profiles": ["db"]}],
    )
    assert result.exit_code == 0
    assert result.stderr.count("profile/gone does not exist: the agent denies the traffic of endpoint/lonely") == 1


# --- Other verbs ---------------------------------------------------------------------------------------------


def test_other_verbs_skip_tests_in_directories_with_a_message(
    store: Etcd, policy_test_dir: PolicyTestDirectory, calicoctl: Calicoctl
) -> None:
    policy_test_dir.write("t.yaml", policy_test([policy_test_case(WEB, DB, expect="deny")]))
    applied = calicoctl("apply", "-f", ".")
    assert (applied.exit_code, applied.stdout.splitlines()[-1]) == (0, "3 created")
    assert applied.stderr == "skipped 1 policy test (run with calicoctl test)\n"
    policy_test_dir.write("u.yaml", policy_test([policy_test_case(WEB, DB, expect="deny")]))
    for verb in (
        ("diff",),
        ("get",),
        ("replace",),
        ("plan",),
        ("trace", "--from", "profile:db", "--to", "profile:web"),
    ):
        result = calicoctl(*verb, "-f", ".")
        assert result.exit_code == (1 if verb[0] == "trace" else 0), result.stderr
        assert result.stderr == "skipped 2 policy tests (run with calicoctl test)\n"
    assert calicoctl("apply", "-f", ".", "-o", "json").stderr == ""
    converted = calicoctl("convert", "-f", ".", "--to", "v3")
    assert (converted.exit_code, converted.stderr.count("is a policy test, and is omitted")) == (0, 2)
    assert calicoctl("delete", "-f", ".").stdout.splitlines()[-1] == "3 deleted"


@pytest.mark.parametrize(
    "verb",
    [("apply",), ("create",), ("diff",), ("delete",), ("get",), ("convert", "--to", "v3"), ("convert", "--to", "v1")],
)
def test_a_policy_test_as_an_argument_is_rejected_with_a_remedy(
    policy_test_dir: PolicyTestDirectory, calicoctl: Calicoctl, verb: tuple[str, ...]
) -> None:
    path = policy_test_dir.write("my tests.yaml", policy_test([policy_test_case(WEB, DB, expect="deny")]))
    result = calicoctl(*verb, "-f", path)
    assert (result.exit_code, result.stdout) == (3, "")
    told = "policyTest/t: is a policy test, not a resource (run calicoctl test 'my tests.yaml')"
    assert result.stderr == f"my tests.yaml:2:7: {told}\n"


def test_a_directory_of_tests_alone_holds_nothing_to_apply(
    policy_test_dir: PolicyTestDirectory, calicoctl: Calicoctl
) -> None:
    policy_test_dir.write("only/t.yaml", policy_test([policy_test_case(WEB, DB, expect="deny")]))
    result = calicoctl("apply", "-f", "only")
    assert (result.exit_code, result.stderr) == (3, "only: contains only policy tests (run calicoctl test only)\n")


def test_validate_checks_tests_too(policy_test_dir: PolicyTestDirectory, calicoctl: Calicoctl) -> None:
    good = policy_test_dir.write("t.yaml", policy_test([policy_test_case(WEB, DB, expect="deny")]))
    assert calicoctl("validate", "-f", good).stdout == "1 policy test in 1 file is valid\n"
    assert calicoctl("validate", "-f", ".").stdout == "3 resources and 1 policy test in 2 files are valid\n"
    policy_test_dir.write("bad.yaml", policy_test([policy_test_case(WEB, DB, expect="denny")]))
    result = calicoctl("validate", "-f", ".")
    assert result.exit_code == 3
    assert (
        "policyTest/t: spec.cases[0].expect: 'denny' is not one of 'allow', 'deny' (did you mean 'deny'?)"
        in result.stdout
    )
    assert '<testcase name="policyTest/t"' in calicoctl("validate", "-f", ".", "-o", "junit").stdout


def test_explain_and_schema_know_the_kind(calicoctl: Calicoctl) -> None:
    assert "list of cases" in calicoctl("explain", "policytest.spec.cases").stdout
    assert json.loads(calicoctl("explain", "policyTest", "-o", "json").stdout)["kind"] == "policyTest"
    assert json.loads(calicoctl("schema", "policyTest").stdout)["title"] == "policyTest"
    assert "policyTest" in json.loads(calicoctl("schema").stdout)["$defs"]


def test_paths_need_not_be_utf_8(policy_test_dir: PolicyTestDirectory, calicoctl_process: Calicoctl) -> None:
    folder = os.fsdecode(b"t\xff")
    policy_test_dir.write(
        f"{folder}/t.yaml", policy_test([policy_test_case(WEB, DB, expect="allow")], manifests=["../net.yaml"])
    )
    for form in ("text", "json", "junit", "tap", "github"):
        result = calicoctl_process("test", folder, "-o", form)
        assert (result.exit_code, "Traceback" in result.stderr) == (1, False), result.stderr


@pytest.fixture
def policy_test_dir(tmp_path: Path, calicoctl: Calicoctl, monkeypatch: pytest.MonkeyPatch) -> PolicyTestDirectory:
    """The small net."""
    monkeypatch.chdir(tmp_path)
    directory = PolicyTestDirectory(Path(), calicoctl)
    directory.write("net.yaml", list(MANIFESTS))
    return directory
