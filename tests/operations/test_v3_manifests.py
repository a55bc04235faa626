"""v3 manifests as input of the analysis: positions, messages, tiers, and how they replace stored objects."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
import yaml

from calicoctl.analysis import PolicySet, build_policy_set
from calicoctl.errors import InvalidManifest
from calicoctl.operations.load.manifests import LoadOptions, load_resources
from calicoctl.operations.policy_sets.sources import sources_from_manifests
from tests.support.etcd_server import Etcd
from tests.support.runner import Calicoctl
from tests.support.stored_objects import object_key, policy_key, put_object
from tests.support.wrong_types import paths_of, with_value

OPTIONS = LoadOptions(positions=True, v3_objects=True)
SHOP = """\
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: security}
spec: {order: 100, defaultAction: Pass}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: security.threats}
spec:
  tier: security
  types: [Ingress]
  ingress:
  - action: Deny
    source: {selector: threat == 'yes'}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: threats, labels: {threat: "yes"}}
spec: {nets: [198.51.100.0/24]}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: app == 'web'
  ingress:
  - action: Allow
    protocol: TCP
    destination: {ports: [http]}
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: node1-k8s-web-eth0, namespace: shop, labels: {app: web}}
spec:
  node: node1
  orchestrator: k8s
  pod: web
  endpoint: eth0
  interfaceName: cali1
  ipNetworks: [10.0.0.1/32]
  ports: [{name: http, protocol: TCP, port: 8080}]
