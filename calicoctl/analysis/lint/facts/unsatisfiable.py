"""Contradictions: criteria of a rule that exclude each other, independently of the endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from calicoctl.analysis.evaluation.rule_services import rule_services
from calicoctl.analysis.lint.facts.satisfiable import is_satisfiable
from calicoctl.analysis.model.policy_set import EntityRule, Rule
from calicoctl.analysis.peers.peer import ALL_ADDRESSES
from calicoctl.analysis.sets import intervals
from calicoctl.analysis.sets.services import ALL_PORTS
from calicoctl.kinds.values.protocols import ICMP, ICMP_BY_VERSION, ICMPV6, PORT_PROTOCOLS, protocol_name
from calicoctl.resource import FieldPath


class Contradiction(NamedTuple):
    """Reason why a rule cannot match a packet."""

    path: FieldPath
    """The field in the rule."""
    message: str
    version_only: bool = False
    """Whether the only reason is that the rule is for the other IP version."""


def contradiction_for_version(rule: Rule, version: int) -> Contradiction | None:
    """Return the reason why a rule cannot match a packet of an IP version (4 or 6); None if it can."""
    return next(_contradictions(rule, version), None)


def contradiction(rule: Rule) -> Contradiction | None:
    """Return the reason why a rule cannot match any packet; None if it can."""
    by_version = [contradiction_for_version(rule, version) for version in (4, 6)]
    contradictions = [each for each in by_version if each]
    if len(contradictions) < len(by_version):
        return None
    substantial = (each for each in contradictions if not each.version_only)
    return next(substantial, Contradiction((), "one criterion requires IPv4, another IPv6"))


def _contradictions(rule: Rule, version: int) -> Iterator[Contradiction]:
    if rule.unsupported_field:
        yield Contradiction(tuple(rule.unsupported_field.split(".")), "the criterion is for Kubernetes only")
    if rule.ip_version not in (None, version):
        yield Contradiction(("ipVersion",), f"it is for IPv{rule.ip_version}", version_only=True)
    if not rule_services(rule, version):
        yield _service_contradiction(rule, version)
    for name, side in (("source", rule.source), ("destination", rule.destination)):
        yield from (each._replace(path=(name, *each.path)) for each in _address_contradictions(side, version))


def _service_contradiction(rule: Rule, version: int) -> Contradiction:
    candidates = (*_port_contradictions(rule), *_protocol_contradictions(rule), *_icmp_contradictions(rule, version))
    return next(iter(candidates), Contradiction((), "its criteria exclude each other"))


def _port_contradictions(rule: Rule) -> Iterator[Contradiction]:
    for name, side in (("source", rule.source), ("destination", rule.destination)):
        if side.ports == () and not side.named_ports:
            yield Contradiction((name, "ports"), "ports contains no valid port")
        ports = ALL_PORTS if side.named_ports else side.ports or ALL_PORTS
        if side.not_ports and not intervals.combine(ports, side.not_ports, intervals.SUB):
            excluded = "every port in ports" if side.ports else "every port"
            yield Contradiction((name, "notPorts"), f"notPorts excludes {excluded}")
        if (side.ports or side.not_ports) and rule.protocol not in (None, *PORT_PROTOCOLS):
            yield Contradiction((name, "ports"), f"protocol {protocol_name(rule.protocol or 0)} has no ports")


def _protocol_contradictions(rule: Rule) -> Iterator[Contradiction]:
    if rule.protocol is not None and rule.protocol < 0:
        yield Contradiction(("protocol",), "the protocol does not exist")
    elif rule.protocol is not None and rule.protocol == rule.not_protocol:
        yield Contradiction(("notProtocol",), "notProtocol excludes the value of protocol")


def _icmp_contradictions(rule: Rule, version: int) -> Iterator[Contradiction]:
    if not (rule.icmp or rule.not_icmp):
        return
    if rule.protocol not in (None, ICMP, ICMPV6):
        field = "icmp" if rule.icmp else "notICMP"
        yield Contradiction((field,), f"protocol {protocol_name(rule.protocol or 0)} has no ICMP types")
    elif rule.protocol not in (None, ICMP_BY_VERSION[version]):
        message = f"protocol {protocol_name(rule.protocol)} is of the other IP version"
        yield Contradiction(("protocol",), message, version_only=True)
    elif rule.icmp and rule.not_icmp:
        yield Contradiction(("notICMP",), "notICMP excludes the value of icmp")


def _address_contradictions(side: EntityRule, version: int) -> Iterator[Contradiction]:
    if not is_satisfiable(side.selectors):
        yield Contradiction(("selector",), f"no labels match {side.selectors[0]}")
    elif side.selectors and not is_satisfiable(side.selectors, side.not_selectors):
        yield Contradiction(("notSelector",), f"notSelector excludes every endpoint with {side.selectors[0]}")
    for name, networks in (("nets", side.networks), ("notNets", side.not_networks)):
        if networks and all(net.version != version for net in networks):
            yield Contradiction((name,), f"{name} contains IPv{networks[0].version} networks only", version_only=True)
    if side.not_networks:
        included, excluded = (
            intervals.union((net.start, net.end) for net in networks if net.version == version)
            for networks in (side.networks or ALL_ADDRESSES, side.not_networks)
        )
        if not intervals.combine(included, excluded, intervals.SUB):
            excluded_text = "every address in nets" if side.networks else "every address"
            yield Contradiction(("notNets",), f"notNets excludes {excluded_text}")
