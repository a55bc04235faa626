"""Services that a rule matches, as an exact set."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from calicoctl.analysis.model.named_port import EndpointPort, NamedPort
from calicoctl.analysis.model.policy_set import EntityRule, Icmp, Rule
from calicoctl.analysis.sets.intervals import EMPTY, OR, SUB, Intervals, combine
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


def rule_services(
    rule: Rule, version: int, source_ports: Intervals | None = None, destination_ports: Intervals | None = None
) -> ServiceSet:
    """Return the services of the packets of an IP version that a rule matches, regardless of their addresses.

    Args:
        rule: the rule.
        version: the IP version.
        source_ports: ports that match at the address of the source; None if unknown: a name can be that of any port.
        destination_ports: likewise, at the address of the destination.
    """
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
        result &= _port_services(
            _possible_ports(rule.source) if source_ports is None else source_ports,
            _possible_ports(rule.destination) if destination_ports is None else destination_ports,
        )
    return result


def _icmp_services(icmp: Icmp, version: int) -> ServiceSet:
    types, codes = (ALL_BYTES if number is None else (number, number + 1) for number in (icmp.type, icmp.code))
    return services_of_protocol(ICMP_BY_VERSION[version], types, codes)


def _possible_ports(side: EntityRule) -> Intervals:
    ports = ALL_PORTS if side.ports is None or side.named_ports else side.ports
    return ports if side.not_ports is None else combine(ports, side.not_ports, SUB)


def effective_ports(side: EntityRule, endpoint_ports: Iterable[EndpointPort]) -> Intervals:
    """Return the ports that a side of a rule matches at an address whose endpoint has these named ports."""
    ports = ALL_PORTS if side.ports is None else with_named_ports(side.ports, side.named_ports, endpoint_ports)
    return combine(ports, with_named_ports(side.not_ports, side.not_named_ports, endpoint_ports), SUB)


def with_named_ports(
    numbers: Intervals | None, named_ports: Iterable[NamedPort], endpoint_ports: Iterable[EndpointPort]
) -> Intervals:
    """Return the ports of a list with numbers and names; a missing list has none."""
    result = numbers or EMPTY
    for named_port in named_ports:
        result = combine(result, named_port.ports_of(endpoint_ports), OR)
    return result


@lru_cache(maxsize=1 << 14)
def _port_services(sources: Intervals, destinations: Intervals) -> ServiceSet:
    return union_all(services_of_protocol(protocol, sources, destinations) for protocol in PORT_PROTOCOLS)
