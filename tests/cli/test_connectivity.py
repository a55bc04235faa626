"""`connectivity`: allowed traffic between groups, from manifests and the datastore."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from pathlib import Path

import pytest

from calicoctl.analysis.exposure import decision_diagram
from tests.docs.conftest import ROOT
from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, manifest, policy, profile, workload_endpoint
from tests.support.runner import Calicoctl

EXAMPLE = ROOT / "examples" / "policies-by-label"
SEED = ("-f", str(EXAMPLE / "policies.yaml"), "-f", str(EXAMPLE / "profiles.yaml"))
OPEN = {"action": "allow"}
MYSQL = {
    "action": "allow",
    "protocol": "tcp",
    "destination": {"ports": [3306]},
    "source": {"selector": "role == 'web'"},
}
SHOP = (
    profile("db", labels={"role": "db"}, ingress=[MYSQL]),
    profile("web", labels={"role": "web"}, egress=[OPEN]),
    workload_endpoint("n", "libnetwork", "libnetwork", "db1", ipNetworks=["10.0.0.1"], profiles=["db"]),
    workload_endpoint("n", "libnetwork", "libnetwork", "web1", ipNetworks=["10.0.0.2"], profiles=["web"]),
    workload_endpoint("n", "libnetwork", "libnetwork", "web2", ipNetworks=["10.0.0.3"], profiles=["web"]),
)


@pytest.fixture
def shop(tmp_path: Path) -> tuple[str, str]:
    path = tmp_path / "shop.yaml"
    path.write_text(manifest(*SHOP), encoding="utf-8")
    return ("-f", str(path))


def rows(text: str) -> list[tuple[str, str, str]]:
    """The rows of a CSV."""
    return [(row[0], row[1], row[2]) for row in list(csv.reader(StringIO(text)))[1:]]


def test_example_as_a_table(calicoctl: Calicoctl) -> None:
    result = calicoctl("connectivity", *SEED)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "2 policies, 2 profiles, no endpoints, one placeholder for each profile)" in result.stdout
    assert result.stdout.splitlines()[3:] == [
        "FROM               TO                 ALLOWED",
        "profile/database   profile/database   all",
        "profile/frontend   profile/database   tcp 3306",
        "",
        "No traffic is allowed from or to outside.",
        "No policy applies to ingress of profile/frontend: profiles decide.",
    ]


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        ("profile", [("profile/web", "profile/db", "tcp 3306"), ("profile/web", "outside", "all")]),
        ("label:role", [("role=web", "role=db", "tcp 3306"), ("role=web", "outside", "all")]),
        ("class", [("profile/web", "profile/db", "tcp 3306"), ("profile/web", "outside", "all")]),
        (
            "endpoint",
            [
                ("web1", "db1", "tcp 3306"),
                ("web2", "db1", "tcp 3306"),
                ("web1", "outside", "all"),
                ("web2", "outside", "all"),
            ],
        ),
    ],
)
def test_group_by(
    calicoctl: Calicoctl, shop: tuple[str, str], group_by: str, expected: list[tuple[str, str, str]]
) -> None:
    result = calicoctl("connectivity", *shop, "--group-by", group_by, "-o", "csv")
    assert (result.exit_code, result.stderr) == (0, "")
    assert rows(result.stdout) == expected


def test_focus_and_services_restrict_the_result(calicoctl: Calicoctl, shop: tuple[str, str]) -> None:
    result = calicoctl("connectivity", *shop, "--focus", "db1", "--protocol", "tcp", "-o", "json")
    value = json.loads(result.stdout)
    assert (value["focus"], value["services"]) == ("db1", ["tcp"])
    assert [(row["from"], row["to"], row["services"]) for row in value["rows"]] == [
        (["profile/web"], ["profile/db"], ["tcp 3306"])
    ]
    assert [group["name"] for group in value["groups"] if group["focused"]] == ["profile/db"]
    text = calicoctl("connectivity", *shop, "--focus", "web1", "--protocol", "udp").stdout
    assert text.startswith("Allowed traffic from and to web1 (udp), by profile\n")
    assert "profile/web: web1   outside   udp" in text
    assert "No traffic is allowed between web1 and profile/db" in text


def test_focus_on_an_endpoint_that_does_not_exist(calicoctl: Calicoctl, shop: tuple[str, str]) -> None:
    result = calicoctl("connectivity", *shop, "--focus", "labels:role=web,profile=web", "-o", "csv")
    name = "an endpoint with role=web,profile=web"
    assert rows(result.stdout) == [(name, "profile/db", "tcp 3306"), (name, "outside", "all")]


def test_focus_on_a_network(calicoctl: Calicoctl, shop: tuple[str, str]) -> None:
    result = calicoctl("connectivity", *shop, "--focus", "192.0.2.0/24", "-o", "csv")
    assert rows(result.stdout) == [("profile/web", "outside in 192.0.2.0/24", "all")]


def test_endpoints_without_a_profile_and_with_endpoints(calicoctl: Calicoctl) -> None:
    text = manifest(
        profile("a", ingress=[OPEN]),
        profile("b", ingress=[OPEN]),
        workload_endpoint("n", "o", "w", "both", ipNetworks=["10.0.0.1"], profiles=["b", "a"]),
        workload_endpoint("n", "o", "w", "none", ipNetworks=["10.0.0.2"]),
        host_endpoint("n", "eth0", expectedIPs=["10.0.0.3"]),
        workload_endpoint("n", "o", "w", "lost", ipNetworks=["10.0.0.4"], profiles=["missing"]),
    )
    result = calicoctl("connectivity", "-f", "-", input=text)
    rows = [re.split(" {3,}", line) for line in result.stdout.splitlines()[4:]]
    # No policy applies to traffic from a host to its own workloads.
    assert rows == [
        ["host endpoints without a profile", "endpoints without a profile, profile/missing", "all"],
        ["host endpoints without a profile, outside", "profile/b + profile/a", "all"],
    ]
    assert "profile/missing does not exist" in result.stderr
    assert "failsafe" in result.stderr


def test_endpoints_with_the_same_name_have_full_names(calicoctl: Calicoctl) -> None:
    endpoints = [
        workload_endpoint("n", "o", f"w{number}", "eth0", ipNetworks=[f"10.0.0.{number}"], profiles=["a"])
        for number in (1, 2)
    ]
    text = manifest(profile("a", ingress=[OPEN], egress=[OPEN]), *endpoints)
    result = calicoctl("connectivity", "-f", "-", "--group-by", "endpoint", "-o", "csv", input=text)
    assert ("workloadEndpoint/n/o/w1/eth0", "workloadEndpoint/n/o/w2/eth0", "all") in rows(result.stdout)


def test_datastore_and_manifests_merged_into_it(calicoctl: Calicoctl, store: Etcd, shop: tuple[str, str]) -> None:
    calicoctl("apply", *shop)
    result = calicoctl("connectivity", "-o", "csv")
    assert rows(result.stdout) == [("profile/web", "profile/db", "tcp 3306"), ("profile/web", "outside", "all")]
    closed = manifest(policy("closed", selector="role == 'db'", ingress=[{"action": "deny"}]))
    merged = calicoctl("connectivity", "-f", "-", "--with-datastore", input=closed)
    assert f"(- applied to datastore {store.endpoint}: 1 policy, 2 profiles, 3 endpoints)" in merged.stdout
    assert "No traffic is allowed from or to profile/db." in merged.stdout


def test_exposure(calicoctl: Calicoctl, shop: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    result = calicoctl("connectivity", *shop, "--exposure", "-o", "csv")
    assert rows(result.stdout) == [
        ("profile/web", "new endpoint of profile/db", "tcp 3306"),
        ("new endpoint of profile/web", "outside", "all"),
        ('new endpoint of profile/web with role == "web"', "profile/db", "tcp 3306"),
    ]
    answer = json.loads(calicoctl("connectivity", *shop, "--exposure", "--focus", "db1", "-o", "json").stdout)
    (row,) = answer["rows"]
    descriptions = {group["name"]: group["newEndpoints"] for group in answer["groups"]}
    assert (row["to"], descriptions[row["to"][0]]) == (["profile/db"], None)
    assert descriptions[row["from"][0]] == {
        "selector": 'role == "web"',
        "profiles": ["profile/web"],
        "withoutProfile": False,
        "within": None,
        "without": None,
    }
    assert answer["basis"].endswith("with a free address, and with one existing profile or none")
    for output in ("text", "dot", "mermaid", "svg", "html"):
        assert "profile/web with role ==" in calicoctl("connectivity", *shop, "--exposure", "-o", output).stdout
    monkeypatch.setattr(decision_diagram, "MAX_NODES", 0)
    limited = calicoctl("connectivity", *shop, "--exposure")
    assert (limited.exit_code, limited.stdout) == (2, "")
    assert "--exposure: more than 0 combinations of labels differ (restrict the result by --focus" in limited.stderr
    monkeypatch.undo()
    named_set = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkSet",
        "metadata": {"name": "s", "labels": {"role": "partner"}},
        "spec": {"nets": ["203.0.113.0/24"]},
    }
    from_partners = {"action": "allow", "source": {"selector": "role == 'partner'"}}
    partners = [profile("a", ingress=[from_partners], egress=[{"action": "allow"}])]
    with_set = calicoctl("connectivity", "-f", "-", "--exposure", input=json.dumps([*partners, named_set]))
    assert "new endpoint in 203.0.113.0/24" in with_set.stdout, with_set.stderr
    text = json.dumps([profile("a", ingress=[{"action": "allow"}])])
    focused = calicoctl("connectivity", "-f", "-", "--exposure", "--focus", "10.9.9.9", "-o", "csv", input=text)
    assert {source for source, _, _ in rows(focused.stdout)} == {"outside in 10.9.9.9/32"}


def test_exposure_of_policies_without_endpoints(calicoctl: Calicoctl) -> None:
    text = json.dumps([policy("p", selector="role == 'web'", ingress=[{"action": "allow"}])])
    result = calicoctl("connectivity", "-f", "-", "--exposure", "-o", "csv", input=text)
    assert rows(result.stdout) == [("outside", 'new endpoint with role == "web"', "all")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--group-by", "colour"), "--group-by colour: unknown grouping (write profile, label:KEY, class or"),
        (("--group-by", "label"), "--group-by label: unknown grouping"),
        (("--group-by", "label:"), "--group-by label:: unknown grouping"),
        (("--group-by", "class:x"), "--group-by class:x: unknown grouping"),
        (("--focus", "missing"), "no endpoint 'missing'"),
        (("--port", "80"), "require --protocol tcp or udp or sctp"),
        (("-o", "yaml"), "-o yaml: unknown format (formats are text, json, csv, dot, mermaid, svg, html)"),
    ],
)
def test_invalid_options_are_rejected(
    calicoctl: Calicoctl, shop: tuple[str, str], arguments: tuple[str, ...], message: str
) -> None:
    result = calicoctl("connectivity", *shop, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_the_error_for_too_many_arrows_contains_a_remedy(calicoctl: Calicoctl) -> None:
    endpoints = [
        profile(f"p{number}", ingress=[{"action": "allow", "protocol": number}], egress=[OPEN])
        for number in range(100, 130)
    ]
    result = calicoctl("connectivity", "-f", "-", "-o", "mermaid", input=manifest(*endpoints))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "exceed the limit of 500 (use --group-by profile or class, --focus, or -o json)" in result.stderr


def test_policies_without_endpoints_and_profiles_are_rejected(calicoctl: Calicoctl) -> None:
    text = json.dumps([policy("p", selector="role == 'web'", ingress=[{"action": "allow"}])])
    for output in ("text", "json"):
        result = calicoctl("connectivity", "-f", "-", "-o", output, input=text)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "nothing to show: no endpoint or profile exists (-: 1 policy, 0 profiles" in result.stderr
    planned = calicoctl("connectivity", "-f", "-", "--focus", "labels:role=web", input=text)
    assert (planned.exit_code, "role=web" in planned.stdout) == (0, True)
