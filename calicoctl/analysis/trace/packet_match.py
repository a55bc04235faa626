"""Criteria of a rule for one packet: the first one that does not match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from calicoctl.analysis.model.policy_set import Direction, Endpoint, EntityRule, Icmp, PolicySet, Rule
from calicoctl.analysis.peers.peer import PathEnd
from calicoctl.analysis.sets import intervals, service_text
from calicoctl.analysis.sets.addresses import Address
from calicoctl.analysis.sets.services import Service
from calicoctl.kinds.values.protocols import ICMP, ICMP_BY_VERSION, ICMPV6, PORT_PROTOCOLS, protocol_name

Labels = Mapping[str, str]


class PacketEnd(NamedTuple):
    """One end of a packet."""

    address: Address
    labels: tuple[Labels, ...]
    """Labels of each endpoint with the address, including those of profiles; empty for a non-endpoint."""
    endpoint: Endpoint | None = None
    """Endpoint whose policy applies; None for a non-endpoint."""


class Packet(NamedTuple):
    """One packet with the labels of its ends."""

    source: PacketEnd
    destination: PacketEnd
    service: Service

    def endpoint(self, direction: Direction) -> Endpoint | None:
        """Return the endpoint whose policy decides on a direction: the source of egress, the destination of ingress."""
        return (self.source if direction == "egress" else self.destination).endpoint


class CriterionMismatch(NamedTuple):
    """Criterion that does not match."""

    field: str
    """Field of the manifest, such as `destination.ports`."""
    expected: str
    actual: str


def first_mismatch(rule: Rule, packet: Packet) -> CriterionMismatch | None:
    """Return the first criterion of a rule that a packet does not match; None if the rule matches."""
    return next(_mismatches(rule, packet), None)


def _mismatches(rule: Rule, packet: Packet) -> Iterator[CriterionMismatch]:
    version, service = packet.source.address.version, packet.service
    if rule.unsupported_field:
        yield CriterionMismatch(rule.unsupported_field, "supported in Kubernetes only", "nothing to match it")
    if rule.ip_version not in (None, version):
        yield CriterionMismatch("ipVersion", str(rule.ip_version), str(version))
    name = protocol_name(service.protocol)
    if rule.protocol not in (None, service.protocol):
        yield CriterionMismatch("protocol", protocol_name(rule.protocol or 0), name)
    if rule.not_protocol == service.protocol:
        yield CriterionMismatch("notProtocol", name, name)
    actual = f"{service.first}/{service.second}" if service.protocol in {ICMP, ICMPV6} else name
    is_version_icmp = service.protocol == ICMP_BY_VERSION[version]
    if rule.icmp and not (is_version_icmp and _icmp_matches(rule.icmp, service)):
        yield CriterionMismatch("icmp", _format_icmp(rule.icmp), actual)
    if rule.not_icmp and (not is_version_icmp or _icmp_matches(rule.not_icmp, service)):
        yield CriterionMismatch("notICMP", _format_icmp(rule.not_icmp), actual)
    yield from _end_mismatches(rule, packet)


def _end_mismatches(rule: Rule, packet: Packet) -> Iterator[CriterionMismatch]:
    service = packet.service
    has_ports = service.protocol in PORT_PROTOCOLS
    for field, side, end, port in (
        ("source", rule.source, packet.source, service.first),
        ("destination", rule.destination, packet.destination, service.second),
    ):
        for mismatches in (_address_mismatches(side, end), _port_mismatches(side, port, has_ports)):
            yield from (mismatch._replace(field=f"{field}.{mismatch.field}") for mismatch in mismatches)


def _icmp_matches(icmp: Icmp, service: Service) -> bool:
    return icmp.type in (None, service.first) and icmp.code in (None, service.second)


def _format_icmp(icmp: Icmp) -> str:
    return f"{'*' if icmp.type is None else icmp.type}" + ("" if icmp.code is None else f"/{icmp.code}")


def _address_mismatches(side: EntityRule, end: PacketEnd) -> Iterator[CriterionMismatch]:
    labels_of_endpoints = end.labels
    for selector in side.selectors:
        labels_of_endpoints = tuple(labels for labels in end.labels if selector.matches(labels))
        if not labels_of_endpoints:
            yield CriterionMismatch("selector", selector.canonical, _describe_end(end))
    for network_list, negated in ((side.networks, False), (side.not_networks, True)):
        # The agent omits a rule for an IP version if none of its networks is of that version, negated or not.
        same = [net for net in network_list if net.version == end.address.version]
        if network_list and (not same or any(net.contains(end.address.value) for net in same) == negated):
            yield CriterionMismatch(
                "notNets" if negated else "nets", ", ".join(map(str, network_list)), str(end.address)
            )
    for selector in side.not_selectors:
        # With `selector`, one endpoint with the address must match it and not `notSelector`; see `EntityRule`.
        excluded = [selector.matches(labels) for labels in labels_of_endpoints]
        if excluded and (all(excluded) if side.selectors else any(excluded)):
            yield CriterionMismatch("notSelector", selector.canonical, _describe_end(end))


def _describe_end(end: PacketEnd) -> str:
    if not end.labels:
        return f"{end.address}, which is not an endpoint"
    labels = sorted({f"{key}={value}" for each in end.labels for key, value in each.items()})
    visible = [label for label in labels if not label.startswith("projectcalico.org/")]
    return ", ".join(visible) or "no labels"


def _port_mismatches(side: EntityRule, port: int, has_ports: bool) -> Iterator[CriterionMismatch]:
    actual = str(port) if has_ports else "no port"
    if side.ports is not None and not (has_ports and intervals.contains(side.ports, port)):
        yield CriterionMismatch("ports", service_text.format_ranges(side.ports), actual)
    if side.not_ports is not None and (not has_ports or intervals.contains(side.not_ports, port)):
        yield CriterionMismatch("notPorts", service_text.format_ranges(side.not_ports), actual)


def packet_end(end: PathEnd, policy_set: PolicySet) -> PacketEnd:
    """Return an end of a packet with the labels that rules match at its address."""
    if end.endpoint is None:
        return PacketEnd(end.address, ())
    owners = policy_set.endpoints_by_address.get(end.address, ()) if end.endpoint.addresses else ()
    labels = (policy_set.labels_of(owner) for owner in owners or (end.endpoint,) if owner.selectable)
    return PacketEnd(end.address, tuple(labels), end.endpoint)
