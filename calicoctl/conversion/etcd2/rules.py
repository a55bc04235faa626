"""Rules in etcd v2 to rules of v1 manifests."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from calicoctl.conversion.etcd2.fields import check_fields, read_list, read_mapping, rename

_ACTIONS = {"": "allow", "next-tier": "pass"}
"""Actions with another name in v1 manifests."""
_FIELDS = {"ip_version": "ipVersion", "protocol": "protocol", "!protocol": "notProtocol"}
_SIDES = {"src_": "source", "dst_": "destination"}
_CRITERIA = ("tag", "net", "nets", "selector", "ports")
_ICMP = {"icmp": ("icmp_type", "icmp_code"), "notICMP": ("!icmp_type", "!icmp_code")}
_WITHOUT_EFFECT = ("log_prefix",)


def _side_fields(prefix: str) -> dict[str, str]:
    fields = {f"{prefix}{name}": name for name in _CRITERIA}
    return fields | {f"!{field}": f"not{name.capitalize()}" for field, name in fields.items()}


_SIDE_FIELDS = {side: _side_fields(prefix) for prefix, side in _SIDES.items()}
_SUPPORTED = frozenset(
    chain(("action", *_FIELDS, *_WITHOUT_EFFECT), *_SIDE_FIELDS.values(), *_ICMP.values()),
)


def read_rules(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields `ingress` and `egress` of a spec.

    Raises:
        UnsupportedValueError: a rule has no v1 form.
    """
    directions = {"ingress": "inbound_rules", "egress": "outbound_rules"}
    rules = {name: [_read_rule(rule) for rule in read_list(value.get(field))] for name, field in directions.items()}
    return {name: listed for name, listed in rules.items() if listed}


def _read_rule(value: Any) -> dict[str, Any]:
    stored = read_mapping(value)
    check_fields(stored, _SUPPORTED)
    action = stored.get("action") or ""
    rule: dict[str, Any] = {"action": _ACTIONS.get(action, action), **rename(stored, _FIELDS)}
    for name, (type_field, code_field) in _ICMP.items():
        fields = {"type": stored.get(type_field), "code": stored.get(code_field)}
        icmp = {field: number for field, number in fields.items() if number is not None}
        rule.update({name: icmp} if icmp else {})
    for side, names in _SIDE_FIELDS.items():
        criteria = rename(stored, names)
        rule.update({side: criteria} if criteria else {})
    return rule
