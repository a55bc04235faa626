"""Network policies of Kubernetes: what the Kubernetes API refuses is refused at its field, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from calicoctl.errors import InvalidManifest
from calicoctl.operations.load.manifests import LoadOptions, load_resources

OPTIONS = LoadOptions(positions=True, v3_objects=True)
POD: Any = {"podSelector": {}}


def problems(path: Path, spec: Any, namespace: str = "shop") -> list[str]:
    """Return the problems of a policy, without position and name."""
    metadata = {"name": "web", "namespace": namespace}
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata}
    path.write_text(json.dumps(policy if spec is None else {**policy, "spec": spec}), encoding="utf-8")
    try:
        load_resources((str(path),), recursive=False, options=OPTIONS)
    except InvalidManifest as error:
        lines = [str(problem) for problem in error.problems]
        assert all(line.startswith(f"{path}:1:") for line in lines), "each problem has a position"
        return [line.partition("NetworkPolicy/web: ")[2] for line in lines]
    return []


def ports(*items: Any) -> Any:
    return {"ingress": [{}, {"ports": [*items]}]}


def peers(*items: Any) -> Any:
    return {"egress": [{"to": [POD, *items]}]}


def block(cidr: str, *excluded: str) -> Any:
    return peers({"ipBlock": {"cidr": cidr, "except": [*excluded]}})


def expression(operator: str, *values: str, key: str = "app") -> Any:
    return {"podSelector": {"matchExpressions": [{"key": key, "operator": operator, "values": [*values]}]}}


PORT, PEER = "spec.ingress[1].ports[0]", "spec.egress[0].to[1]"
EXPRESSION = "spec.podSelector.matchExpressions[0]"


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (ports({"endPort": 9}), f"{PORT}.endPort: needs port, the first port of the range (write both)"),
        (ports({"port": "web", "endPort": 9}), f"{PORT}.endPort: needs a number in port, not a name"),
        (ports({"port": 9, "endPort": 8}), f"{PORT}.endPort: 8 is less than port 9 (write the last port"),
        (ports({"port": 9, "endPort": 65536}), f"{PORT}.endPort: "),
        (ports({"port": 0}), f"{PORT}.port: "),
        (ports({"port": "80"}), f"{PORT}.port: '80' is not the name of a port (write a number without quotes)"),
        *[
            (ports({"port": name}), f"{PORT}.port: {name!r} is not the name of a port (write at most 15 lower-case")
            for name in ("", "Web", "a--b", "-web", "web-", "1-2", "sixteen-letters-", "a" * 16, "web_1")
        ],
        (ports({"protocol": "ICMP"}), f"{PORT}.protocol: "),
        (ports({"protocol": "tcp", "port": 1}), f"{PORT}.protocol: "),
        (peers({}), f"{PEER}: has no peer (write podSelector, namespaceSelector or ipBlock, or remove the item)"),
        (peers({"podSelector": None}), f"{PEER}: has no peer"),
        (
            peers({**POD, "ipBlock": {"cidr": "10.0.0.0/8"}}),
            f"{PEER}.ipBlock: cannot be combined with podSelector (write two items)",
        ),
        (
            peers({**POD, "namespaceSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}),
            f"{PEER}.ipBlock: cannot be combined with podSelector and namespaceSelector",
        ),
        (peers({"ipBlock": {}}), f"{PEER}.ipBlock: "),
        (block(""), f"{PEER}.ipBlock.cidr: "),
        (block("10.0.0.1"), f"{PEER}.ipBlock.cidr: 10.0.0.1 has no prefix length (write 10.0.0.1/32 for one address)"),
        (block("fd00::1"), f"{PEER}.ipBlock.cidr: fd00::1 has no prefix length (write fd00::1/128 for one"),
        (block("10.0.0.0/8", "10.0.0.1"), f"{PEER}.ipBlock.except[0]: 10.0.0.1 has no prefix length"),
        *[
            (
                block("10.0.0.0/8", "10.1.0.0/16", part),
                f"{PEER}.ipBlock.except[1]: {part} is not a smaller network in cidr 10.0.0.0/8 (write a part of it)",
            )
            for part in ("10.0.0.0/8", "0.0.0.0/0", "11.0.0.0/16", "fd00::/64")
        ],
        (expression("In"), f"{EXPRESSION}.values: In needs values (write one or more)"),
        (expression("NotIn"), f"{EXPRESSION}.values: NotIn needs values"),
        (expression("Exists", "a"), f"{EXPRESSION}.values: Exists has no values (remove them, or write In or NotIn)"),
        (expression("DoesNotExist", ""), f"{EXPRESSION}.values: DoesNotExist has no values"),
        (expression("Equals", "a"), f"{EXPRESSION}.operator: "),
        (expression("In", "a", "b c"), f"{EXPRESSION}.values[1]: 'b c' is not a label value"),
        (expression("In", "a/b"), f"{EXPRESSION}.values[0]: 'a/b' is not a label value"),
        (expression("In", "a", key=""), f"{EXPRESSION}.key: '' is not a label key"),
        (expression("Exists", key="/a"), f"{EXPRESSION}.key: '/a' is not a label key"),
        (expression("Exists", key="a" * 64), f"{EXPRESSION}.key: 'a"),
        (
            {"podSelector": {"matchLabels": {"a b": "c"}}},
            "spec.podSelector.matchLabels['a b']: 'a b' is not a label key",
        ),
        ({"podSelector": {"matchLabels": {"a": "'"}}}, "spec.podSelector.matchLabels.a: "),
        (
            peers({"namespaceSelector": {"matchLabels": {"a": "-"}}}),
            f"{PEER}.namespaceSelector.matchLabels.a: '-' is not",
        ),
        ({"policyTypes": ["Ingress", "Egress", "Ingress"]}, "spec.policyTypes: has 3 items (write each of Ingress"),
        ({"policyTypes": ["ingress"]}, "spec.policyTypes[0]: "),
    ],
)
def test_what_kubernetes_refuses_is_refused_at_its_field(tmp_path: Path, spec: Any, problem: str) -> None:
    (found,) = problems(tmp_path / "policy.json", spec)
    assert found.startswith(problem), found


@pytest.mark.parametrize("namespace", ["a.b", "A", "-", "a" * 64])
def test_an_invalid_namespace_is_refused(tmp_path: Path, namespace: str) -> None:
    (found,) = problems(tmp_path / "policy.json", {}, namespace)
    assert found.startswith("metadata.namespace: "), found


@pytest.mark.parametrize(
    "spec",
    [
        None,
        {},
        ports({}),
        ports({"port": 1, "endPort": 1}, {"port": "web-1", "protocol": "SCTP"}, {"port": "a" * 15}, {"port": None}),
        {"ingress": [], "egress": None, "policyTypes": ["Egress", "Egress"]},
        peers(
            {"namespaceSelector": {}}, {**POD, "namespaceSelector": {"matchLabels": {"a.b/c_d": "", "x": "A.b-C_1"}}}
        ),
        block("10.0.0.1/8", "10.0.0.5/9"),
        block("10.0.0.1/32"),
        block("fd00::/8", "fd00::/9"),
        expression("In", "", "a"),
        expression("Exists"),
        expression("NotIn", "a" * 63, key=f"{'a' * 63}.example/{'b' * 63}"),
    ],
)
def test_what_kubernetes_accepts_is_accepted(tmp_path: Path, spec: Any) -> None:
    assert problems(tmp_path / "policy.json", spec) == []
