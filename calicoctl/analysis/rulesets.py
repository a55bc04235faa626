"""The services that a rule matches, as an exact set, for one IP version."""

from __future__ import annotations

from functools import lru_cache

from calicoctl.analysis.intervals import SUB, Intervals, combined
from calicoctl.analysis.model import Icmp, Rule, Side
from calicoctl.analysis.services import (
    ALL_BYTES,
    ALL_PORTS,
    EVERYTHING,
    ICMP,
    ICMPV6,
    NOTHING,
    WITH_PORTS,
    ServiceSet,
    of_protocol,
)

ICMP_OF = {4: ICMP, 6: ICMPV6}
"""The ICMP that belongs to an IP version."""


def services_of(rule: Rule, version: int) -> ServiceSet:
    """The services of the packets of an IP version that match a rule, addresses aside."""
    if rule.unmet or rule.ip_version not in (None, version):
        return NOTHING
    found = EVERYTHING
    if rule.protocol is not None:
        found = of_protocol(rule.protocol) if rule.protocol >= 0 else NOTHING
    if rule.not_protocol is not None and rule.not_protocol >= 0:
        found -= of_protocol(rule.not_protocol)
    if rule.icmp:
        found &= _icmp(rule.icmp, version)
    if rule.not_icmp:
        found &= of_protocol(ICMP_OF[version]) - _icmp(rule.not_icmp, version)
    if any(ports is not None for side in (rule.source, rule.destination) for ports in (side.ports, side.not_ports)):
        found &= _with_ports(_ports(rule.source), _ports(rule.destination))
    return found


def _icmp(icmp: Icmp, version: int) -> ServiceSet:
    kinds, codes = (ALL_BYTES if number is None else (number, number + 1) for number in (icmp.type, icmp.code))
    return of_protocol(ICMP_OF[version], kinds, codes)


def _ports(side: Side) -> Intervals:
    ports = ALL_PORTS if side.ports is None else side.ports
    return ports if side.not_ports is None else combined(ports, side.not_ports, SUB)


@lru_cache(maxsize=1 << 14)
def _with_ports(sources: Intervals, destinations: Intervals) -> ServiceSet:
    found = NOTHING
    for protocol in WITH_PORTS:
        found |= of_protocol(protocol, sources, destinations)
    return found
