"""v1 rules to v3 rules and back, field by field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from calicoctl.kinds.rules.convert import normalize_rules, rules_from_v3, rules_to_v3

# a v1 rule, its v3 form, and what comes back without a record; `source` and `destination` are empty where left out
RULES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]] = [
    ({"action": "allow"}, {"action": "Allow"}, None),
    ({"action": "pass"}, {"action": "Pass"}, None),
    ({"ipVersion": 6}, {"ipVersion": 6}, None),
    ({"protocol": "tcp"}, {"protocol": "TCP"}, None),
    ({"protocol": "icmpv6"}, {"protocol": "ICMPv6"}, None),
    ({"protocol": "udplite"}, {"protocol": "UDPLite"}, None),
    ({"protocol": 6}, {"protocol": 6}, None),
    ({"notProtocol": "sctp"}, {"notProtocol": "SCTP"}, None),
    ({"notProtocol": 1}, {"notProtocol": 1}, None),
    # the agent wants the name where icmp is given
    (
        {"protocol": 1, "icmp": {"type": 0, "code": 0}},
        {"protocol": "ICMP", "icmp": {"type": 0, "code": 0}},
        {"protocol": "icmp", "icmp": {"type": 0, "code": 0}},
    ),
    (
        {"protocol": 58, "notICMP": {"type": 8}},
        {"protocol": "ICMPv6", "notICMP": {"type": 8}},
        {"protocol": "icmpv6", "notICMP": {"type": 8}},
    ),
    (
        {"source": {"nets": ["10.1.2.3/8"]}},
        {"source": {"nets": ["10.0.0.0/8"]}},
        {"source": {"nets": ["10.0.0.0/8"]}},
    ),
    (
        {"protocol": "tcp", "destination": {"ports": [80, "81:82"], "notPorts": [81]}},
        {"protocol": "TCP", "destination": {"ports": [80, "81:82"], "notPorts": [81]}},
        None,
    ),
    ({"source": {"tag": "a"}}, {"source": {"selector": "a == ''"}}, {"source": {"selector": "a == ''"}}),
    (
        {"source": {"tag": "a", "selector": "has(b) || has(c)"}},
        {"source": {"selector": "(has(b) || has(c)) && a == ''"}},
        {"source": {"selector": "(has(b) || has(c)) && a == ''"}},
    ),
    (
        {"source": {"notTag": "a", "notSelector": "has(b)"}},
        {"source": {"notSelector": "(has(b)) || a == ''"}},
        {"source": {"notSelector": "(has(b)) || a == ''"}},
    ),
    (
        {"source": {"tag": "a", "selector": " "}},
        {"source": {"selector": "(all()) && a == ''"}},
        {"source": {"selector": "(all()) && a == ''"}},
    ),
    (
        {"destination": {"selector": "calico/k8s_ns == 'a'"}},
        {"destination": {"selector": "projectcalico.org/namespace == 'a'"}},
        {"destination": {"selector": "projectcalico.org/namespace == 'a'"}},
    ),
]


@pytest.mark.parametrize(("v1", "v3", "back"), RULES, ids=[json.dumps(row[0])[:60] for row in RULES])
def test_rules(v1: dict[str, Any], v3: dict[str, Any], back: dict[str, Any] | None) -> None:
    sides: dict[str, Any] = {"source": {}, "destination": {}}
    normal = {"action": "allow", **sides, **v1}
    assert normalize_rules([normal]) == [normal]
    assert rules_to_v3([normal]) == [{"action": "Allow", **sides, **v3}]
    assert rules_from_v3([{"action": "Allow", **v3}]) == [{"action": "allow", **sides, **(back or v1)}]
