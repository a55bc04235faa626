"""The criteria of a rule one by one, for one packet: which of them is the first that does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from calicoctl.analysis import intervals, wording
from calicoctl.analysis.addresses import Address
from calicoctl.analysis.model import Icmp, Rule, Side
from calicoctl.analysis.rulesets import ICMP_OF
from calicoctl.analysis.services import ICMP, ICMPV6, WITH_PORTS, Service

Labels = Mapping[str, str]


class Place(NamedTuple):
    """One end of a packet."""

    address: Address
    labels: tuple[Labels, ...]
    """The labels of each endpoint that has the address, those of profiles included; empty outside."""


class Packet(NamedTuple):
    """One packet, and what is known about its two ends."""

    source: Place
    destination: Place
    service: Service


class Failure(NamedTuple):
    """A criterion that does not hold."""

    field: str
    """As the manifest names it, such as `destination.ports`."""
    wanted: str
    found: str


def failure(rule: Rule, packet: Packet) -> Failure | None:
    """The first criterion of a rule that a packet does not meet, or None: then the rule matches."""
    return next(_failures(rule, packet), None)


def _failures(rule: Rule, packet: Packet) -> Iterator[Failure]:
    version, service = packet.source.address.version, packet.service
    if rule.unmet:
        yield Failure(rule.unmet, "known to Kubernetes only", "none that is known here")
    if rule.ip_version not in (None, version):
        yield Failure("ipVersion", str(rule.ip_version), str(version))
    name = wording.protocol_name(service.protocol)
    if rule.protocol not in (None, service.protocol):
        yield Failure("protocol", wording.protocol_name(rule.protocol or 0), name)
    if rule.not_protocol == service.protocol:
        yield Failure("notProtocol", name, name)
    found = f"{service.first}/{service.second}" if service.protocol in {ICMP, ICMPV6} else name
    own = service.protocol == ICMP_OF[version]
    if rule.icmp and not (own and _is(rule.icmp, service)):
        yield Failure("icmp", _icmp(rule.icmp), found)
    if rule.not_icmp and (not own or _is(rule.not_icmp, service)):
        yield Failure("notICMP", _icmp(rule.not_icmp), found)
    has_ports = service.protocol in WITH_PORTS
    for field, side, place, port in (
        ("source", rule.source, packet.source, service.first),
        ("destination", rule.destination, packet.destination, service.second),
    ):
        yield from (fault._replace(field=f"{field}.{fault.field}") for fault in _of_address(side, place))
        yield from (fault._replace(field=f"{field}.{fault.field}") for fault in _of_port(side, port, has_ports))


def _is(icmp: Icmp, service: Service) -> bool:
    return icmp.type in (None, service.first) and icmp.code in (None, service.second)


def _icmp(icmp: Icmp) -> str:
    return f"{'*' if icmp.type is None else icmp.type}" + ("" if icmp.code is None else f"/{icmp.code}")


def _of_address(side: Side, place: Place) -> Iterator[Failure]:
    for selector in side.selectors:
        if not any(selector.matches(labels) for labels in place.labels):
            yield Failure("selector", selector.canonical, _described(place))
    for network_list, negated in ((side.networks, False), (side.not_networks, True)):
        # The agent leaves a rule out of an IP version that none of its networks is of, negated or not.
        same = [net for net in network_list if net.version == place.address.version]
        if network_list and (not same or any(net.holds(place.address.value) for net in same) == negated):
            yield Failure("notNets" if negated else "nets", ", ".join(map(str, network_list)), str(place.address))
    for selector in side.not_selectors:
        if any(selector.matches(labels) for labels in place.labels):
            yield Failure("notSelector", selector.canonical, _described(place))


def _described(place: Place) -> str:
    if not place.labels:
        return f"{place.address}, which is no endpoint"
    labels = sorted({f"{key}={value}" for each in place.labels for key, value in each.items()})
    shown = [label for label in labels if not label.startswith("projectcalico.org/")]
    return ", ".join(shown) or "no labels"


def _of_port(side: Side, port: int, has_ports: bool) -> Iterator[Failure]:
    found = str(port) if has_ports else "no port"
    if side.ports is not None and not (has_ports and intervals.holds(side.ports, port)):
        yield Failure("ports", wording.numbers(side.ports), found)
    if side.not_ports is not None and (not has_ports or intervals.holds(side.not_ports, port)):
        yield Failure("notPorts", wording.numbers(side.not_ports), found)
