"""Felix's validation of v3 objects, written down once more, independently of calicoctl.

Felix 3.32 treats a refused Profile as missing for its labels while it programs its rules: other policy then selects
other endpoints, and nobody is told. So nothing that it refuses may ever be stored.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_ICMP = {"ICMP": 4, "ICMPv6": 6}
_PROTOCOLS = {"TCP", "UDP", "ICMP", "ICMPv6", "SCTP", "UDPLite"}
_PROTOCOLS_WITH_PORTS = {"TCP", "UDP", "SCTP", 6, 17, 132}


def rejections(key: str, v3: dict[str, Any]) -> list[str]:
    """What the agent refuses in the object under a key; empty when it takes it."""
    return [f"{key}: {problem}" for problem in _problems(key.rpartition("/")[2], v3)]


def _problems(name: str, v3: dict[str, Any]) -> Iterator[str]:
    metadata, spec = v3["metadata"], v3["spec"]
    yield from _metadata(name, metadata)
    for labels in (metadata.get("labels") or {}, spec.get("labelsToApply") or {}):
        yield from _labels(labels)
    if v3["kind"] == "GlobalNetworkPolicy":
        yield from _policy(spec)
    for direction in ("ingress", "egress"):
        for index, rule in enumerate(spec.get(direction) or ()):
            yield from (f"{direction}[{index}]: {problem}" for problem in _rule(rule))


def _metadata(name: str, metadata: dict[str, Any]) -> Iterator[str]:
    for text in (name, metadata["name"]):
        if len(text) > 253 or not _SUBDOMAIN.fullmatch(text):
            yield f"name {text!r}"
    if not metadata.get("uid") or not metadata.get("creationTimestamp"):
        yield "no uid or creationTimestamp: no tool can update it"
    for key in metadata.get("annotations") or {}:
        if not _is_qualified(key):
            yield f"annotation {key!r}"


def _labels(labels: dict[str, str]) -> Iterator[str]:
    for key, value in labels.items():
        if not _is_qualified(key):
            yield f"label key {key!r}"
        if not _LABEL_VALUE.fullmatch(value):
            yield f"label value {value!r}"


def _is_qualified(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    return bool(_LABEL_NAME.fullmatch(name)) and (not slash or bool(_SUBDOMAIN.fullmatch(prefix)))


def _policy(spec: dict[str, Any]) -> Iterator[str]:
    types = spec.get("types") or []
    if len(set(types)) < len(types) or set(types) - {"Ingress", "Egress"}:
        yield f"types {types}"
    untracked, before = bool(spec.get("doNotTrack")), bool(spec.get("preDNAT"))
    if untracked and before:
        yield "doNotTrack with preDNAT"
    if before and (spec.get("egress") or "Egress" in types):
        yield "preDNAT with egress"
    if (untracked or before) and not spec.get("applyOnForward"):
        yield "doNotTrack or preDNAT without applyOnForward"


def _rule(rule: dict[str, Any]) -> Iterator[str]:
    protocol, version = rule.get("protocol"), rule.get("ipVersion")
    if rule.get("action") not in {"Allow", "Deny", "Log", "Pass"}:
        yield f"action {rule.get('action')!r}"
    if version not in {None, 4, 6}:
        yield f"ipVersion {version}"
    for field in ("protocol", "notProtocol"):
        value = rule.get(field)
        if value is not None and value not in _PROTOCOLS and not (isinstance(value, int) and 1 <= value <= 255):
            yield f"{field} {value!r}"
        if version and isinstance(value, str) and _ICMP.get(value, version) != version:
            yield f"{field} {value} with ipVersion {version}"
    for field in ("icmp", "notICMP"):
        if field in rule:
            yield from _icmp(field, rule[field], protocol)
    yield from _rule_sides(rule, protocol, version)


def _icmp(field: str, icmp: dict[str, int], protocol: object) -> Iterator[str]:
    if protocol not in _ICMP:
        yield f"{field} with protocol {protocol!r}"
    if "code" in icmp and "type" not in icmp:
        yield f"{field} with a code without a type"
    if not (0 <= icmp.get("type", 0) <= 254 and 0 <= icmp.get("code", 0) <= 255):
        yield f"{field} {icmp}"


def _rule_sides(rule: dict[str, Any], protocol: object, version: int | None) -> Iterator[str]:
    versions = {version} if version else set()
    for side in ("source", "destination"):
        entity = rule.get(side) or {}
        for field in ("nets", "notNets"):
            for text in entity.get(field) or ():
                yield from _network(f"{side}.{field}", text, negated=field == "notNets")
                versions.add(ipaddress.ip_network(text, strict=False).version)
        for field in ("ports", "notPorts"):
            if entity.get(field):
                if protocol not in _PROTOCOLS_WITH_PORTS:
                    yield f"{side}.{field} with protocol {protocol!r}"
                yield from (f"{side}.{field}: {port!r}" for port in entity[field] if not _is_port(port))
    if len(versions) > 1:
        yield "IPv4 and IPv6 in one rule"


def _network(where: str, text: str, *, negated: bool) -> Iterator[str]:
    network = ipaddress.ip_network(text, strict=False)
    if str(network) != text:
        yield f"{where}: {text} is not written as the network {network}"
    if negated and network.prefixlen == 0:
        yield f"{where}: {text} is everything"


def _is_port(port: int | str) -> bool:
    low, _, high = str(port).partition(":")
    return 1 <= int(low) <= int(high or low) <= 65535
