"""Services that a rule matches, as an exact set."""

from __future__ import annotations

from functools import lru_cache

from calicoctl.analysis.model.policy_set import EntityRule, Icmp, Rule
from calicoctl.analysis.sets.intervals import SUB, Intervals, combine
from calicoctl.analysis.sets.services import (
    ALL_BYTES,
    ALL_PORTS,
    ALL_SERVICES,
    NO_SERVICES,
    ServiceSet,
    services_of_protocol,
    union_all,
)
from calicoctl.kinds.values.protocols import ICMP_BY_VERSION, PORT_PROTOCOLS


def rule_services(rule: Rule, version: int) -> ServiceSet:
    """Return the services of the packets of an IP version that a rule matches, regardless of their addresses."""
    if rule.unsupported_field or rule.ip_version not in (None, version):
        return NO_SERVICES
    result = ALL_SERVICES
    if rule.protocol is not None:
        result = services_of_protocol(rule.protocol) if rule.protocol >= 0 else NO_SERVICES
    if rule.not_protocol is not None and rule.not_protocol >= 0:
        result -= services_of_protocol(rule.not_protocol)
    if rule.icmp:
        result &= _icmp_services(rule.icmp, version)
    if rule.not_icmp:
        result &= services_of_protocol(ICMP_BY_VERSION[version]) - _icmp_services(rule.not_icmp, version)
    if any(ports is not None for side in (rule.source, rule.destination) for ports in (side.ports, side.not_ports)):
        result &= _port_services(_effective_ports(rule.source), _effective_ports(rule.destination))
    return result


def _icmp_services(icmp: Icmp, version: int) -> ServiceSet:
    types, codes = (ALL_BYTES if number is None else (number, number + 1) for number in (icmp.type, icmp.code))
    return services_of_protocol(ICMP_BY_VERSION[version], types, codes)


def _effective_ports(side: EntityRule) -> Intervals:
    ports = ALL_PORTS if side.ports is None else side.ports
    return ports if side.not_ports is None else combine(ports, side.not_ports, SUB)


@lru_cache(maxsize=1 << 14)
def _port_services(sources: Intervals, destinations: Intervals) -> ServiceSet:
    return union_all(services_of_protocol(protocol, sources, destinations) for protocol in PORT_PROTOCOLS)
