"""What a JSON Schema can't say about rules: criteria that depend on each other.

Beside the rules of calicoctl 1.6.5 these are the ones of the agent's own validator: it treats a profile that it
refuses as missing and silently drops its labels, so nothing that it refuses may be stored.
Every check skips what the schema has refused already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.rules.memoize import memoized
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.networks import parse_network
from calicoctl.kinds.values.protocols import PROTOCOL_NAMES, PROTOCOLS, TCP, UDP

_SIDES = ("source", "destination")


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
"""With these a rule may ask for ICMP in a way that never matches."""


def check_rules(spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
    """All findings of the ingress and egress rules of a v1 spec."""
    for direction in ("ingress", "egress"):
        rules = spec.get(direction)
        for index, rule in enumerate(rules if isinstance(rules, list) else ()):
            if isinstance(rule, dict):
                for path, message in _cached_findings(rule):
                    yield ("spec", direction, index, *path), message


@memoized
def _cached_findings(rule: Mapping[str, Any]) -> tuple[FieldFinding, ...]:
    return tuple(_check_rule(rule))


def _check_rule(rule: Mapping[str, Any]) -> Iterator[FieldFinding]:
    """Only what a rule has is looked at closely: there are many rules, and most have little."""
    fields = {field for side in _SIDES if isinstance(rule.get(side), dict) for field in rule[side]}
    if not fields.isdisjoint(_PORT_FIELDS):
        yield from _check_ports(rule)
    if not _ICMP_FIELDS.isdisjoint(rule):
        yield from _check_icmp(rule)
    if not fields.isdisjoint(_NET_FIELDS):
        yield from _check_net_spelling(rule)
        yield from _check_ip_versions(rule)
        yield from _check_catch_all(rule)


_INVALID = "refused"


def _protocol(rule: Mapping[str, Any], field: str = "protocol") -> int | str | None:
    """The protocol as a number or a name; `_INVALID` stands for all that the schema refuses."""
    value = rule.get(field)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        digits = value.lstrip("0")
        value = int(digits) if 1 <= len(digits) <= 3 else _INVALID
    known = value is None or value in PROTOCOL_NAMES or (isinstance(value, int) and not isinstance(value, bool))
    return value if known else _INVALID


def _ip_version(rule: Mapping[str, Any]) -> Any:
    """The IP version that a rule names; None for what the schema refuses too."""
    version = rule.get("ipVersion")
    return version if version in (4, 6) else None


def _entities(rule: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for side in _SIDES:
        if isinstance(entity := rule.get(side), dict):
            yield side, entity


def _check_ports(rule: Mapping[str, Any]) -> Iterator[FieldFinding]:
    protocol = _protocol(rule)
    if protocol in _PORT_PROTOCOLS or protocol == _INVALID:
        return  # fine, or no protocol at all: then that is what has to be mended
    for side, entity in _entities(rule):
        for field in _PORT_FIELDS:
            if entity.get(field):
                actual = f"protocol {protocol} has none" if protocol else "no protocol is given"
                yield (
                    (side, field),
                    f"ports need protocol tcp or udp: {actual} (write protocol: tcp or protocol: udp)",
                )


def _check_icmp(rule: Mapping[str, Any]) -> Iterator[FieldFinding]:
    protocol = _protocol(rule)
    for field in ("icmp", "notICMP"):
        if rule.get(field) and protocol not in (*_ICMP_VERSIONS, _INVALID):
            actual = f"not {protocol}" if protocol else "none is given"
            yield (
                (field,),
                f"needs protocol icmp or icmpv6, {actual} (write protocol: icmp or protocol: icmpv6)",
            )
    version = _ip_version(rule)
    for field in ("protocol", "notProtocol"):
        value = _protocol(rule, field)
        expected_version = _ICMP_VERSIONS.get(value)
        is_relevant = isinstance(value, str) or bool(rule.get("icmp") or rule.get("notICMP"))
        if expected_version and is_relevant and version and version != expected_version:
            yield (field,), f"{value} belongs to IP version {expected_version}, but the rule has ipVersion {version}"


def _check_net_spelling(rule: Mapping[str, Any]) -> Iterator[FieldFinding]:
    """`net` and `nets` exclude each other in the whole rule, negated and on either side."""
    list_fields = [
        (side, field) for side, entity in _entities(rule) for field in ("nets", "notNets") if entity.get(field)
    ]
    for side, entity in _entities(rule):
        for field in ("net", "notNet"):
            if entity.get(field) and list_fields:
                list_field = ".".join(list_fields[0])
                yield (
                    (side, field),
                    f"a rule has {field} or {list_field}, not both (write all of them as lists: {field}s)",
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
    """One IP version a rule: an IPv4 source never talks to an IPv6 destination."""
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
            yield path, f"nothing lies outside of {network}: the rule could never match (leave the rule out)"
