"""What happens to one packet, straight from the rules of v1: no sets, and nothing shared with `calicoctl.analysis`.

Takes manifests as plain mappings. The other half of the proof that the analysis is exact: both have to agree.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

Manifest = Mapping[str, Any]
NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58, "sctp": 132, "udplite": 136}
_QUOTED = r"'[^']*'|\"[^\"]*\""
_CONDITION = re.compile(rf"all\(\)|has\(([\w./-]+)\)|([\w./-]+)\s*(==|!=|not\s+in|in)\s*({_QUOTED}|\{{[^}}]*\}})")
Labels = tuple[tuple[str, str], ...]


class Packet(NamedTuple):
    source: str
    destination: str
    protocol: int
    first: int = 0  # source port, or ICMP type
    second: int = 0  # destination port, or ICMP code


class World:
    """Manifests by kind, and the labels at each address."""

    def __init__(self, resources: Iterable[Manifest]) -> None:
        resources = list(resources)
        self.profiles = {r["metadata"]["name"]: r for r in resources if r["kind"] == "profile"}
        self.policies = [r for r in resources if r["kind"] == "policy"]
        self.policies.sort(key=lambda r: (r["spec"].get("order", float("inf")), r["metadata"]["name"].encode()))
        endpoints = [r for r in resources if r["kind"] in {"workloadEndpoint", "hostEndpoint"}]
        fields = ("ipNetworks", "expectedIPs")
        self.at = {n.partition("/")[0]: r for r in endpoints for field in fields for n in r["spec"].get(field, ())}
        self.labels = {address: self._labels(endpoint) for address, endpoint in self.at.items()}

    def _labels(self, endpoint: Manifest) -> Labels:
        labels: dict[str, str] = dict(endpoint["metadata"].get("labels", {}))
        for name in endpoint["spec"].get("profiles", ()):
            metadata = self.profiles[name]["metadata"]
            for key, value in {**metadata.get("labels", {}), **dict.fromkeys(metadata.get("tags", ()), "")}.items():
                labels.setdefault(key, value)
        return tuple(sorted(labels.items()))

    def allowed(self, packet: Packet) -> bool:
        return self._half(packet, packet.source, "egress") and self._half(packet, packet.destination, "ingress")

    def _half(self, packet: Packet, own: str, direction: str) -> bool:
        for stage, denies in self._stages(own, direction):
            action = self._first(packet, stage, direction)
            if action in {"allow", "deny"}:
                return action == "allow"
            if denies and action != "pass":
                return False
        return own not in self.at

    @cache  # noqa: B019  # a world does not outlive its test
    def _stages(self, own: str, direction: str) -> list[tuple[list[Manifest], bool]]:
        endpoint = self.at.get(own)
        if endpoint is None:
            return []
        mine = [
            p for p in self.policies if _selects(p["spec"]["selector"], self.labels[own]) and direction in _types(p)
        ]
        flags = ("doNotTrack", "preDNAT")
        plain = [p for p in mine if not any(p["spec"].get(flag) for flag in flags)]
        early = [[p for p in mine if p["spec"].get(flag)] for flag in flags if endpoint["kind"] == "hostEndpoint"]
        profiles = [[self.profiles[name]] for name in endpoint["spec"].get("profiles", ())]
        return [(stage, stage is plain and bool(plain)) for stage in [*early, plain, *profiles]]

    def _first(self, packet: Packet, owners: Iterable[Manifest], direction: str) -> str | None:
        rules = (rule for owner in owners for rule in owner.get("spec", {}).get(direction, ()))
        return next((rule["action"] for rule in rules if rule["action"] != "log" and self._matches(rule, packet)), None)

    def _matches(self, rule: Manifest, packet: Packet) -> bool:
        version = 6 if ":" in packet.source else 4
        if rule.get("ipVersion", version) != version:
            return False
        if "protocol" in rule and packet.protocol != _number(rule["protocol"]):
            return False
        if "notProtocol" in rule and packet.protocol == _number(rule["notProtocol"]):
            return False
        for field, wanted in (("icmp", True), ("notICMP", False)):
            got = {"type": packet.first, "code": packet.second}
            same = all(got[key] == value for key, value in rule.get(field, {}).items())
            if rule.get(field) and (packet.protocol != (1 if version == 4 else 58) or same != wanted):
                return False
        source = self._side(rule.get("source", {}), packet.source, packet.first, packet.protocol)
        return source and self._side(rule.get("destination", {}), packet.destination, packet.second, packet.protocol)

    def _side(self, side: Manifest, address: str, port: int, protocol: int) -> bool:
        labels = self.labels.get(address)
        wanted, unwanted = _selectors(side, "selector", "tag"), _selectors(side, "notSelector", "notTag")
        if any(labels is None or not _selects(selector, labels) for selector in wanted):
            return False
        if any(labels is not None and _selects(selector, labels) for selector in unwanted):
            return False
        same = [net for net in side.get("notNets", ()) if (":" in net) == (":" in address)]
        if "notNets" in side and (not same or any(_within(address, net) for net in same)):
            return False
        if "nets" in side and not any(_within(address, net) for net in side["nets"]):
            return False
        runs, gaps = side.get("ports", ["0:65535"]), side.get("notPorts", ())
        with_ports = protocol in {6, 17} or not ("ports" in side or gaps)
        return with_ports and any(_covers(run, port) for run in runs) and not any(_covers(run, port) for run in gaps)


def _selectors(side: Manifest, selector: str, tag: str) -> list[str]:
    return [*([side[selector]] if selector in side else ()), *([f"{side[tag]} == ''"] if tag in side else ())]


def _types(policy: Manifest) -> list[str]:
    spec = policy["spec"]
    return list(spec.get("types") or [d for d in ("ingress", "egress") if spec.get(d)] or ["ingress"])


def _number(protocol: int | str) -> int:
    return NUMBERS.get(str(protocol)) or int(protocol)


@lru_cache(maxsize=4096)
def _within(address: str, net: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(net, strict=False)


def _covers(run: int | str, port: int) -> bool:
    low, _, high = str(run).partition(":")
    return int(low) <= port <= int(high or low)


@lru_cache(maxsize=4096)
def _selects(selector: str, labels: Labels) -> bool:
    """Each condition becomes `True` or `False`, and Python evaluates what then stands there."""
    have = dict(labels)

    def word(condition: re.Match[str]) -> str:
        wanted, label, operator, operand = condition.groups()
        if not operator:
            return str(wanted is None or wanted in have)
        values = [text[1:-1] for text in re.findall(_QUOTED, operand)]
        return str((have.get(label) in values) == (operator in {"==", "in"}))

    text = _CONDITION.sub(word, selector).replace("&&", " and ").replace("||", " or ").replace("!", " not ").strip()
    return not text or bool(eval(text))  # noqa: S307  # of the words of Python only
