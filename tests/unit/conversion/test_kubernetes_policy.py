"""Network policies of Kubernetes become the rules that Calico makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from calicoctl.conversion.kubernetes_policy import calico_spec

POD = "projectcalico.org/orchestrator == 'k8s'"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, [{"action": "Allow"}]),
        (
            {"ports": [{"port": 80}, {"port": "http"}, {"port": 5000, "endPort": 5010}]},
            [{"action": "Allow", "protocol": "TCP", "destination": {"ports": [80, "http", "5000:5010"]}}],
        ),
        ({"ports": [{"port": 80}, {"protocol": "TCP"}]}, [{"action": "Allow", "protocol": "TCP"}]),
        (
            {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}], "from": [{"podSelector": {}}]},
            [
                {
                    "action": "Allow",
                    "protocol": protocol,
                    "source": {"selector": POD},
                    "destination": {"ports": [53]},
                }
                for protocol in ("TCP", "UDP")
            ],
        ),
        (
            {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]},
            [{"action": "Allow", "source": {"nets": ["10.0.0.0/8"], "notNets": ["10.1.0.0/16"]}}],
        ),
        (
            {"from": [{"namespaceSelector": {}}]},
            [{"action": "Allow", "source": {"selector": POD, "namespaceSelector": "all()"}}],
        ),
    ],
)
def test_ingress_rules(rule: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    spec, indexes = calico_spec({"podSelector": {}, "ingress": [rule]})
    assert spec["ingress"] == expected
    assert indexes["ingress"] == [0] * len(expected)


def test_egress_rules_and_the_policy() -> None:
    expressions = [
        {"key": "b", "operator": "NotIn", "values": ["x", "y"]},
        {"key": "c", "operator": "Exists"},
        {"key": "d", "operator": "DoesNotExist"},
        {"key": "e", "operator": "In", "values": ["z"]},
    ]
    selector = {"matchLabels": {"a": "1"}, "matchExpressions": expressions}
    peer = {"podSelector": {"matchLabels": {"a": "2"}}, "namespaceSelector": {"matchLabels": {"a": "3"}}}
    spec, indexes = calico_spec({"podSelector": selector, "egress": [{}, {"to": [peer], "ports": [{"port": 1}]}]})
    assert spec == {
        "tier": "default",
        "order": 1000,
        "selector": f"{POD} && a == '1' && b not in {{'x', 'y'}} && has(c) && !has(d) && e in {{'z'}}",
        "types": ["Ingress", "Egress"],
        "ingress": [],
        "egress": [
            {"action": "Allow"},
            {
                "action": "Allow",
                "protocol": "TCP",
                "destination": {
                    "selector": f"{POD} && a == '2'",
                    "namespaceSelector": "a == '3'",
                    "ports": [1],
                },
            },
        ],
    }
    assert indexes == {"ingress": [], "egress": [0, 1]}
    assert calico_spec({"podSelector": {}, "policyTypes": ["Egress"]})[0]["types"] == ["Egress"]
