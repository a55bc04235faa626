"""trace --flows and diff --semantic --flows: verdicts, changes, exit codes, formats, and standard input."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import yaml

from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, policy, profile, workload_endpoint
from tests.support.runner import Calicoctl

ALLOW = [{"action": "allow"}]


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    """Two web pods and a database pod of Kubernetes, and a host."""
    resources = [
        profile("web", labels={"role": "web"}, egress=ALLOW),
        profile("db", labels={"role": "db"}),
        policy(
            "db",
            selector="role == 'db'",
            ingress=[
                {
                    "action": "allow",
                    "protocol": "tcp",
                    "source": {"selector": "role == 'web'"},
                    "destination": {"ports": [5432]},
                }
            ],
        ),
        *(
            workload_endpoint(
                "node1", "k8s", f"shop.{name}", "eth0", ipNetworks=[f"10.0.0.{number}"], profiles=[name[:-2]]
            )
            for number, name in enumerate(("web-1", "web-2"), 1)
        ),
        workload_endpoint("node1", "k8s", "shop.db-1", "eth0", ipNetworks=["10.0.0.3", "fd00::3"], profiles=["db"]),
        host_endpoint("node2", "eth0", expectedIPs=["10.1.0.1"]),
    ]
    path = tmp_path / "cluster.yaml"
    path.write_text(yaml.safe_dump(resources), encoding="utf-8")
    return str(path)


def write_flows(tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "flows.csv"
    path.write_text("\n".join(["from,to,protocol,port", *lines]), encoding="utf-8")
    return str(path)


def test_each_end_has_the_verdict_of_its_endpoints(calicoctl: Calicoctl, cluster: str, tmp_path: Path) -> None:
    flows = {
        "shop/web-1,shop/db-1,tcp,5432": "allowed",
        "shop/web-*,workloadEndpoint/node1/k8s/shop.db-1/eth0,tcp,5432": "allowed",
        "profile/web,shop.db-1,tcp,80": "denied",
        "10.0.0.1,10.0.0.3,tcp,5432": "allowed",
        "profile:web,10.0.0.2,udp,53": "denied",
        "2001:db8::1,fd00::3,tcp,5432": "denied",
        "10.0.0.1,10.0.0.1,tcp,1": "no policy applies",
        "192.0.2.1,outside,tcp,1": "no policy applies",
        "pvt,pub,tcp,1": "no policy applies",
        "shop/*,10.0.0.3,tcp,5432": "allowed",
        "shop/*,10.0.0.9,udp,53": "mixed",
        "10.0.0.1,hep/node2/eth0,tcp,22": "denied",
    }
    result = calicoctl("trace", "-f", cluster, "--flows", write_flows(tmp_path, *flows), "-o", "csv")
    assert result.exit_code == 1
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert [row["verdict"] for row in rows] == list(flows.values())
    # The result is valid as input, and has the same verdicts.
    again = calicoctl("trace", "-f", cluster, "--flows", "-", "-o", "json", input=result.stdout)
    assert [row["verdict"] for row in json.loads(again.stdout)["flows"]] == list(flows.values())


def test_invalid_lines_are_errors_after_the_decisions_on_the_others(
    calicoctl: Calicoctl, cluster: str, tmp_path: Path
) -> None:
    path = write_flows(
        tmp_path,
        "web-1,10.0.0.3,tcp,1",
        "eth0,10.0.0.3,tcp,1",
        "192.0.2.1,fd00::3,tcp,1",
        "10.0.0.1,10.0.0.3,tcp,5432",
        "10.0.0.1/8,10.0.0.3,tcp,1",
    )
    result = calicoctl("trace", "-f", cluster, "--flows", path)
    assert result.exit_code == 3
    assert result.stdout.splitlines()[1:] == [
        "10.0.0.1 -> 10.0.0.3 tcp 5432: allowed by "
        f"profile/web egress[0] ({cluster}:9), policy/db ingress[0] ({cluster}:23)",
        "1 flow: 1 allowed",
    ]
    syntax = "(write an address, the name of an endpoint, NAMESPACE/POD, profile/NAME or outside)"
    lines = [line.removeprefix(f"{path}:") for line in result.stderr.splitlines() if line.startswith(path)]
    assert lines[0] == f"2:1: no endpoint 'web-1' {syntax}"
    assert lines[1].startswith(
        "3:1: 'eth0' is the name of several endpoints: workloadEndpoint/node1/k8s/shop.web-1/eth0, "
    )
    assert lines[2] == "4:1: 192.0.2.1 and fd00::3 have no common IP version (write addresses of one)"
    assert lines[3] == "6:1: 10.0.0.1/8 is a network (write an address, or the name of an endpoint)"
    assert len(lines) == 4


def test_names_are_the_same_as_those_of_from_and_to(calicoctl: Calicoctl, cluster: str, tmp_path: Path) -> None:
    """Each name of a pod, a node and a network is valid in a file, in --from and --to, and in results."""
    names = (
        "shop/web-1",
        "shop.web-1",
        "shop/web-*",
        "shop.web-*",
        "workloadEndpoint/node1/k8s/shop.web-1/eth0",
        "wep/node1/k8s/shop.web-1/eth0",
        "profile/web",
        "profile:web",
        "selector:role == 'web'",
        "role=web",
        "node2",
        "hostEndpoint/node2/eth0",
        "outside",
        "public network",
        "pub",
        "pvt",
        "private network",
    )
    rows = [f"{name},shop.db-1,tcp,5432" for name in names]
    result = calicoctl("trace", "-f", cluster, "--flows", write_flows(tmp_path, *rows), "-o", "json")
    flows = json.loads(result.stdout)["flows"]
    for name, flow in zip(names, flows, strict=True):
        for source in (name, flow["from"]):
            trace = calicoctl(
                "trace",
                "-f",
                cluster,
                "--from",
                source,
                "--to",
                "shop/db-1",
                "--protocol=tcp",
                "--port=5432",
                "-o",
                "json",
            )
            assert json.loads(trace.stdout)["verdict"] == flow["verdict"], source
    verdicts = [flow["verdict"] for flow in flows]
    assert verdicts == [*["allowed"] * 10, *["denied"] * 7]


def test_the_recorded_action_is_kept(calicoctl: Calicoctl, cluster: str) -> None:
    """Results as CSV have the recorded action, so that they are the same input again, with the same notes."""
    header = "from,to,protocol,port,icmp type,icmp code,action\n"
    text = f"{header}shop/web-1,shop/db-1,tcp,5432,,,Deny\npub,node2,icmp,,8,0,deny\nshop/web-1,node2,udp,53,,,\n"
    result = calicoctl("trace", "-f", cluster, "--flows", "-", "-o", "csv", input=text)
    assert [row["action"] for row in csv.DictReader(result.stdout.splitlines())] == ["deny", "deny", ""]
    again = calicoctl("trace", "-f", cluster, "--flows", "-", "-o", "csv", input=result.stdout)
    assert [line.partition(",")[2] for line in again.stdout.splitlines()] == [
        line.partition(",")[2] for line in result.stdout.splitlines()
    ]
    answers = [calicoctl("trace", "-f", cluster, "--flows", "-", input=each).stdout for each in (text, again.stdout)]
    assert answers[0].count(" (the agent recorded deny)") == 1
    assert answers[0].replace("pub ->", "public network ->") == answers[1]


def test_exit_codes_and_usage(calicoctl: Calicoctl, cluster: str, tmp_path: Path) -> None:
    allowed = write_flows(tmp_path, "shop/web-1,shop/db-1,tcp,5432")
    assert calicoctl("trace", "-f", cluster, "--flows", allowed).exit_code == 0
    usage = [
        ("--flows", allowed, "--from", "web-1"),
        ("--flows", allowed, "--protocol", "tcp"),
        ("--flows", ""),
        ("--flows", allowed, "-o", "junit"),
        ("--from", "web-1"),
        ("-f", "-", "--flows", "-"),
    ]
    for args in usage:
        assert calicoctl("trace", "-f", cluster, *args, input="").exit_code == 2, args
    for path in ("missing.csv", str(tmp_path), write_flows(tmp_path)):
        result = calicoctl("trace", "-f", cluster, "--flows", path, "-o", "json")
        assert (result.exit_code, result.stdout) == (3, ""), path
        assert json.loads(result.stderr.splitlines()[-1])["file"] == path


def test_the_decision_depends_on_the_interface(calicoctl: Calicoctl, tmp_path: Path) -> None:
    resources = [
        profile("open", ingress=ALLOW, egress=ALLOW),
        policy("no-http", selector="role == 'uplink'", preDNAT=True, ingress=[{"action": "deny", "protocol": "tcp"}]),
        host_endpoint("node1", "eth0", {"role": "uplink"}, expectedIPs=["192.0.2.1"], profiles=["open"]),
        workload_endpoint("node1", "cni", "c1", "web", ipNetworks=["10.2.0.1"], profiles=["open"]),
    ]
    path = tmp_path / "uplink.yaml"
    path.write_text(yaml.safe_dump(resources), encoding="utf-8")
    flows = write_flows(tmp_path, "198.51.100.1,web,tcp,80", "198.51.100.1,web,udp,80")
    options = ("trace", "-f", str(path), "--flows", flows)
    result = calicoctl(*options, "-o", "json")
    assert result.exit_code == 1
    first, second = json.loads(result.stdout)["flows"]
    assert (first["verdict"], second["verdict"]) == ("depends on the interface", "allowed")
    alternatives = first["decisions"][0]["ingress"]["alternatives"]
    assert {each["interface"]: each["verdict"] for each in alternatives} == {
        "interface eth0": "denied",
        "another interface": "allowed",
    }
    text = calicoctl(*options).stdout
    assert "interface eth0: denied by policy/no-http ingress[0]" in text
    verdicts = [
        row["verdict"] for row in json.loads(calicoctl(*options, "--interface", "eth0", "-o", "json").stdout)["flows"]
    ]
    assert verdicts == ["denied", "allowed"]


def test_flows_under_the_datastore(calicoctl: Calicoctl, store: Etcd, cluster: str, tmp_path: Path) -> None:
    """A log of the agent as standard input; the table has only the flows that are not allowed."""
    assert calicoctl("apply", "-f", cluster, "--allow-lockout").exit_code == 0
    log = [
        {"source_name": "web-*", "source_namespace": "shop", "dest_name": "db-1", "dest_namespace": "shop"},
        {"source_name": "pub", "source_namespace": "-", "dest_name": "node2", "dest_namespace": "-"},
    ]
    text = "".join(json.dumps({**each, "protocol": "tcp", "dest_port": 5432, "action": "Allow"}) + "\n" for each in log)
    result = calicoctl("trace", "--flows", "-", input=text)
    assert "shop/web-* -> shop/db-1 tcp 5432: allowed by profile/web egress[0] (/calico/" in result.stdout
    assert "public network -> node2 tcp 5432: denied by ingress default: " in result.stdout
    assert "has no profile (the agent recorded allow)\n2 flows: 1 allowed, 1 denied\n" in result.stdout
    table = calicoctl("trace", "--flows", "-", "-o", "markdown", input=text).stdout.splitlines()
    assert [line[:32] for line in table if line.startswith("| ")][2:] == ["| 2 | public network | node2 | t"]
    assert table[-1] == "**2 flows: 1 allowed, 1 denied**"


def test_changed_flows(calicoctl: Calicoctl, store: Etcd, cluster: str, tmp_path: Path) -> None:
    """Between two manifests, and between the datastore before and after apply."""
    changed = tmp_path / "changed.yaml"
    rule = {"action": "allow", "protocol": "tcp", "destination": {"ports": [22]}}
    changed.write_text(yaml.safe_dump([policy("db", selector="role == 'db'", ingress=[rule])]), encoding="utf-8")
    flows = write_flows(
        tmp_path, "shop/web-1,shop/db-1,tcp,5432", "shop/web-1,shop/db-1,tcp,22", "shop/*,10.0.0.9,udp,53", "x,y,tcp,1"
    )
    assert calicoctl("apply", "-f", cluster, "--allow-lockout").exit_code == 0
    options = ("diff", "--semantic", "--flows", flows)
    result = calicoctl(*options, "-f", str(changed), "-o", "json")
    assert result.exit_code == 3
    answer = json.loads(result.stdout)
    assert [(each["change"], each["line"]) for each in answer["changes"]] == [("lost", 2), ("gained", 3)]
    assert answer["counts"] == {"gained": 1, "lost": 1, "unchanged": 1}
    assert answer["changes"][0]["before"]["decisions"][0]["ingress"]["decidedBy"]["rule"] == "policy/db ingress[0]"

    flows = write_flows(tmp_path, "shop/web-1,shop/db-1,tcp,22")
    operands = (*options, cluster, "datastore")
    assert calicoctl(*operands).exit_code == 0
    assert calicoctl("apply", "-f", str(changed), "--allow-lockout").exit_code == 0
    assert calicoctl(*operands).exit_code == 1
    assert calicoctl(*operands, "--narrowing-only").exit_code == 0
    lines = calicoctl(*operands, "--widening-only", "--summary").stdout.splitlines()
    assert lines == ["gained: shop/web-1 -> shop/db-1 tcp 22", "1 flow: 1 gained"]
    annotation = calicoctl(*operands, "-o", "github").stdout.splitlines()[0]
    assert annotation.startswith(
        f"::warning file={flows},line=2,title=gained flow::shop/web-1 -> shop/db-1 tcp 22%0Abefore: "
    )
    header, row = calicoctl(*operands, "-o", "csv").stdout.splitlines()
    assert header.endswith(",icmp code,action,before,after")
    assert row.startswith("gained,2,shop/web-1,shop/db-1,tcp,22,,,,,denied")
    assert calicoctl(*operands, "-o", "markdown").stdout.splitlines()[-1] == "**1 flow: 1 gained**"
    assert calicoctl("diff", "--flows", flows, "-f", cluster).exit_code == 2
