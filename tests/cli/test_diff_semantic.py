"""`diff --semantic`: operands, exit codes, notes on endpoints of one side, and output."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.docs.conftest import ROOT
from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, manifest, policy, profile, workload_endpoint
from tests.support.runner import Calicoctl, Result

EXAMPLES = ROOT / "examples"
SEED_A = str(EXAMPLES / "docker-networks" / "profiles.yaml")
ANY = {"action": "allow"}
HTTP = {"action": "allow", "protocol": "tcp", "destination": {"ports": [80]}}
WEB, DB = profile("web", labels={"role": "web"}, egress=[ANY]), profile("db", labels={"role": "db"})
OPEN_DB = profile("db", labels={"role": "db"}, ingress=[HTTP])


def endpoint(name: str, address: str, *profiles: str, **more: Any) -> dict[str, Any]:
    return workload_endpoint("n", "libnetwork", "libnetwork", name, ipNetworks=[address], profiles=[*profiles], **more)


def endpoint_name(name: str) -> str:
    return f"workloadEndpoint/n/libnetwork/libnetwork/{name}"


@pytest.fixture
def compare(calicoctl: Calicoctl, tmp_path: Path) -> Any:
    """Return a function that compares two lists of resources and returns the exit code and the JSON result."""

    def run(before: list[Any], after: list[Any], *options: str) -> tuple[int, Any]:
        for name, resources in (("before.json", before), ("after.json", after)):
            (tmp_path / name).write_text(manifest(*resources))
        files = (str(tmp_path / "before.json"), str(tmp_path / "after.json"))
        result = calicoctl("diff", "--semantic", *files, *options, "-o", "json")
        assert result.exit_code in {0, 1}, result.stderr
        return result.exit_code, json.loads(result.stdout)

    return run


def change_parts(changes: list[Any]) -> list[tuple[list[str], list[str], list[str]]]:
    return [(part["from"], part["to"], part["services"]) for change in changes for part in change["parts"]]


def test_policy_by_profiles_and_by_labels_is_equivalent(calicoctl: Calicoctl, tmp_path: Path) -> None:
    """Compare the two examples: one uses profiles, the other uses policies."""
    for name in ("profiles.yaml", "policies.yaml"):
        shutil.copy(EXAMPLES / "policies-by-label" / name, tmp_path)
    result = calicoctl("diff", "--semantic", SEED_A, str(tmp_path))
    assert (result.exit_code, result.stderr) == (0, "")
    first, before, after = result.stdout.splitlines()
    assert first == "no change in allowed traffic"
    assert before.startswith(f"(before: {SEED_A}: 0 policies, 2 profiles, no endpoints")
    assert after.startswith(f"(after: {tmp_path}: 2 policies, 2 profiles")


def test_changes_have_the_deciding_rules_of_both_sides(calicoctl: Calicoctl) -> None:
    changed = Path(SEED_A).read_text().replace("3306", "3307")
    result = calicoctl("diff", "--semantic", SEED_A, "-", input=changed)
    assert result.exit_code == 1
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[0] == "1 gained, 1 lost"
    gained = lines[lines.index("gained:") : lines.index("lost:")]
    assert gained[1] == "an endpoint of profile/frontend -> an endpoint of profile/database: tcp 3307"
    assert gained[2].startswith("example: tcp 3307 (source port 49152) from an endpoint of profile/frontend (10.")
    assert gained[gained.index("before: denied") + 1].startswith("egress of an endpoint of profile/frontend: denied by")
    after = gained.index("after: allowed")
    assert gained[after + 1].endswith("allowed by profile/frontend egress[0] (-:33)")
    assert gained[after + 2].endswith("allowed by profile/database ingress[0] (-:11)")
    assert "an endpoint of profile/frontend -> an endpoint of profile/database: tcp 3306" in lines


def test_summary_has_a_line_for_each_traffic_block(calicoctl: Calicoctl) -> None:
    changed = Path(SEED_A).read_text().replace("3306", "3307")
    result = calicoctl("diff", "--semantic", "-", SEED_A, "--summary", input=changed)
    ends = "an endpoint of profile/frontend -> an endpoint of profile/database"
    assert result.stdout == f"gained: {ends}: tcp 3306\nlost: {ends}: tcp 3307\n1 gained, 1 lost\n"


def test_widening_only_ignores_lost_traffic(compare: Any) -> None:
    narrow, wide = [WEB, DB], [WEB, OPEN_DB]
    assert compare(narrow, wide)[0] == compare(wide, narrow)[0] == 1
    assert compare(narrow, wide, "--widening-only")[0] == 1
    code, answer = compare(wide, narrow, "--widening-only")
    assert (code, answer["changed"], answer["gained"]) == (0, True, [])
    assert change_parts(answer["lost"])
    assert compare(wide, wide, "--widening-only")[0] == 0


def test_a_changed_policy_without_endpoints_is_not_green(compare: Any) -> None:
    """Placeholders have only the labels of profiles: the policy may apply to other endpoints."""
    before = policy("api", selector="role == 'api'", ingress=[HTTP])
    after = policy("api", selector="role == 'api'", ingress=[ANY])
    for options in ((), ("--widening-only",), ("--narrowing-only",)):
        code, answer = compare([WEB, before], [WEB, after], *options)
        assert (code, answer["changed"]) == (1, False)
        assert answer["notes"] == [
            "policy/api differs and applies to no compared endpoint: the effect is not evaluated "
            "(add these endpoints, or compare with datastore)"
        ]
    code, answer = compare([WEB], [WEB, after])
    assert (code, len(answer["notes"])) == (1, 1)
    assert compare([WEB, before], [WEB, before])[0] == 0


def test_a_change_of_one_interface_names_it(compare: Any, calicoctl: Calicoctl, tmp_path: Path) -> None:
    """Another interface of the node allows the traffic before and after."""
    rule = {"protocol": "tcp", "destination": {"nets": ["10.2.0.0/24"], "ports": [80]}}
    host = host_endpoint("n", "eth0", {"role": "up"}, interfaceName="eth0", expectedIPs=["192.0.2.1"])
    resources = [profile("open", ingress=[ANY], egress=[ANY]), host, endpoint("web", "10.2.0.1", "open")]
    deny, allow = (
        [*resources, policy("up", selector="role == 'up'", preDNAT=True, ingress=[{"action": action, **rule}])]
        for action in ("deny", "allow")
    )
    code, answer = compare(deny, allow, "--widening-only")
    assert (code, answer["changed"], answer["lost"]) == (1, True, [])
    (change,) = answer["gained"]
    assert (change["half"], change["interfaces"]) == ("ingress", ["interface eth0"])
    assert change_parts([change]) == [(["outside"], [endpoint_name("web")], ["tcp 80"])]
    assert [change[side]["ingress"]["interface"] for side in ("before", "after")] == ["interface eth0"] * 2
    assert [change[side]["verdict"] for side in ("before", "after")] == ["denied", "allowed"]
    text = calicoctl("diff", "--semantic", *(str(tmp_path / f"{side}.json") for side in ("before", "after"))).stdout
    assert "\ngained by interface eth0:\n  outside -> " in text
    assert f"    ingress of {endpoint_name('web')} by interface eth0: denied by policy/up ingress[0]" in text
    assert [compare(deny, allow, *options)[0] for options in ((), ("--narrowing-only",))] == [1, 0]
    assert [compare(allow, deny, f"--{kind}-only")[0] for kind in ("widening", "narrowing")] == [0, 1]


def test_a_host_endpoint_that_moves_changes_both_interfaces(compare: Any) -> None:
    """The interface that it leaves has no policy any longer; names of interfaces are those of both sides."""
    rule = {"action": "deny", "protocol": "tcp", "destination": {"nets": ["10.2.0.0/24"], "ports": [80]}}
    resources = [
        profile("open", ingress=[ANY], egress=[ANY]),
        endpoint("web", "10.2.0.1", "open"),
        policy("up", selector="role == 'up'", preDNAT=True, ingress=[rule]),
    ]
    sides = [
        [*resources, host_endpoint("n", "up", {"role": "up"}, interfaceName=name, expectedIPs=["192.0.2.1"])]
        for name in ("eth0", "eth1")
    ]
    _, answer = compare(*sides)
    assert [each["interfaces"] for each in answer["gained"]] == [["interface eth0"]]
    assert [each["interfaces"] for each in answer["lost"]] == [["interface eth1"]]
    unnamed = host_endpoint("n", "up", {"role": "up"}, expectedIPs=["192.0.2.1"])
    del unnamed["spec"]["interfaceName"]
    assert compare(sides[0], [*resources, unnamed])[1]["changed"] is False
    assert compare([*resources, unnamed], sides[0])[1]["changed"] is False


def test_a_change_that_denies_neighbor_discovery_denies_ipv6(
    compare: Any, calicoctl: Calicoctl, tmp_path: Path
) -> None:
    """Also of workloads, whose traffic the normal policy of the host endpoint does not decide."""
    ssh = {"action": "allow", "protocol": "tcp", "destination": {"ports": [22]}}
    discovery = [{"action": "allow", "protocol": "icmpv6", "icmp": {"type": kind}} for kind in (135, 136)]
    host = host_endpoint("n", "eth0", {"role": "up"}, expectedIPs=["192.0.2.9", "2001:db8::9"])
    web = endpoint("web", "fd00::1", "open")
    resources = [profile("open", ingress=[ANY], egress=[ANY]), host, web]
    before, after = (
        [*resources, policy("up", selector="role == 'up'", ingress=rules, egress=[ANY])]
        for rules in ([ssh, *discovery], [ssh])
    )
    code, answer = compare(before, after)
    assert (code, answer["gained"]) == (1, [])
    assert (["outside"], ["hostEndpoint/n/eth0"], ["tcp 22"]) in change_parts(answer["lost"])
    cut = [each for each in answer["lost"] if each["interfaces"]]
    assert {name for each in cut for name in each["interfaces"]} == {"interface eth0"}
    assert {each["after"][each["half"]]["decidedBy"]["default"] for each in cut} == {"NEIGHBOR_DISCOVERY"}
    files = [str(tmp_path / f"{side}.json") for side in ("before", "after")]
    text = calicoctl("diff", "--semantic", *files).stdout
    assert f"egress of {endpoint_name('web')} by interface eth0: denied by default: IPv6 neighbor discovery" in text


def test_a_changed_rule_for_unknown_peers_is_not_green(compare: Any) -> None:
    before, after = (
        policy("db", selector="role == 'db'", ingress=[{**HTTP, "source": {"selector": f"role == '{role}'"}}])
        for role in ("api", "batch")
    )
    code, answer = compare([DB, before], [DB, after], "--widening-only")
    assert (code, answer["changed"]) == (1, False)
    assert answer["notes"] == [
        "policy/db differs in rules that select no compared endpoint: their effect is not evaluated "
        "(add these endpoints, or compare with datastore)"
    ]
    elsewhere = {**before, "spec": {**before["spec"], "selector": "role == 'no'"}}
    assert compare([DB, elsewhere], [DB, after])[0] == 1
    reordered = {**before, "spec": {**before["spec"], "order": 7}}
    assert compare([DB, before], [DB, reordered])[0] == 0
    known = [DB, endpoint("db1", "10.0.0.1", "db")]
    assert compare([*known, before], [*known, after])[0] == 0


def test_a_changed_policy_for_other_endpoints_is_a_note(compare: Any) -> None:
    """All endpoints are known, so the policy changes nothing today."""
    web = [WEB, endpoint("web1", "10.0.0.1", "web"), DB]
    unused = policy("api", selector="role == 'api'", ingress=[ANY])
    code, answer = compare(web, [*web[:2], OPEN_DB, unused])
    assert (code, answer["changed"]) == (0, False)
    assert answer["notes"] == [
        "profile/db, policy/api differ and apply to no compared endpoint: the effect is not evaluated"
    ]


def test_json_has_everything(compare: Any) -> None:
    code, answer = compare([WEB, DB], [WEB, OPEN_DB])
    assert code == 1
    assert answer["formatVersion"] == 1
    assert (answer["changed"], answer["lost"], answer["notes"]) == (True, [], [])
    assert answer["before"].endswith(
        "before.json: 0 policies, 2 profiles, no endpoints, one placeholder for each profile"
    )
    (change,) = answer["gained"]
    web, database = "an endpoint of profile/web", "an endpoint of profile/db"
    assert change_parts([change]) == [([web, "outside"], [database], ["tcp 80"])]
    assert change["half"] == "ingress"
    example = change["example"]
    assert (example["from"]["name"], example["to"]["name"]) == (web, database)
    assert (example["protocol"], example["sourcePort"], example["destinationPort"]) == ("tcp", 49152, 80)
    assert change["before"]["verdict"] == "denied"
    assert change["before"]["ingress"]["decidedBy"] == {"default": "PROFILES"}
    assert change["after"]["verdict"] == "allowed"
    rule = change["after"]["ingress"]["decidedBy"]
    assert rule["rule"] == "profile/db ingress[0]"
    assert rule["place"].rpartition(":")[0].endswith("after.json")


@pytest.mark.parametrize(("net", "version"), [("10.9.0.0/16", 4), ("2001:db8:9::/48", 6)])
def test_both_ip_versions_and_networks(compare: Any, net: str, version: int) -> None:
    after = profile("db", labels={"role": "db"}, ingress=[{"action": "allow", "source": {"nets": [net]}}])
    _, answer = compare([DB], [after])
    (change,) = answer["gained"]
    assert change_parts([change]) == [([f"outside in {net}"], ["an endpoint of profile/db"], ["all"])]
    assert change["parts"][0]["ipVersion"] is None, "the network implies the version"
    assert (":" in change["example"]["to"]["address"]) == (version == 6)


def test_a_change_of_one_ip_version_is_marked(compare: Any, calicoctl: Calicoctl, tmp_path: Path) -> None:
    before, after = [WEB, DB], [WEB, profile("db", labels={"role": "db"}, ingress=[{**HTTP, "ipVersion": 6}])]
    _, answer = compare(before, after)
    assert [part["ipVersion"] for part in answer["gained"][0]["parts"]] == [6]
    files = (str(tmp_path / "before.json"), str(tmp_path / "after.json"))
    assert ": tcp 80 (IPv6 only)\n" in calicoctl("diff", "--semantic", *files).stdout
    ends = [endpoint("web1", "fd00::1", "web"), endpoint("db1", "fd00::2", "db")]
    _, answer = compare([*before, *ends], [*after, *ends])
    assert [part["ipVersion"] for part in answer["gained"][0]["parts"]] == [None]


def test_a_new_network_within_another_is_distinguished(compare: Any) -> None:
    before = [profile("db", ingress=[{"action": "allow", "source": {"nets": ["10.0.0.0/8"]}}])]
    deny = {"action": "deny", "source": {"nets": ["10.9.0.0/16"]}}
    after = [profile("db", ingress=[deny, {"action": "allow", "source": {"nets": ["10.0.0.0/8"]}}])]
    code, answer = compare(before, after)
    assert (code, answer["gained"]) == (1, [])
    assert change_parts(answer["lost"]) == [(["outside in 10.9.0.0/16"], ["an endpoint of profile/db"], ["all"])]


def test_traffic_from_an_endpoint_to_itself_is_excluded(compare: Any) -> None:
    before = [profile("a", egress=[ANY]), endpoint("one", "10.0.0.1", "a")]
    inside = [{"action": "allow", "source": {"nets": ["10.0.0.0/30"]}}]
    _, answer = compare(before, [profile("a", egress=[ANY], ingress=inside), before[1]])
    assert change_parts(answer["gained"]) == [(["outside in 10.0.0.0/30"], [endpoint_name("one")], ["all"])]
    both = [*before, endpoint("two", "10.0.0.2", "a")]
    tagged = profile("a", tags=["t"], egress=[ANY], ingress=[{"action": "allow", "source": {"tag": "t"}}])
    _, answer = compare(both, [tagged, *both[1:]])
    (change,) = answer["gained"]
    ends = [change["example"][end]["name"] for end in ("from", "to")]
    assert sorted(ends) == [endpoint_name("one"), endpoint_name("two")]


def test_endpoints_of_one_side_are_used_for_both(compare: Any) -> None:
    ends = [endpoint("web1", "10.0.0.1", "web"), endpoint("db1", "10.0.0.2", "db")]
    _, answer = compare([WEB, DB, *ends], [WEB, OPEN_DB])
    assert change_parts(answer["gained"]) == [([endpoint_name("web1"), "outside"], [endpoint_name("db1")], ["tcp 80"])]
    assert answer["notes"] == ["no endpoints on the side after (both sides use those of the side before)"]
    assert answer["before"].endswith("before.json: 0 policies, 2 profiles, 2 endpoints")
    assert answer["after"].endswith("after.json: 0 policies, 2 profiles, 0 endpoints")


def test_a_new_or_deleted_endpoint_is_not_a_change(compare: Any) -> None:
    common = [WEB, OPEN_DB, endpoint("db1", "10.0.0.2", "db")]
    code, answer = compare([*common, endpoint("old", "10.0.0.7", "web")], [*common, endpoint("new", "10.0.0.8", "web")])
    assert (code, answer["changed"]) == (0, False)
    assert answer["notes"] == [
        f"{endpoint_name('old')} exists only before (evaluated on both sides)",
        f"{endpoint_name('new')} exists only after (evaluated on both sides)",
    ]
    # A policy change for such an endpoint is reported; here the endpoint exists only after.
    after = [WEB, DB, common[2], endpoint("new", "10.0.0.8", "web")]
    _, answer = compare(common, after)
    assert change_parts(answer["lost"]) == [([endpoint_name("new"), "outside"], [endpoint_name("db1")], ["tcp 80"])]


def test_an_address_that_moved_to_another_endpoint_is_not_compared(compare: Any) -> None:
    common = [WEB, DB, endpoint("web1", "10.0.0.1", "web")]
    before = [*common, endpoint("one", "10.0.0.2", "db")]
    after = [WEB, OPEN_DB, common[2], endpoint("two", "10.0.0.2", "db"), endpoint("three", "10.0.0.3", "db")]
    _, answer = compare(before, after)
    assert change_parts(answer["gained"]) == [
        ([endpoint_name("web1"), "outside"], [endpoint_name("three")], ["tcp 80"])
    ]
    assert any(
        note == "10.0.0.2 belongs to different endpoints before and after and is not compared "
        f"({endpoint_name('one')} and {endpoint_name('two')})"
        for note in answer["notes"]
    )


def test_an_endpoint_with_a_new_address_is_compared_at_both(compare: Any) -> None:
    near = [{"action": "allow", "source": {"nets": ["10.0.0.0/24"]}}]
    database = [profile("db", ingress=near), endpoint("db1", "10.0.1.1", "db"), WEB]
    code, _ = compare(
        [*database, endpoint("web1", "10.0.0.1", "web")], [*database, endpoint("web1", "10.0.2.1", "web")]
    )
    assert code == 0
    opened = [profile("db", ingress=[ANY]), *database[1:], endpoint("web1", "10.0.2.1", "web")]
    _, answer = compare([*database, endpoint("web1", "10.0.0.1", "web")], opened)
    senders = [f"{endpoint_name('web1')} at 10.0.2.1", "outside but not in 10.0.0.0/24"]
    assert change_parts(answer["gained"])[0] == (senders, [endpoint_name("db1")], ["all"])
    assert answer["gained"][0]["example"]["from"]["address"] == "10.0.2.1"


def test_labels_of_an_endpoint_are_compared(compare: Any) -> None:
    rules = [{"action": "allow", "source": {"selector": "zone == 'a'"}}]
    common = [WEB, profile("db", ingress=rules), endpoint("db1", "10.0.0.2", "db")]
    one = endpoint("web1", "10.0.0.1", "web")
    labelled = {**one, "metadata": {**one["metadata"], "labels": {"zone": "a"}}}
    _, answer = compare([*common, one], [*common, labelled])
    assert change_parts(answer["gained"]) == [([endpoint_name("web1")], [endpoint_name("db1")], ["all"])]
    assert answer["lost"] == []


def test_a_profile_of_one_side_only(compare: Any) -> None:
    code, answer = compare([WEB], [WEB, OPEN_DB])
    assert code == 1
    assert change_parts(answer["gained"]) == [
        (["an endpoint of profile/web", "outside"], ["an endpoint of profile/db"], ["tcp 80"])
    ]
    assert answer["notes"] == [
        "profile/db exists only after (before: the agent denies all traffic of endpoints with a missing profile)"
    ]
    assert answer["gained"][0]["before"]["ingress"]["decidedBy"] == {"default": "MISSING"}


def test_a_host_endpoint_without_addresses(compare: Any) -> None:
    host = host_endpoint("n", "eth0")
    ssh = policy("ssh", selector="all()", ingress=[{**HTTP, "destination": {"ports": [22]}}])
    _, answer = compare([host], [host, ssh])
    (change,) = answer["gained"]
    assert change["parts"][0]["to"] == ["hostEndpoint/n/eth0"]
    assert change["parts"][0]["services"] == ["tcp 22"]
    _, answer = compare([host], [host_endpoint("n", "eth0", expectedIPs=["10.0.0.1"]), ssh])
    assert answer["gained"][0]["example"]["to"]["address"] == "10.0.0.1"


def test_notes_of_each_side_go_to_stderr(calicoctl: Calicoctl, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(manifest(WEB, endpoint("e", "10.0.0.1", "missing")))
    result = calicoctl(
        "diff", "--semantic", str(tmp_path / "a.json"), "-", input=manifest(WEB, endpoint("e", "10.0.0.1", "web"))
    )
    assert result.exit_code == 1
    assert "warning: before: profile/missing does not exist" in result.stderr
    assert "after:" not in result.stderr


def test_the_datastore_as_operand_and_below_manifests(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    ends = [endpoint("web1", "10.0.0.1", "web"), endpoint("db1", "10.0.0.2", "db")]
    calicoctl("apply", "-f", "-", input=manifest(WEB, DB, *ends))

    result = calicoctl("diff", "--semantic", "-f", "-", "-o", "json", input=manifest(OPEN_DB))
    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert answer["before"] == f"datastore {store.endpoint}: 0 policies, 2 profiles, 2 endpoints"
    assert answer["after"] == f"- applied to datastore {store.endpoint}: 0 policies, 2 profiles, 2 endpoints"
    assert change_parts(answer["gained"]) == [([endpoint_name("web1"), "outside"], [endpoint_name("db1")], ["tcp 80"])]
    assert answer["gained"][0]["after"]["egress"]["decidedBy"]["place"].endswith("/profiles/web")
    assert answer["gained"][0]["after"]["ingress"]["decidedBy"]["place"].startswith("-:")

    alone = calicoctl("diff", "--semantic", "datastore", "-", "-o", "json", input=manifest(WEB, OPEN_DB))
    assert alone.exit_code == 1
    assert change_parts(json.loads(alone.stdout)["gained"]) == change_parts(answer["gained"])
    back = calicoctl("diff", "--semantic", "-", "datastore", "-o", "json", input=manifest(WEB, OPEN_DB))
    assert change_parts(json.loads(back.stdout)["lost"]) == change_parts(answer["gained"])

    calicoctl("apply", "-f", "-", input=manifest(OPEN_DB))
    assert calicoctl("diff", "--semantic", "-f", "-", input=manifest(OPEN_DB)).exit_code == 0


@pytest.mark.usefixtures("store")
def test_pruned_policies_are_excluded(calicoctl: Calicoctl) -> None:
    """A deny policy is removed from the manifests: with --prune, and only then, traffic is gained."""
    deny = policy("deny", order=1, selector="role == 'db'", types=["ingress"], ingress=[{"action": "deny"}])
    calicoctl("apply", "-f", "-", "--set", "s", input=manifest(WEB, OPEN_DB, deny))
    kept = manifest(WEB, OPEN_DB)
    prune = ("--set", "s", "--prune")

    assert calicoctl("diff", "--semantic", "-f", "-", "--widening-only", input=kept).exit_code == 0
    result = calicoctl("diff", "--semantic", "-f", "-", *prune, "--widening-only", "--summary", input=kept)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].endswith("an endpoint of profile/db: tcp 80")
    refused = calicoctl("diff", "--semantic", "-f", "-", *prune, "--prune-max", "0", input=kept)
    assert (refused.exit_code, "--prune-max allows 0" in refused.stderr) == (8, True)

    listed = calicoctl("diff", "-f", "-", *prune, "--summary", input=kept)
    assert (listed.exit_code, listed.stdout) == (1, "policy/deny is in the datastore only\n1 gone, 2 same\n")
    assert calicoctl("diff", "-f", "-", "--summary", input=kept).stdout == "2 same\n"
    calicoctl("apply", "-f", "-", *prune, input=kept)
    assert calicoctl("diff", "--semantic", "-f", "-", *prune, input=kept).exit_code == 0


def test_a_file_named_datastore(calicoctl: Calicoctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("datastore").write_text(manifest(WEB))
    assert calicoctl("diff", "--semantic", "./datastore", "-", input=manifest(WEB)).exit_code == 0


def test_recursive_reads_subdirectories(calicoctl: Calicoctl, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "web.json").write_text(manifest(WEB))
    (tmp_path / "deep" / "db.json").write_text(manifest(OPEN_DB))
    for options, code in (((), 1), (("-R",), 0)):
        result = calicoctl("diff", "--semantic", str(tmp_path), "-", *options, input=manifest(WEB, OPEN_DB))
        assert result.exit_code == code, result.stderr


def _rejected(result: Result, code: int) -> str:
    assert (result.exit_code, result.stdout) == (code, "")
    return result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("datastore", "b.yaml"), "datastore as an operand requires --semantic"),
        (("-f", "-", "--widening-only"), "--widening-only requires --semantic"),
        (("--semantic",), "(found 0 operands)"),
        (("--semantic", "a.yaml"), "(found 1 operand)"),
        (("--semantic", "a.yaml", "b.yaml", "c.yaml"), "(found 3 operands)"),
        (("--semantic", "a.yaml", "-f", "-"), "A B and -f cannot be combined"),
        (("--semantic", "-", "-"), "stdin can be read only once"),
        (("--semantic", "datastore", "datastore"), "write ./datastore for a file of this name"),
        (("--semantic", "a.yaml", ""), "an operand is empty"),
        (("--semantic", "a.yaml", "b.yaml", "--set", "s"), "--set requires -f"),
        (("-f", "-", "--prune"), "--prune requires --set"),
    ],
)
def test_invalid_usage_is_rejected(calicoctl: Calicoctl, arguments: tuple[str, ...], message: str) -> None:
    assert message in _rejected(calicoctl("diff", *arguments), 2)


def test_a_comparison_without_endpoints_and_profiles_is_rejected(calicoctl: Calicoctl, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(manifest(policy("p", selector="all()", ingress=[ANY])))
    result = calicoctl("diff", "--semantic", str(tmp_path), "-", input=manifest(policy("p", selector="all()")))
    assert "nothing to compare: neither side contains" in _rejected(result, 2)


def test_errors_of_both_sides_are_reported_together(calicoctl: Calicoctl, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: profile")
    result = calicoctl("diff", "--semantic", str(tmp_path / "a.yaml"), "-", input="kind: policy")
    stderr = _rejected(result, 3)
    assert f"{tmp_path}/a.yaml:1" in stderr
    assert "\n-:1" in stderr


def test_long_lists_are_shortened_in_text_only(compare: Any, calicoctl: Calicoctl, tmp_path: Path) -> None:
    ends = [endpoint(f"e{number}", f"10.0.0.{number}", "db") for number in range(1, 9)]
    _, answer = compare([DB, *ends], [OPEN_DB, *ends])
    assert len({name for part in change_parts(answer["gained"]) for name in part[1]}) == 8
    files = (str(tmp_path / "before.json"), str(tmp_path / "after.json"))
    assert "and 3 more: tcp 80" in calicoctl("diff", "--semantic", *files).stdout


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"action": "deny"}),
        ({"ipVersion": 4}, {"ipVersion": 6}),
        ({"protocol": "tcp"}, {"protocol": "udp"}),
        ({"protocol": "tcp"}, {"notProtocol": "tcp"}),
        ({"protocol": "icmp", "icmp": {"type": 8}}, {"protocol": "icmp", "icmp": {"type": 0}}),
        ({"protocol": "icmp", "icmp": {"type": 8}}, {"protocol": "icmp", "icmp": {"type": 8, "code": 0}}),
        ({"protocol": "icmp", "icmp": {"type": 8}}, {"protocol": "icmp", "notICMP": {"type": 8}}),
        ({"source": {"selector": "has(role)"}}, {"source": {"selector": "!has(role)"}}),
        ({"source": {"selector": "role == 'web'"}}, {"source": {"notSelector": "role == 'web'"}}),
        ({"source": {"selector": "role == 'web'"}}, {"destination": {"selector": "role == 'web'"}}),
        ({"source": {"nets": ["10.0.0.0/8"]}}, {"source": {"nets": ["10.0.0.0/9"]}}),
        ({"source": {"nets": ["10.0.0.0/8"]}}, {"source": {"notNets": ["10.0.0.0/8"]}}),
        (
            {"protocol": "tcp", "destination": {"ports": [80]}},
            {"protocol": "tcp", "destination": {"ports": [80, 81]}},
        ),
        ({"protocol": "tcp", "destination": {"ports": [80]}}, {"protocol": "tcp", "destination": {"notPorts": [80]}}),
        ({"protocol": "tcp", "destination": {"ports": [80]}}, {"protocol": "tcp", "source": {"ports": [80]}}),
    ],
)
def test_every_criterion_of_a_rule_is_compared(compare: Any, one: dict[str, Any], other: dict[str, Any]) -> None:
    sides = [
        [WEB, profile("db", labels={"role": "db"}, ingress=[{"action": "allow", **rule}], egress=[ANY])]
        for rule in (one, other)
    ]
    assert compare(*sides)[0] == compare(*sides[::-1])[0] == 1
    assert compare(sides[0], sides[0])[0] == 0


def test_selection_and_default_deny_of_policies_without_rules_are_compared(compare: Any) -> None:
    both = [WEB, profile("db", labels={"role": "db"}, ingress=[ANY], egress=[ANY])]
    none = policy("none", selector="role == 'db'", types=["ingress"])
    code, answer = compare(both, [*both, none])
    assert (code, answer["gained"], answer["lost"][0]["after"]["ingress"]["decidedBy"]) == (
        1,
        [],
        {"default": "POLICIES"},
    )
    for more in ({"types": ["egress"]}, {"selector": "role == 'web'"}):
        changed = {**none, "spec": {**none["spec"], **more}}
        assert compare([*both, none], [*both, changed])[0] == 1
    passing = policy("none", selector="role == 'db'", types=["ingress"], ingress=[{"action": "pass"}])
    assert compare(both, [*both, passing])[0] == 0


def test_a_missing_profile_differs_from_one_without_rules(compare: Any) -> None:
    one = endpoint("one", "10.0.0.1", "gone", "db")
    _, answer = compare([OPEN_DB, one], [OPEN_DB, profile("gone", egress=[ANY]), one])
    assert (["outside"], [endpoint_name("one")], ["tcp 80"]) in change_parts(answer["gained"])


def test_untracked_policy_of_a_host_has_no_default_deny(compare: Any) -> None:
    host = [host_endpoint("n", "eth0", expectedIPs=["10.0.0.1"], profiles=["db"]), OPEN_DB]
    usual = policy("p", selector="all()", types=["ingress"], ingress=[{"action": "deny", "protocol": "udp"}])
    untracked = {**usual, "spec": {**usual["spec"], "doNotTrack": True}}
    _, answer = compare([*host, usual], [*host, untracked])
    assert change_parts(answer["gained"]) == [(["outside"], ["hostEndpoint/n/eth0"], ["tcp 80"])]
