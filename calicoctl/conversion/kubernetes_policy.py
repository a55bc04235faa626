"""Kubernetes network policies as Calico's network policies of the same effect.

As libcalico-go `backend/k8s/conversion/conversion.go` (3.32, `K8sNetworkPolicyToCalico`): order 1000 in the tier
`default`, one rule for each pair of a peer and a protocol. Missing `policyTypes` get the default of Kubernetes:
ingress, and egress if the policy has egress rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from calicoctl.kinds.policy import DEFAULT_TIER
from calicoctl.kinds.rules import DIRECTIONS
from calicoctl.kinds.values.labels import KUBERNETES, ORCHESTRATOR_LABEL

_ORDER: Final = 1000
_ORCHESTRATOR: Final = f"{ORCHESTRATOR_LABEL} == '{KUBERNETES}'"
_EXPRESSIONS: Final = {
    "In": "{key} in {{{values}}}",
    "NotIn": "{key} not in {{{values}}}",
    "Exists": "has({key})",
    "DoesNotExist": "!has({key})",
}
_SIDES: Final = {"ingress": ("from", "source"), "egress": ("to", "destination")}


def calico_spec(spec: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Return the spec of the Calico policy, and for each direction the indexes of the rules that its rules come from.

    Args:
        spec: valid spec of a Kubernetes network policy.
    """
    types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    result: dict[str, Any] = {
        "tier": DEFAULT_TIER,
        "order": _ORDER,
        "selector": _pod_selector(spec.get("podSelector")),
        "types": list(types),
    }
    indexes: dict[str, list[int]] = {}
    for direction in DIRECTIONS:
        pairs = [
            (index, rule)
            for index, own_rule in enumerate(spec.get(direction) or ())
            for rule in _rules(own_rule, *_SIDES[direction])
        ]
        result[direction] = [rule for _, rule in pairs]
        indexes[direction] = [index for index, _ in pairs]
    return result, indexes


def _rules(rule: Mapping[str, Any], peer_field: str, side: str) -> Iterator[dict[str, Any]]:
    peers = [_entity(peer) for peer in rule.get(peer_field) or ()] or [{}]
    for protocol, ports in sorted(_ports_by_protocol(rule.get("ports") or ()).items()):
        for peer in peers:
            entities = {side: dict(peer)} if peer else {}
            if ports:
                entities["destination"] = {**entities.get("destination", {}), "ports": ports}
            yield {"action": "Allow", **({"protocol": protocol} if protocol else {}), **entities}


def _ports_by_protocol(ports: Any) -> dict[str, list[int | str]]:
    """Return the ports of each protocol; an empty list matches all. The protocol is empty if no port is listed."""
    result: dict[str, list[int | str]] = {}
    unlimited: set[str] = set()
    for port in ports:
        protocol = port.get("protocol") or "TCP"
        number = port.get("port")
        if number is None:
            unlimited.add(protocol)
        else:
            end = port.get("endPort")
            result.setdefault(protocol, []).append(number if end is None else f"{number}:{end}")
    return {**result, **{protocol: [] for protocol in unlimited}} or {"": []}


def _entity(peer: Mapping[str, Any]) -> dict[str, Any]:
    if block := peer.get("ipBlock"):
        excluded = block.get("except")
        return {"nets": [block["cidr"]], **({"notNets": list(excluded)} if excluded else {})}
    entity = {"selector": _pod_selector(peer.get("podSelector"))}
    namespaces = peer.get("namespaceSelector")
    if namespaces is not None:
        entity["namespaceSelector"] = " && ".join(_conditions(namespaces)) or "all()"
    return entity


def _pod_selector(selector: Mapping[str, Any] | None) -> str:
    return " && ".join([_ORCHESTRATOR, *_conditions(selector or {})])


def _conditions(selector: Mapping[str, Any]) -> Iterator[str]:
    for key, text in sorted((selector.get("matchLabels") or {}).items()):
        yield f"{key} == '{text}'"
    for expression in selector.get("matchExpressions") or ():
        values = ", ".join(f"'{value}'" for value in expression.get("values") or ())
        yield _EXPRESSIONS[expression["operator"]].format(key=expression["key"], values=values)
