"""Validation of rules beyond the JSON Schema: match criteria that depend on each other.

These are the checks of calicoctl 1.6.5 and those of Felix's validator. Felix silently drops the labels of a profile
that it rejects, so such a profile must not be stored. Each check skips values that the schema rejects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.rules import DIRECTIONS, SIDES
from calicoctl.kinds.rules.memoize import memoized
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.networks import parse_network
from calicoctl.kinds.values.protocols import PROTOCOL_NAMES, PROTOCOLS, TCP, UDP

_PORT_PROTOCOLS = ("tcp", "udp", TCP, UDP)
"""The protocols whose ports a v1 rule can match."""
_ICMP_VERSIONS: Mapping[int | str | None, int] = {
    key: protocol.icmp_version
    for protocol in PROTOCOLS
    if protocol.icmp_version is not None
    for key in (protocol.name, protocol.number)
}

_NET_FIELDS = ("net", "nets", "notNet", "notNets")
_PORT_FIELDS = ("ports", "notPorts")
_ICMP_FIELDS = frozenset(("icmp", "notICMP", "ipVersion"))
"""Fields that can contradict the protocol."""


def check_rules(spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
    """Yield the findings of the ingress and egress rules of a v1 spec."""
    for direction in DIRECTIONS:
        rules = spec.get(direction)
        for index, rule in enumerate(rules if isinstance(rules, list) else ()):
            if isinstance(rule, dict):
                for path, message in _cached_findings(rule):
                    yield ("spec", direction, index, *path), message


@memoized
def _cached_findings(rule: Mapping[str, Any]) -> tuple[FieldFinding, ...]:
    return tuple(_check_rule(rule))


def _check_rule(rule: Mapping[str, Any]) -> Iterator[FieldFinding]:
    """Yield the findings of a rule. Checks of absent fields are skipped, since manifests have many rules."""
    fields = {field for side in SIDES if isinstance(rule.get(side), dict) for field in rule[side]}
    if not fields.isdisjoint(_PORT_FIELDS):
        yield from _check_ports(rule)
    if not _ICMP_FIELDS.isdisjoint(rule):
        yield from _check_icmp(rule)
    if not fields.isdisjoint(_NET_FIELDS):
        yield from _check_net_spelling(rule)
        yield from _check_ip_versions(rule)
        yield from _check_catch_all(rule)


_INVALID = "invalid"


def _protocol(rule: Mapping[str, Any], field: str = "protocol") -> int | str | None:
    """Return the protocol as a number or a name; `_INVALID` if the schema rejects it."""
    value = rule.get(field)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        digits = value.lstrip("0")
        value = int(digits) if 1 <= len(digits) <= 3 else _INVALID
    known = value is None or value in PROTOCOL_NAMES or (isinstance(value, int) and not isinstance(value, bool))
    return value if known else _INVALID


def _ip_version(rule: Mapping[str, Any]) -> Any:
    """Return the IP version of a rule; None if it has none or the schema rejects it."""
    version = rule.get("ipVersion")
    return version if version in (4, 6) else None


def _entities(rule: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for side in SIDES:
        if isinstance(entity := rule.get(side), dict):
            yield side, entity


def _check_ports(rule: Mapping[str, Any]) -> Iterator[FieldFinding]:
    protocol = _protocol(rule)
    if protocol in _PORT_PROTOCOLS or protocol == _INVALID:
        return
    for side, entity in _entities(rule):
        for field in _PORT_FIELDS:
            if entity.get(field):
                actual = f"protocol {protocol} has none" if protocol else "the rule has no protocol"
                yield (
                    (side, field),
                    f"ports require protocol tcp or udp: {actual} (write protocol: tcp or protocol: udp)",
                )


def _check_icmp(rule: Mapping[str, Any]) -> Iterator[FieldFinding]:
    protocol = _protocol(rule)
    for field in ("icmp", "notICMP"):
        if rule.get(field) and protocol not in (*_ICMP_VERSIONS, _INVALID):
            actual = f"not {protocol}" if protocol else "but the rule has none"
            yield (
                (field,),
                f"requires protocol icmp or icmpv6, {actual} (write protocol: icmp or protocol: icmpv6)",
            )
    version = _ip_version(rule)
    for field in ("protocol", "notProtocol"):
        value = _protocol(rule, field)
        expected_version = _ICMP_VERSIONS.get(value)
        is_relevant = isinstance(value, str) or bool(rule.get("icmp") or rule.get("notICMP"))
        if expected_version and is_relevant and version and version != expected_version:
            yield (field,), f"{value} belongs to IP version {expected_version}, but the rule has ipVersion {version}"


def _check_net_spelling(rule: Mapping[str, Any]) -> Iterator[FieldFinding]:
    """Yield findings if a rule has both `net` and `nets`, on any side, negated or not."""
    list_fields = [
        (side, field) for side, entity in _entities(rule) for field in ("nets", "notNets") if entity.get(field)
    ]
    for side, entity in _entities(rule):
        for field in ("net", "notNet"):
            if entity.get(field) and list_fields:
                list_field = ".".join(list_fields[0])
                yield (
                    (side, field),
                    f"a rule cannot have both {field} and {list_field} (write lists: {field}s)",
                )


def _networks(rule: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str, Any]]:
    for side, entity in _entities(rule):
        for field in _NET_FIELDS:
            value = entity.get(field)
            is_list = isinstance(value, list)
            for index, text in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(text, str):
                    continue
                try:
                    network = parse_network(text).network
                except ValueError:
                    continue
                yield (side, field, index) if is_list else (side, field), field, network


def _check_ip_versions(rule: Mapping[str, Any]) -> Iterator[FieldFinding]:
    """Yield findings for networks of different IP versions: such a rule matches no packet."""
    expected_version = _ip_version(rule)
    reason = f"the rule has ipVersion {expected_version}"
    for path, _, network in _networks(rule):
        if expected_version is None:
            expected_version = network.version
            reason = f"{network} before it is IPv{expected_version} (write a rule for each IP version)"
        elif network.version != expected_version:
            yield path, f"{network} is IPv{network.version}, but {reason}"


def _check_catch_all(rule: Mapping[str, Any]) -> Iterator[FieldFinding]:
    for path, field, network in _networks(rule):
        if field in {"notNet", "notNets"} and network.prefixlen == 0:
            yield path, f"{network} contains all addresses: the rule never matches (remove the rule)"
