"""Reference evaluator for nodes with host endpoints: one packet and its reply, without sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

Manifest = Mapping[str, Any]
TCP, UDP, SCTP = 6, 17, 132
REPLY_TYPES = {(1, 8): 0, (1, 13): 14, (1, 15): 16, (1, 17): 18, (58, 128): 129}


class Packet(NamedTuple):
    source: str
    destination: str
    protocol: int
    first: int = 0  # source port, or ICMP type
    second: int = 0  # destination port, or ICMP code


def reply_of(packet: Packet) -> Packet | None:
    """Return the answer to a packet; None if it has none."""
    first, second = packet.second, packet.first
    if packet.protocol in {1, 58}:
        if (packet.protocol, packet.first) not in REPLY_TYPES:
            return None
        first, second = REPLY_TYPES[packet.protocol, packet.first], packet.second
    return Packet(packet.destination, packet.source, packet.protocol, first, second)


class Link(NamedTuple):
    """Interface of a node with the host endpoint for it, if any."""

    own: Manifest | None


class Node:
    """Host endpoints of a node, in the order of their names."""

    def __init__(self, hosts: Sequence[Manifest]) -> None:
        self.hosts = sorted(hosts, key=lambda host: str(host["metadata"]["name"]))
        self.star = next((host for host in self.hosts if host["spec"].get("interfaceName") == "*"), None)

    def link_of(self, host: Manifest) -> Link:
        """Return the interface of a host endpoint. Host endpoints that share an address are on one interface."""
        if host["spec"].get("interfaceName") == "*":
            return Link(None)
        addresses = set(host["spec"].get("expectedIPs", ()))
        others = [one for one in self.hosts if one["spec"].get("interfaceName") not in (None, "", "*")]
        name = host["spec"].get("interfaceName") or next(
            (one["spec"]["interfaceName"] for one in others if addresses & set(one["spec"].get("expectedIPs", ()))), ""
        )
        for one in self.hosts:
            own = one["spec"].get("interfaceName")
            if own == name if own else addresses & set(one["spec"].get("expectedIPs", ())):
                return Link(one)
        return Link(None)

    def links(self, endpoint: Manifest, location: str, interface: str) -> list[Link]:
        """Return the interfaces that packets between an endpoint and a peer may use; a known one alone."""
        if location != "remote":
            return [Link(None)]
        if interface:
            return [Link(next((one for one in self.hosts if one["spec"].get("interfaceName") == interface), None))]
        if endpoint["kind"] == "hostEndpoint":
            return [self.link_of(endpoint)]
        return [Link(None), *(self.link_of(host) for host in self.hosts)]


class PolicyChains(Protocol):
    """Decides on a packet by the policies of one kind that apply to an endpoint."""

    def chain(self, endpoint: Manifest | None, direction: str, kind: str, packet: Packet) -> str: ...

    def policies_of(self, name: str, direction: str, kind: str) -> list[Manifest]: ...


class HostPath:
    """Path of one packet between an endpoint and a peer through the node of the endpoint."""

    def __init__(
        self, policies: PolicyChains, packet: Packet, own: Manifest, direction: str, way: tuple[Node, Link]
    ) -> None:
        self.policies, self.packet, self.own, self.direction = policies, packet, own, direction
        self.star, self.host = way[0].star, way[1].own
        self.reply = reply_of(packet)
        self.opposite = "ingress" if direction == "egress" else "egress"

    def verdict(self, location: str) -> bool:
        """Return whether the packet passes and is answered.

        `location` is the kind of the peer if it is on the same node, or `remote`.
        """
        if self.own["kind"] == "hostEndpoint":
            # The interface lo has a host endpoint only if there is one for all interfaces.
            return location == "workloadEndpoint" or (location != "remote" and not self.star) or self._of_host()
        if location == "remote":
            return self._to_workload() if self.direction == "ingress" else self._from_workload()
        if location == "hostEndpoint":
            return self.direction == "ingress"
        return self._enters(self.packet) if self.direction == "ingress" else self._leaves(self.packet)

    def _raw(self, direction: str, packet: Packet) -> str:
        return self.policies.chain(self.host, direction, "doNotTrack", packet)

    def _pre(self, packet: Packet, host: Manifest | None) -> str:
        has_own = host and self.policies.policies_of(host["metadata"]["name"], "ingress", "preDNAT")
        return self.policies.chain(host if has_own else self.star, "ingress", "preDNAT", packet)

    def _normal(self, direction: str, packet: Packet) -> bool:
        host = self.host or self.star
        return host is None or self.policies.chain(host, direction, "normal", packet) == "allow"

    def _forward(self, direction: str, packet: Packet, host: Manifest | None) -> bool:
        return self.policies.chain(host or self.star, direction, "forward", packet) != "deny"

    def _leaves(self, packet: Packet) -> bool:
        """A workload sends: preDNAT and forward policy of `*`, then its own egress."""
        before = self._pre(packet, None)
        if before == "deny" or (before == "" and not self._forward("ingress", packet, None)):
            return False
        return self.policies.chain(self.own, "egress", "normal", packet) == "allow"

    def _enters(self, packet: Packet) -> bool:
        """A workload receives: its own ingress, then the forward policy of `*`."""
        own = self.policies.chain(self.own, "ingress", "normal", packet) == "allow"
        return own and self._forward("egress", packet, None)

    def _of_host(self) -> bool:
        raw = self._raw(self.direction, self.packet)
        if raw == "deny":
            return False
        if raw == "allow":
            return self._untracked_host_reply()
        before = self._pre(self.packet, self.host) if self.direction == "ingress" else ""
        if before == "deny" or (before == "" and not self._normal(self.direction, self.packet)):
            return False
        return self._tracked_reply() in {"tracked", "untracked"}

    def _tracked_reply(self) -> str:
        if self.reply is None:
            return "tracked"
        raw = self._raw(self.opposite, self.reply)
        if raw == "allow" and self.packet.protocol in {TCP, SCTP}:
            return "half open"
        return {"allow": "untracked", "deny": "denied", "": "tracked"}[raw]

    def _untracked_host_reply(self) -> bool:
        if self.reply is None:
            return True
        raw = self._raw(self.opposite, self.reply)
        if raw:
            return raw == "allow"
        if self.packet.protocol in {TCP, SCTP, 1, 58}:
            return False
        before = self._pre(self.reply, self.host) if self.opposite == "ingress" else ""
        return before == "allow" or (before == "" and self._normal(self.opposite, self.reply))

    def _to_workload(self) -> bool:
        raw = self._raw("ingress", self.packet)
        before = self._pre(self.packet, self.host) if raw == "" else raw
        if before == "deny" or (before == "" and not self._forward("ingress", self.packet, self.host)):
            return False
        if not self._enters(self.packet):
            return False
        if raw == "" or self.reply is None:
            return True
        if self.packet.protocol in {TCP, SCTP, 1, 58}:
            return False
        return self._leaves(self.reply) and self._forward("egress", self.reply, self.host)

    def _from_workload(self) -> bool:
        if not (self._leaves(self.packet) and self._forward("egress", self.packet, self.host)):
            return False
        reply = self._tracked_reply()
        if reply == "untracked":
            assert self.reply
            return self._enters(self.reply)
        return reply == "tracked"
