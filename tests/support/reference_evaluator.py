"""Reference evaluator: decides on one packet under v1 manifests, without sets and without code of the analysis."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from calicoctl.kinds.values.names import v3_policy_name

Manifest = Mapping[str, Any]
PROTOCOL_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58, "sctp": 132, "udplite": 136}
_QUOTED = r"'[^']*'|\"[^\"]*\""
_CONDITION = re.compile(rf"all\(\)|has\(([\w./-]+)\)|([\w./-]+)\s*(==|!=|not\s+in|in)\s*({_QUOTED}|\{{[^}}]*\}})")
Labels = tuple[tuple[str, str], ...]


class Packet(NamedTuple):
    source: str
    destination: str
    protocol: int
    first: int = 0  # source port, or ICMP type
    second: int = 0  # destination port, or ICMP code


class ReferenceEvaluator:
    """Evaluator of v1 manifests."""

    def __init__(self, resources: Iterable[Manifest]) -> None:
        resources = list(resources)
        self.profiles = {r["metadata"]["name"]: r for r in resources if r["kind"] == "profile"}
        self.policies = [r for r in resources if r["kind"] == "policy"]
        self.policies.sort(key=lambda r: (r["spec"].get("order", float("inf")), v3_policy_name(r["metadata"]["name"])))
        self.endpoints_by_address: dict[str, list[Manifest]] = {}
        for one in resources:
            for net in one.get("spec", {}).get({"hostEndpoint": "expectedIPs"}.get(one["kind"], "ipNetworks"), ()):
                self.endpoints_by_address.setdefault(net.partition("/")[0], []).append(one)
        self.labels_by_address = {
            address: [self._labels(owner) for owner in owners] for address, owners in self.endpoints_by_address.items()
        }

    def _labels(self, endpoint: Manifest) -> Labels:
        labels: dict[str, str] = dict(endpoint["metadata"].get("labels", {}))
        for name in endpoint["spec"].get("profiles", ()):
            metadata = self.profiles.get(name, {"metadata": {}})["metadata"]
            for key, value in {**metadata.get("labels", {}), **dict.fromkeys(metadata.get("tags", ()), "")}.items():
                labels.setdefault(key, value)
        return tuple(sorted(labels.items()))

    def allowed(self, packet: Packet, sender: int = 0, receiver: int = 0) -> bool:
        """Whether a packet is allowed; `sender` and `receiver` are numbers among the endpoints at the same address."""
        egress = self._direction_allowed(packet, packet.source, sender, "egress")
        return egress and self._direction_allowed(packet, packet.destination, receiver, "ingress")

    def _direction_allowed(self, packet: Packet, own: str, owner: int, direction: str) -> bool:
        for rules, denies in self._stages(own, owner, direction):
            action = next((rule["action"] for rule in rules if self._matches(rule, packet)), None)
            if action in {"allow", "deny"}:
                return bool(action == "allow")
            if denies and action != "pass":
                return False
        return own not in self.endpoints_by_address

    @cache  # noqa: B019  # the evaluator lives as long as its test
    def _stages(self, own: str, owner: int, direction: str) -> list[tuple[list[Manifest], bool]]:
        if own not in self.endpoints_by_address:
            return []
        endpoint, labels = self.endpoints_by_address[own][owner], self.labels_by_address[own][owner]
        mine = [p for p in self.policies if _selector_matches(p["spec"]["selector"], labels) and direction in _types(p)]
        flags = ("doNotTrack", "preDNAT")
        plain = [p for p in mine if not any(p["spec"].get(flag) for flag in flags)]
        early = [[p for p in mine if p["spec"].get(flag)] for flag in flags if endpoint["kind"] == "hostEndpoint"]
        named = map(self.profiles.get, endpoint["spec"].get("profiles", ()))
        profiles = [([profile], False) if profile else ([], True) for profile in named]
        stages = [*((stage, False) for stage in early), (plain, bool(plain)), *profiles]
        return [
            ([r for one in owners for r in one.get("spec", {}).get(direction, ()) if r["action"] != "log"], denies)
            for owners, denies in stages
        ]

    def _matches(self, rule: Manifest, packet: Packet) -> bool:
        version = 6 if ":" in packet.source else 4
        named, unnamed = (rule.get(field, -1) for field in ("protocol", "notProtocol"))
        right = named == -1 or packet.protocol == _number(named)
        if rule.get("ipVersion", version) != version or not right or packet.protocol == _number(unnamed):
            return False
        for field, wanted in (("icmp", True), ("notICMP", False)):
            got = {"type": packet.first, "code": packet.second}
            same = all(got[key] == value for key, value in rule.get(field, {}).items())
            if rule.get(field) and (packet.protocol != (1 if version == 4 else 58) or same != wanted):
                return False
        source = self._side_matches(rule.get("source", {}), packet.source, packet.first, packet.protocol)
        return source and self._side_matches(
            rule.get("destination", {}), packet.destination, packet.second, packet.protocol
        )

    def _side_matches(self, side: Manifest, address: str, port: int, protocol: int) -> bool:
        if not side:
            return True
        owners = self.labels_by_address.get(address, ())
        wanted, unwanted = _selectors(side, "selector", "tag"), _selectors(side, "notSelector", "notTag")
        if wanted and not any(all(_selector_matches(selector, labels) for selector in wanted) for labels in owners):
            return False
        if any(_selector_matches(selector, labels) for selector in unwanted for labels in owners):
            return False
        same = [net for net in side.get("notNets", ()) if (":" in net) == (":" in address)]
        if "notNets" in side and (not same or any(_is_in_network(address, net) for net in same)):
            return False
        if "nets" in side and not any(_is_in_network(address, net) for net in side["nets"]):
            return False
        runs, gaps = side.get("ports", ["0:65535"]), side.get("notPorts", ())
        with_ports = protocol in {6, 17} or not ("ports" in side or gaps)
        return (
            with_ports
            and any(_contains_port(run, port) for run in runs)
            and not any(_contains_port(run, port) for run in gaps)
        )


def _selectors(side: Manifest, selector: str, tag: str) -> list[str]:
    return [*([side[selector]] if selector in side else ()), *([f"{side[tag]} == ''"] if tag in side else ())]


def _types(policy: Manifest) -> Any:
    return policy["spec"].get("types") or [d for d in ("ingress", "egress") if policy["spec"].get(d)] or ["ingress"]


def _number(protocol: int | str) -> int:
    return PROTOCOL_NUMBERS.get(str(protocol)) or int(protocol)


@lru_cache(maxsize=4096)
def _is_in_network(address: str, net: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(net, strict=False)


@cache
def _contains_port(run: int | str, port: int) -> bool:
    low, _, high = str(run).partition(":")
    return int(low) <= port <= int(high or low)


@lru_cache(maxsize=4096)
def _selector_matches(selector: str, labels: Labels) -> bool:
    """Replace each condition by `True` or `False`, and evaluate the expression in Python."""
    have = dict(labels)

    def condition_value(condition: re.Match[str]) -> str:
        wanted, label, operator, operand = condition.groups()
        if not operator:
            return str(wanted is None or wanted in have)
        values = [text[1:-1] for text in re.findall(_QUOTED, operand)]
        return str((have.get(label) in values) == (operator in {"==", "in"}))

    text = (
        _CONDITION.sub(condition_value, selector)
        .replace("&&", " and ")
        .replace("||", " or ")
        .replace("!", " not ")
        .strip()
    )
    return not text or bool(eval(text))  # noqa: S307  # contains operators and constants only
