"""Rules of profiles and policies: their normal form, and v1 to v3 and back.

Every function takes and returns plain mappings; fields and their order are those of `schemas/rule.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from calicoctl.kinds.rules.memoize import memoized
from calicoctl.kinds.values.networks import normalize_interface, normalize_network, normalize_port
from calicoctl.kinds.values.protocols import PROTOCOLS

Rule = Mapping[str, Any]

_V3_PROTOCOLS = {protocol.name: protocol.v3_name for protocol in PROTOCOLS}
_V1_PROTOCOLS = {protocol.v3_name: protocol.name for protocol in PROTOCOLS}
_ICMP_NAMES_BY_NUMBER = {protocol.number: protocol.v3_name for protocol in PROTOCOLS if protocol.icmp_version}

_V1_NAMESPACE_LABEL = "calico/k8s_ns"
_V3_NAMESPACE_LABEL = "projectcalico.org/namespace"


def without_empty(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping without what says nothing: None, False, empty text, empty lists and mappings. 0 stays."""
    return {key: value for key, value in mapping.items() if value or (value == 0 and value is not False)}


def normalize_rules(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The normal form of a list of v1 rules."""
    return [_normalize_rule(rule) for rule in rules]


@memoized
def _normalize_rule(rule: Rule) -> dict[str, Any]:
    return {
        **without_empty(
            {
                "action": rule["action"],
                "ipVersion": rule.get("ipVersion"),
                "protocol": _normalize_protocol(rule.get("protocol")),
                "icmp": _normalize_icmp(rule.get("icmp")),
                "notProtocol": _normalize_protocol(rule.get("notProtocol")),
                "notICMP": _normalize_icmp(rule.get("notICMP")),
            }
        ),
        "source": _normalize_entity(rule.get("source", {}), normalize_interface),
        "destination": _normalize_entity(rule.get("destination", {}), normalize_network),
    }


def _normalize_protocol(protocol: int | str | None) -> int | str | None:
    if isinstance(protocol, str):
        return int(protocol.lstrip("0")) if protocol.isdigit() else protocol
    return None if protocol is None else int(protocol)


def _normalize_icmp(icmp: Mapping[str, Any] | None) -> dict[str, int]:
    return {field: int(icmp[field]) for field in ("type", "code") if field in icmp} if icmp else {}


def _normalize_entity(entity: Mapping[str, Any], normalize_net: Callable[[str], str]) -> dict[str, Any]:
    """Calico 1.6.5 masks the networks of a destination but not those of a source; `normalize_net` does either."""
    if not entity:
        return {}

    def merged_nets(single_field: str, list_field: str) -> list[str]:
        texts = [*entity.get(list_field, ()), *([entity[single_field]] if entity.get(single_field) else [])]
        return [normalize_net(net) for net in texts]

    return without_empty(
        {
            "tag": entity.get("tag"),
            "nets": merged_nets("net", "nets"),
            "selector": normalize_selector(entity.get("selector", "")),
            "ports": [normalize_port(port) for port in entity.get("ports", ())],
            "notTag": entity.get("notTag"),
            "notNets": merged_nets("notNet", "notNets"),
            "notSelector": normalize_selector(entity.get("notSelector", "")),
            "notPorts": [normalize_port(port) for port in entity.get("notPorts", ())],
        }
    )


def normalize_selector(selector: str) -> str:
    """A selector is kept as written, but for the line break that a block scalar leaves at its end.

    The agent refuses line breaks outside of quotes, so they go, and the blanks around them.
    """
    trimmed = selector.strip(" \t\r\n")
    return selector if selector.strip(" \t") == trimmed else trimmed


def rules_to_v3(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """v1 rules in normal form as v3 rules."""
    return [_rule_to_v3(rule) for rule in rules]


@memoized
def _rule_to_v3(rule: Rule) -> dict[str, Any]:
    protocol = rule.get("protocol")
    if ("icmp" in rule or "notICMP" in rule) and protocol in _ICMP_NAMES_BY_NUMBER:
        protocol = _ICMP_NAMES_BY_NUMBER[protocol]  # the agent's validator wants the name where icmp is given
    return {
        **without_empty(
            {
                "action": rule["action"].capitalize(),
                "ipVersion": rule.get("ipVersion"),
                "protocol": _V3_PROTOCOLS.get(protocol, protocol) if protocol else None,
                "icmp": rule.get("icmp"),
                "notProtocol": _V3_PROTOCOLS.get(rule.get("notProtocol", ""), rule.get("notProtocol")),
                "notICMP": rule.get("notICMP"),
            }
        ),
        "source": _entity_to_v3(rule["source"]),
        "destination": _entity_to_v3(rule["destination"]),
    }


def _entity_to_v3(entity: Mapping[str, Any]) -> dict[str, Any]:
    if not entity:
        return {}
    return without_empty(
        {
            "nets": [normalize_network(net) for net in entity.get("nets", ())],
            "selector": combine_selector(entity.get("selector", ""), "&&", entity.get("tag")),
            "ports": entity.get("ports"),
            "notNets": [normalize_network(net) for net in entity.get("notNets", ())],
            "notSelector": combine_selector(entity.get("notSelector", ""), "||", entity.get("notTag")),
            "notPorts": entity.get("notPorts"),
        }
    )


def combine_selector(selector: str, operator: str, tag: str | None) -> str:
    """The v3 form of a selector together with a tag, which is a label with an empty value in v3.

    `notTag` with `notSelector` means neither of them, as in v1; the official converter writes `&&` by mistake.
    """
    v3_selector = selector_to_v3(selector)
    if not tag:
        return v3_selector
    tag_selector = f"{tag} == ''"
    return (
        f"({v3_selector if v3_selector.strip() else 'all()'}) {operator} {tag_selector}"
        if v3_selector
        else tag_selector
    )


def selector_to_v3(selector: str) -> str:
    """The selector with the namespace label under its v3 name, wherever the text occurs, as the converters do."""
    return selector.replace(_V1_NAMESPACE_LABEL, _V3_NAMESPACE_LABEL)


def rules_from_v3(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """v3 rules as v1 rules in normal form. What v1 can't say is left out: see `kinds.v3only`."""
    return [_rule_from_v3(rule) for rule in rules]


def _rule_from_v3(rule: Rule) -> dict[str, Any]:
    return {
        **without_empty(
            {
                "action": str(rule.get("action", "")).lower(),
                "ipVersion": rule.get("ipVersion"),
                "protocol": _protocol_from_v3(rule.get("protocol")),
                "icmp": _normalize_icmp(rule.get("icmp")),
                "notProtocol": _protocol_from_v3(rule.get("notProtocol")),
                "notICMP": _normalize_icmp(rule.get("notICMP")),
            }
        ),
        "source": _entity_from_v3(rule.get("source") or {}),
        "destination": _entity_from_v3(rule.get("destination") or {}),
    }


def _protocol_from_v3(protocol: int | str | None) -> int | str | None:
    return _V1_PROTOCOLS.get(protocol, protocol) if isinstance(protocol, str) else protocol


_SHARED_FIELDS = ("nets", "selector", "ports", "notNets", "notSelector", "notPorts")
"""Fields of an entity that v1 and v3 share."""


def _entity_from_v3(entity: Mapping[str, Any]) -> dict[str, Any]:
    return {field: entity[field] for field in _SHARED_FIELDS if entity.get(field)}
