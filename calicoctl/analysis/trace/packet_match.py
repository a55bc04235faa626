"""Criteria of a rule for one packet: the first one that does not match."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from calicoctl.analysis.evaluation.rule_services import with_named_ports
from calicoctl.analysis.model.named_port import EndpointPort, NamedPort
from calicoctl.analysis.model.policy_set import Direction, Endpoint, EntityRule, Icmp, PolicySet, Rule
from calicoctl.analysis.peers.peer import PathEnd
from calicoctl.analysis.sets import intervals, service_text
from calicoctl.analysis.sets.addresses import Address
from calicoctl.analysis.sets.intervals import Intervals
from calicoctl.analysis.sets.services import Service
from calicoctl.kinds.values.protocols import ICMP, ICMP_BY_VERSION, ICMPV6, PORT_PROTOCOLS, protocol_name

Labels = Mapping[str, str]


class PacketEnd(NamedTuple):
    """One end of a packet."""

    address: Address
    labels: tuple[Labels, ...]
    """Labels of each endpoint and network set with the address, including those of profiles."""
    endpoint: Endpoint | None = None
    """Endpoint whose policy applies; None for a non-endpoint."""
    ports: tuple[tuple[Labels, EndpointPort], ...] = ()
    """Named ports of the endpoints with the address, each with the labels of the endpoint."""


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
        for mismatches in (_address_mismatches(side, end), _port_mismatches(side, end, port, has_ports)):
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


def _port_mismatches(side: EntityRule, end: PacketEnd, port: int, has_ports: bool) -> Iterator[CriterionMismatch]:
    actual = str(port) if has_ports else "no port"
    selectors = side.required_selectors
    end_ports = [each for labels, each in end.ports if all(selector.matches(labels) for selector in selectors)]
    for field, numbers, names, negated in (
        ("ports", side.ports, side.named_ports, False),
        ("notPorts", side.not_ports, side.not_named_ports, True),
    ):
        if numbers is not None and not (
            has_ports and intervals.contains(with_named_ports(numbers, names, end_ports), port) != negated
        ):
            yield CriterionMismatch(field, ",".join(_port_texts(numbers, names, end_ports)), actual)


def _port_texts(numbers: Intervals, names: Iterable[NamedPort], end_ports: Collection[EndpointPort]) -> Iterator[str]:
    """Yield the ports of a list; a name with its number at this end."""
    if numbers:
        yield service_text.format_ranges(numbers)
    for name in names:
        yield f"{name.name} ({service_text.format_ranges(name.ports_of(end_ports)) or 'no port of this name'})"


def packet_end(end: PathEnd, policy_set: PolicySet) -> PacketEnd:
    """Return an end of a packet with the labels that rules match at its address."""
    endpoint = end.endpoint
    set_labels = [policy_set.labels_of(each) for each in policy_set.network_sets if each.contains(end.address)]
    if endpoint is None:
        return PacketEnd(end.address, tuple(set_labels))
    owners = policy_set.endpoints_by_address.get(end.address, ()) if endpoint.addresses else ()
    selectable = [owner for owner in owners or (endpoint,) if owner.selectable]
    labels = [policy_set.labels_of(owner) for owner in selectable]
    ports = ((own, port) for own, owner in zip(labels, selectable, strict=True) for port in owner.ports)
    return PacketEnd(end.address, (*labels, *set_labels), endpoint, tuple(ports))