"""


def read(path: Path) -> PolicySet:
    found = sources_from_manifests(load_resources((str(path),), recursive=False, options=OPTIONS).resources)
    return build_policy_set(found.sources, found.notes)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP)
    return path


def test_trace_shows_the_lines_of_v3_manifests(calicoctl: Calicoctl, shop: Path) -> None:
    trace = ("trace", "-f", str(shop), "--protocol", "tcp", "--port", "8080", "--to", "10.0.0.1", "--from")
    allowed, denied = calicoctl(*trace, "192.0.2.1"), calicoctl(*trace, "198.51.100.1")
    assert (allowed.exit_code, denied.exit_code) == (0, 1)
    assert f"allowed by NetworkPolicy/shop/web ingress[0] ({shop}:27)" in allowed.stdout
    assert f"denied by policy/security.threats ingress[0] ({shop}:13)" in denied.stdout
    other = calicoctl(*(word if word != "8080" else "80" for word in trace), "192.0.2.1")
    assert "destination.ports is http (8080), the packet has 80" in other.stdout


def test_flows_are_decided_by_named_ports_and_network_sets(calicoctl: Calicoctl, shop: Path) -> None:
    flows = shop.with_name("flows.csv")
    rows = ("192.0.2.1,10.0.0.1,tcp,8080", "192.0.2.1,10.0.0.1,tcp,80", "198.51.100.1,10.0.0.1,tcp,8080")
    flows.write_text("\n".join(("from,to,protocol,port", *rows)))
    result = calicoctl("trace", "-f", str(shop), "--flows", str(flows))
    assert [line.split(": ")[1].split()[0] for line in result.stdout.splitlines()[1:4]] == [
        "allowed",
        "denied",
        "denied",
    ]


def test_lint_reports_no_contradiction_for_named_ports(calicoctl: Calicoctl, shop: Path) -> None:
    shop.write_text(SHOP.replace("[http]", "[http, dns]").replace("app == 'web'", "app == 'webb'"))
    result = calicoctl("lint", "-f", str(shop), "-o", "json", "--fail-on", "never")
    findings = [(one["code"], one["line"], one["column"]) for one in json.loads(result.stdout)]
    assert findings == [("CAL003", 6, 1), ("CAL008", 25, 13), ("CAL011", 31, 1)]


def test_a_deleted_network_set_is_a_semantic_change(calicoctl: Calicoctl, shop: Path, tmp_path: Path) -> None:
    after = tmp_path / "after.yaml"
    after.write_text(SHOP.replace("198.51.100.0/24", "198.51.100.0/25"))
    assert calicoctl("diff", "--semantic", str(shop), str(shop)).exit_code == 0
    result = calicoctl("diff", "--semantic", str(shop), str(after), "-o", "json")
    (change,) = json.loads(result.stdout)["gained"]
    (part,) = change["parts"]
    assert (part["from"], part["services"]) == (["outside in 198.51.100.0/24 but not in 198.51.100.0/25"], ["tcp 8080"])


def test_policy_tests_read_v3_manifests(calicoctl: Calicoctl, shop: Path, tmp_path: Path) -> None:
    case = {"name": "http", "from": {"cidr": "192.0.2.0/24"}, "to": {"cidr": "10.0.0.1/32"}}
    allowed = {**case, "protocol": "tcp", "ports": [8080], "expect": "allow"}
    spec = {"manifests": ["shop.yaml"], "typesDefault": "both", "cases": [allowed]}
    test = {"apiVersion": "v1", "kind": "policyTest", "metadata": {"name": "shop"}, "spec": spec}
    (tmp_path / "test.json").write_text(json.dumps(test))
    result = calicoctl("test", str(tmp_path / "test.json"))
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_v3_manifest_replaces_the_stored_object(calicoctl: Calicoctl, shop: Path, store: Etcd) -> None:
    """In all layouts: names with the tier are those of Calico 3.31 and earlier."""
    put_object(store, object_key("tiers", "security"), {"order": 9, "defaultAction": "Deny"})
    put_object(store, object_key("networkpolicies", "shop/default.web"), {"order": 1, "types": ["Ingress"]})
    put_object(store, policy_key("security.threats"), {"tier": "security", "selector": "all()", "types": ["Ingress"]})
    trace = ("trace", "--protocol", "tcp", "--port", "8080", "--to", "10.0.0.1", "--from", "192.0.2.1")
    result = calicoctl(*trace, "-f", str(shop), "--with-datastore")
    assert result.exit_code == 0, result.stdout
    assert "2 policies, 0 profiles, 1 endpoint" in result.stdout


def test_a_missing_tier_and_staged_policies_are_reported(tmp_path: Path) -> None:
    manifest = tmp_path / "lost.yaml"
    rows = [("GlobalNetworkPolicy", "lost.p", {"tier": "lost"}), ("StagedGlobalNetworkPolicy", "s", {})]
    manifest.write_text(
        yaml.safe_dump_all(
            {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": {"name": name}, "spec": spec}
            for kind, name, spec in rows
        )
    )
    assert read(manifest).notes == (
        "1 of the kind StagedGlobalNetworkPolicy, such as StagedGlobalNetworkPolicy/s: omitted, "
        "as the agent does not enforce them",
        "tier 'lost' does not exist: the agent tries its policies after those of all other tiers",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("selector: app == 'web'", "selectr: app", "25:3: NetworkPolicy/web: spec.selectr: unknown field 'selectr'"),
        ("order: 100", "order: first", "4:15: Tier/security: spec.order: "),
        ("Pass", "Allow", "4:35: Tier/security: spec.defaultAction: "),
        ("198.51.100.0/24", "198.51.100", "19:15: GlobalNetworkSet/threats: spec.nets[0]: "),
        ("port: 8080", "port: http", "41:45: WorkloadEndpoint/node1-k8s-web-eth0: spec.ports[0].port: "),
        ("app == 'web'", "app = 'web'", "25:17: NetworkPolicy/web: spec.selector: expected '=='"),
        (
            "ports: [http]",
            "ports: ['80:']",
            "29:27: NetworkPolicy/web: spec.ingress[0].destination.ports[0]: '80:' is not",
        ),
        (
            "protocol: TCP",
            "protocol: ICMP",
            "29:27: NetworkPolicy/web: spec.ingress[0].destination.ports[0]: ports req",
        ),
        (
            "{ports:",
            "{namespaceSelector: '(', ports:",
            "29:38: NetworkPolicy/web: spec.ingress[0].destination.namespaceS",
        ),
        ("kind: Tier", "kind: Teir", "2:7: Teir/security: kind: unknown kind 'Teir' (did you mean 'Tier'?)"),
    ],
)
def test_messages_have_position_and_path(shop: Path, old: str, new: str, message: str) -> None:
    shop.write_text(SHOP.replace(old, new, 1))
    with pytest.raises(InvalidManifest) as error:
        read(shop)
    assert str(error.value.problems[0]).startswith(f"{shop}:{message}")


def test_criteria_that_are_not_evaluated_are_reported(shop: Path) -> None:
    http = "    http: {methods: [GET]}\n    source: {services: {name: a, namespace: b}}\n"
    shop.write_text(SHOP.replace("    destination: {ports: [http]}\n", http))
    assert read(shop).notes == (
        "NetworkPolicy/shop/web: ingress[0] requires source.services, which only Kubernetes supports: matches nothing",
    )
    shop.write_text(SHOP.replace("    destination: {ports: [http]}\n", http.partition("    source")[0]))
    assert read(shop).notes == ("NetworkPolicy/shop/web: ingress[0] also matches by http: evaluated without that",)


def test_policies_of_kubernetes_are_evaluated(calicoctl: Calicoctl, shop: Path, store: Etcd) -> None:
    """In the datastore, Calico's controllers keep a copy of them with another name."""
    put_object(store, object_key("networkpolicies", "shop/knp.default.web"), {"order": 1, "types": ["Ingress"]})
    ports: list[Any] = [{"port": "http"}]
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"ingress": [{"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}], "ports": ports}]},
    }
    *_, endpoint = yaml.safe_load_all(SHOP)
    endpoint["metadata"]["labels"]["projectcalico.org/orchestrator"] = "k8s"
    manifest = shop.with_name("kubernetes.yaml")
    manifest.write_text(yaml.safe_dump_all([endpoint, policy]))
    trace = ("trace", "-f", str(manifest), "--to", "10.0.0.1", "--protocol", "tcp", "--port", "8080", "--from")
    allowed = calicoctl(*trace, "192.0.2.1", "--with-datastore")
    assert allowed.exit_code == 0
    assert f"allowed by KubernetesNetworkPolicy/shop/web ingress[0] ({manifest}:" in allowed.stdout
    assert calicoctl(*trace, "198.51.100.1").exit_code == 1
    ports[0] = {"protocol": "HTTP"}
    manifest.write_text(yaml.safe_dump(policy))
    result = calicoctl(*trace, "192.0.2.1")
    assert result.exit_code == 3
    assert f"{manifest}:12:17: NetworkPolicy/web: spec.ingress[0].ports[0].protocol: " in result.stderr


def test_write_commands_name_the_commands_that_read_v3_manifests(calicoctl: Calicoctl, tmp_path: Path) -> None:
    """`convert` is no remedy for a kind that v1 does not have, and it has the same remedy."""
    readers = "trace, connectivity, test, lint and diff --semantic read"
    remedies = {
        ("projectcalico.org/v3", "Tier"): f"a kind that v1 does not have ({readers} it)",
        ("projectcalico.org/v3", "NetworkPolicy"): f"a kind that v1 does not have ({readers} it)",
        ("projectcalico.org/v3", "NetworkSet"): f"a kind that v1 does not have ({readers} it)",
        ("projectcalico.org/v3", "StagedNetworkPolicy"): f"a kind that v1 does not have ({readers} it)",
        ("projectcalico.org/v3", "FelixConfiguration"): "a kind that v1 does not have (use calicoctl of Calico 3)",
        ("projectcalico.org/v3", "Profile"): "is a Calico v3 manifest (convert it: calicoctl convert -f ",
        ("networking.k8s.io/v1", "NetworkPolicy"): f"is a network policy of Kubernetes ({readers} it)",
        ("networking.k8s.io/v1", "Ingress"): "'networking.k8s.io/v1' is not Calico v1 (this tool takes apiVersion: v1)",
    }
    path = tmp_path / "one.json"
    for (version, kind), remedy in remedies.items():
        path.write_text(json.dumps({"apiVersion": version, "kind": kind, "metadata": {"name": "web"}, "spec": {}}))
        for command in ("apply", "validate", "plan"):
            result = calicoctl(command, "-f", str(path))
            assert result.exit_code == 3
            assert remedy in result.stderr + result.stdout, (command, kind)
        if readers in remedy:
            assert f"{readers} " in calicoctl("convert", "-f", str(path), "--to", "v1").stderr, kind


def test_an_implied_namespace_is_named(calicoctl: Calicoctl, shop: Path) -> None:
    """A selector of a v3 policy that endpoints of other namespaces match, and a namespace without endpoints."""
    messages = {
        "dev": "spec.selector: selects no endpoint: none is in namespace 'dev' [CAL008]",
        "shopp": "spec.selector: selects no endpoint: none is in namespace 'shopp' (did you mean 'shop'?) [CAL008]",
    }
    for namespace, message in messages.items():
        shop.write_text(SHOP.replace("{name: web, namespace: shop}", f"{{name: web, namespace: {namespace}}}"))
        assert message in calicoctl("lint", "-f", str(shop)).stdout, namespace
    other = (
        SHOP[SHOP.rindex("apiVersion") :]
        .replace("shop", "dev")
        .replace("k8s-web-", "k8s-db-")
        .replace("pod: web", "pod: db")
    )
    shop.write_text(f"{SHOP.replace('app: web', 'app: db')}---\n{other}")
    message = """none in namespace 'shop' matches app == "web" [CAL008]"""
    assert message in calicoctl("lint", "-f", str(shop)).stdout


def test_no_value_of_a_wrong_type_is_an_internal_error(tmp_path: Path) -> None:
    documents: list[Any] = list(yaml.safe_load_all(SHOP))
    manifest = tmp_path / "wrong.json"
    for number, document in enumerate(documents):
        for path in paths_of(document):
            for value in (None, 1, "x", [], {}, [None], {"x": 1}, True):
                items = [*documents[:number], with_value(document, path, value), *documents[number + 1 :]]
                manifest.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
                with suppress(InvalidManifest):
                    read(manifest)


OTHER_KINDS = [
    {"apiVersion": "projectcalico.org/v3", "kind": "IPPool", "metadata": {"name": "a"}, "spec": {"cidr": "10.0.0.0/8"}},
    {"apiVersion": "projectcalico.org/v3", "kind": "Node", "metadata": {"name": "a"}, "spec": {"bgp": {"asNumber": 1}}},
    {"apiVersion": "projectcalico.org/v3", "kind": "Profile", "metadata": {"name": "a"}, "spec": {"labelsToApply": {}}},
]


def test_no_field_in_another_case_or_missing_is_an_internal_error(tmp_path: Path) -> None:
    manifest = tmp_path / "wrong.json"
    for document in (*yaml.safe_load_all(SHOP), *OTHER_KINDS):
        for *path, name in paths_of(document):
            if not isinstance(name, str):
                continue
            parent = reduce(getitem, path, document)
            rest = {other: value for other, value in parent.items() if other != name}
            for changed in (rest, {**rest, name.upper(): parent[name]}):
                manifest.write_text(json.dumps(with_value(document, tuple(path), changed)))
                with suppress(InvalidManifest):
                    read(manifest)
