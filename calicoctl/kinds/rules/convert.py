"""Rules of profiles and policies: normal form, v1 to v3 and back.

`RULE_FIELDS` and `ENTITY_FIELDS` list all fields; their names and order are those of `schemas/rule.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from calicoctl.kinds.field_table import FieldConversion, FieldTable
from calicoctl.kinds.rules.memoize import memoized
from calicoctl.kinds.values.labels import selector_to_v3
from calicoctl.kinds.values.networks import keep_invalid, normalize_interface, normalize_network, normalize_port
from calicoctl.kinds.values.protocols import PROTOCOLS

Rule = Mapping[str, Any]

_V3_PROTOCOLS: Mapping[int | str, str] = {protocol.name: protocol.v3_name for protocol in PROTOCOLS}
_V1_PROTOCOLS = {protocol.v3_name: protocol.name for protocol in PROTOCOLS}
_ICMP_NAMES_BY_NUMBER = {protocol.number: protocol.v3_name for protocol in PROTOCOLS if protocol.icmp_version}


@keep_invalid
def _normalize_protocol(protocol: int | str) -> int | str:
    if isinstance(protocol, str):
        return int(protocol.lstrip("0") or "0") if protocol.isascii() and protocol.isdigit() else protocol
    return int(protocol)


def _protocol_to_v3(protocol: int | str) -> int | str:
    return _V3_PROTOCOLS.get(protocol, protocol)


def _protocol_from_v3(protocol: int | str) -> int | str:
    return _V1_PROTOCOLS.get(protocol, _normalize_protocol(protocol)) if isinstance(protocol, str) else protocol


def _normalize_icmp(icmp: Mapping[str, Any]) -> dict[str, int]:
    return {field: int(icmp[field]) for field in ("type", "code") if icmp.get(field) is not None}


_normalize_network = keep_invalid(normalize_network)
_normalize_interface = keep_invalid(normalize_interface)
_normalize_port = keep_invalid(normalize_port)


def _mask_networks(networks: Iterable[str]) -> list[str]:
    return [_normalize_network(network) for network in networks]


def _normalize_ports(ports: Iterable[int | str]) -> list[int | str]:
    return [_normalize_port(port) for port in ports]


def normalize_selector(selector: str) -> str:
    """Return the selector without the line break that a YAML block scalar adds; others stay as written.

    Felix rejects line breaks outside of quotes, so these are removed with the blanks around them.
    """
    trimmed = selector.strip(" \t\r\n")
    return selector if selector.strip(" \t") == trimmed else trimmed


RULE_FIELDS = FieldTable(
    FieldConversion("action", "action", to_v3=str.capitalize, from_v3=lambda action: str(action).lower()),
    FieldConversion("ipVersion", "ipVersion"),
    FieldConversion("protocol", "protocol", _normalize_protocol, _protocol_to_v3, _protocol_from_v3),
    FieldConversion("icmp", "icmp", normalize=_normalize_icmp, from_v3=_normalize_icmp),
    FieldConversion("notProtocol", "notProtocol", _normalize_protocol, _protocol_to_v3, _protocol_from_v3),
    FieldConversion("notICMP", "notICMP", normalize=_normalize_icmp, from_v3=_normalize_icmp),
)
"""Fields of a rule except source and destination."""
ENTITY_FIELDS = FieldTable(
    FieldConversion("tag", None),  # stored in `selector`
    FieldConversion("nets", "nets", to_v3=_mask_networks),
    FieldConversion("selector", "selector", normalize=normalize_selector),
    FieldConversion("ports", "ports", normalize=_normalize_ports),
    FieldConversion("notTag", None),  # stored in `notSelector`
    FieldConversion("notNets", "notNets", to_v3=_mask_networks),
    FieldConversion("notSelector", "notSelector", normalize=normalize_selector),
    FieldConversion("notPorts", "notPorts", normalize=_normalize_ports),
)
"""Fields of `source` and `destination`. Before normalization, `net` and `notNet` are added to the lists."""


def normalize_rules(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Return the normal form of v1 rules."""
    return [_normalize_rule(rule) for rule in rules]


@memoized
def _normalize_rule(rule: Rule) -> dict[str, Any]:
    return {
        **RULE_FIELDS.normalize(rule),
        # As calicoctl 1.6.5: it masks the networks of a destination and keeps those of a source.
        "source": _normalize_entity(rule.get("source") or {}, _normalize_interface),
        "destination": _normalize_entity(rule.get("destination") or {}, _normalize_network),
    }


def _normalize_entity(entity: Mapping[str, Any], normalize_net: Callable[[str], str]) -> dict[str, Any]:
    if not entity:
        return {}
    lists = {}
    for single_field, list_field in (("net", "nets"), ("notNet", "notNets")):
        texts = [*entity.get(list_field, ()), *filter(None, [entity.get(single_field)])]
        lists[list_field] = [normalize_net(text) for text in texts]
    return ENTITY_FIELDS.normalize({**entity, **lists})


def rules_to_v3(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Return v1 rules in normal form as v3 rules."""
    return [_rule_to_v3(rule) for rule in rules]


@memoized
def _rule_to_v3(rule: Rule) -> dict[str, Any]:
    v3_rule = RULE_FIELDS.to_v3(rule)
    if "icmp" in rule or "notICMP" in rule:  # Felix's validator wants the name of the protocol with ICMP types
        protocol = v3_rule.get("protocol")
        if protocol in _ICMP_NAMES_BY_NUMBER:
            v3_rule["protocol"] = _ICMP_NAMES_BY_NUMBER[protocol]
    return {
        **v3_rule,
        "source": _entity_to_v3(rule["source"]),
        "destination": _entity_to_v3(rule["destination"]),
    }


def _entity_to_v3(entity: Mapping[str, Any]) -> dict[str, Any]:
    if not entity:
        return {}
    selectors = {
        "selector": combine_selector(entity.get("selector", ""), "&&", entity.get("tag")),
        "notSelector": combine_selector(entity.get("notSelector", ""), "||", entity.get("notTag")),
    }
    return ENTITY_FIELDS.to_v3({**entity, **selectors})


def combine_selector(selector: str, operator: str, tag: str | None) -> str:
    """Return the v3 selector of a v1 selector and a tag, which is a label with an empty value in v3.

    `notTag` with `notSelector` excludes both, as in v1. Calico's upgrade converter writes `&&` there, which is a bug.
    """
    v3_selector = selector_to_v3(selector)
    if not tag:
        return v3_selector
    tag_selector = f"{tag} == ''"
    if not v3_selector:
        return tag_selector
    return f"({v3_selector if v3_selector.strip() else 'all()'}) {operator} {tag_selector}"


def rules_from_v3(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Return v3 rules as v1 rules in normal form, without criteria that v1 cannot represent (`rules.v3_only`)."""
    return [
        {
            **RULE_FIELDS.from_v3(rule),
            "source": _entity_from_v3(rule.get("source") or {}, _normalize_interface),
            "destination": _entity_from_v3(rule.get("destination") or {}, _normalize_network),
        }
        for rule in rules
    ]


def _entity_from_v3(entity: Mapping[str, Any], normalize_net: Callable[[str], str]) -> dict[str, Any]:
    v1_entity = ENTITY_FIELDS.from_v3(entity)
    for field in ("nets", "notNets"):
        if field in v1_entity:
            v1_entity[field] = [normalize_net(text) for text in v1_entity[field]]
    return v1_entity
