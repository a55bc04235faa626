"""Reference evaluator: decides on one packet under v1 manifests, without sets and without code of the analysis."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

from calicoctl.kinds.values.names import v3_policy_name
from tests.support.reference_hosts import HostPath, Node, Packet

Manifest = Mapping[str, Any]
PROTOCOL_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58, "sctp": 132, "udplite": 136}
_QUOTED = r"'[^']*'|\"[^\"]*\""
_CONDITION = re.compile(rf"all\(\)|has\(([\w./-]+)\)|([\w./-]+)\s*(==|!=|not\s+in|in)\s*({_QUOTED}|\{{[^}}]*\}})")
Labels = tuple[tuple[str, str], ...]


class ReferenceEvaluator:
    """Evaluator of v1 manifests.

    Args:
        resources: the manifests.
        interface: name of the interface that nodes use for all traffic with others; empty if it is unknown.
    """

    def __init__(self, resources: Iterable[Manifest], interface: str = "") -> None:
        resources = list(resources)
        self.interface = interface
        self.profiles = {r["metadata"]["name"]: r for r in resources if r["kind"] == "profile"}
        self.policies = [r for r in resources if r["kind"] == "policy"]
        self.policies.sort(
            key=lambda r: (
                r["spec"].get("order", float("inf")),
                f"{v3_policy_name(r['metadata']['name'])}//GlobalNetworkPolicy",
            )
        )
        self.endpoints = {r["metadata"]["name"]: r for r in resources if r["kind"].endswith("Endpoint")}
        self.host_endpoints = [r for r in self.endpoints.values() if r["kind"] == "hostEndpoint"]
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
        """Whether a packet is allowed through some interfaces of the nodes; the arguments are those of `decide`."""
        return self.decide(packet, sender, receiver)[0]

    def decide(self, packet: Packet, sender: int = 0, receiver: int = 0) -> list[bool]:
        """Return whether a packet is allowed through some interfaces of the nodes, and whether through all.

        `sender` and `receiver` are numbers among the endpoints at the same address.
        """
        result = [True, True]
        for direction in ("egress", "ingress"):
            verdicts = self.verdicts(packet, (sender, receiver), direction)
            if verdicts == {False}:
                return [False, False]
            result[1] = result[1] and verdicts == {True}
        return result

    def verdicts(self, packet: Packet, numbers: tuple[int, int], direction: str) -> set[bool]:
        """Return the decisions of one direction, one for each interface that the packet may use."""
        return set(self.verdicts_by_host(packet, numbers, direction).values())

    def verdicts_by_host(self, packet: Packet, numbers: tuple[int, int], direction: str) -> dict[str, bool]:
        """Return the decisions of one direction by the name of the own host endpoint of the interface; empty if none.

        Without a choice of the interface, the name is empty.
        """
        endpoints = [
            self.endpoints_by_address[address][number] if address in self.endpoints_by_address else None
            for address, number in zip(packet[:2], numbers, strict=True)
        ]
        endpoint, peer = endpoints if direction == "egress" else endpoints[::-1]
        if endpoint is None:
            return {"": True}
        node = self._node_of(endpoint)
        if not node.hosts:
            return {"": self.chain(endpoint, direction, "normal", packet) == "allow"}
        location = str(peer["kind"]) if peer and self._node_of(peer) is node else "remote"
        return {
            str(link.own["metadata"]["name"]) if link.own else "": HostPath(
                self, packet, endpoint, direction, (node, link)
            ).verdict(location)
            for link in node.links(endpoint, location, self.interface)
        }

    def passes_interface(self, packet: Packet, host: Manifest, direction: str) -> bool:
        """Whether a packet passes the interface of a host endpoint, with any addresses of the packet."""
        node = self._node_of(host)
        return HostPath(self, packet, host, direction, (node, node.link_of(host))).verdict("remote")

    @cache  # noqa: B019  # the evaluator lives as long as its test
    def _node(self, name: str) -> Node:
        return Node([one for one in self.host_endpoints if one["metadata"]["node"] == name])

    def _node_of(self, endpoint: Manifest) -> Node:
        return self._node(endpoint["metadata"]["node"])

    def chain(self, endpoint: Manifest | None, direction: str, kind: str, packet: Packet) -> str:
        """Return `allow`, `deny` or nothing: the decision of the policies of one kind that apply to an endpoint."""
        for rules, denies in self._stages(endpoint["metadata"]["name"], direction, kind) if endpoint else ():
            action = next((rule["action"] for rule in rules if self._matches(rule, packet)), None)
            if action in {"allow", "deny"}:
                return str(action)
            if denies and action != "pass":
                return "deny"
        return "deny" if kind == "normal" else ""

    @cache  # noqa: B019  # the evaluator lives as long as its test
    def policies_of(self, name: str, direction: str, kind: str) -> list[Manifest]:
        """Return the policies of one kind that apply to an endpoint in a direction."""
        labels = self._labels(self.endpoints[name])
        flag = {"forward": "normal"}.get(kind, kind)
        return [
            policy
            for policy in self.policies
            if _flag(policy) == flag and (kind != "forward" or policy.get("applyOnForward"))
            if selector_matches(policy["spec"]["selector"], labels) and direction in _types(policy)
        ]

    @cache  # noqa: B019  # the evaluator lives as long as its test
    def _stages(self, name: str, direction: str, kind: str) -> list[tuple[list[Manifest], bool]]:
        policies = self.policies_of(name, direction, kind)
        names = self.endpoints[name]["spec"].get("profiles", ()) if kind == "normal" else ()
        profiles = [([profile], False) if profile else ([], True) for profile in map(self.profiles.get, names)]
        stages = [(policies, bool(policies) and kind in {"normal", "forward"}), *profiles]
        return [
            ([r for one in owners for r in one.get("spec", {}).get(direction, ()) if r["action"] != "log"], denies)
            for owners, denies in stages
        ]

    def _matches(self, rule: Manifest, packet: Packet) -> bool:
        if not matches_protocol(rule, packet):
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
        fits = [all(selector_matches(selector, labels) for selector in wanted) for labels in owners]
        clashes = [any(selector_matches(selector, labels) for selector in unwanted) for labels in owners]
        # With a selector, the agent looks for one endpoint that has it and is not excluded.
        if wanted and not any(fit and not clash for fit, clash in zip(fits, clashes, strict=True)):
            return False
        if not wanted and any(clashes):
            return False
        if not matches_networks(side, address):
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


def _flag(policy: Manifest) -> str:
    return next((flag for flag in ("doNotTrack", "preDNAT") if policy["spec"].get(flag)), "normal")


def _types(policy: Manifest) -> Any:
    return policy["spec"].get("types") or [d for d in ("ingress", "egress") if policy["spec"].get(d)] or ["ingress"]


def protocol_number(protocol: int | str) -> int:
    """Return the number of a protocol by its v1 or v3 name, or by its number."""
    return PROTOCOL_NUMBERS.get(str(protocol).lower()) or int(protocol)


def matches_protocol(rule: Manifest, packet: Packet) -> bool:
    """Whether a packet has the IP version, the protocol, and the ICMP type and code of a v1 or v3 rule."""
    version = 6 if ":" in packet.source else 4
    named, unnamed = (rule.get(field, -1) for field in ("protocol", "notProtocol"))
    right = named == -1 or packet.protocol == protocol_number(named)
    if rule.get("ipVersion", version) != version or not right or packet.protocol == protocol_number(unnamed):
        return False
    for field, wanted in (("icmp", True), ("notICMP", False)):
        got = {"type": packet.first, "code": packet.second}
        same = all(got[key] == value for key, value in rule.get(field, {}).items())
        if rule.get(field) and (packet.protocol != (1 if version == 4 else 58) or same != wanted):
            return False
    return True


def matches_networks(side: Manifest, address: str) -> bool:
    """Whether an address is in the networks of one side of a v1 or v3 rule."""
    same = [net for net in side.get("notNets", ()) if (":" in net) == (":" in address)]
    if "notNets" in side and (not same or any(is_in_network(address, net) for net in same)):
        return False
    return "nets" not in side or any(is_in_network(address, net) for net in side["nets"])


@lru_cache(maxsize=4096)
def is_in_network(address: str, net: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(net, strict=False)


@cache
def _contains_port(run: int | str, port: int) -> bool:
    low, _, high = str(run).partition(":")
    return int(low) <= port <= int(high or low)


@lru_cache(maxsize=4096)
def selector_matches(selector: str, labels: Labels) -> bool:
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
