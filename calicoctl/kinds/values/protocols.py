"""The IP protocols that Calico names: numbers, v1 and v3 names, ports, ICMP versions.

`schemas/rule.json` and `schemas/policyTest.json` list the v1 names a second time; a test compares them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

TCP: Final = 6
UDP: Final = 17
SCTP: Final = 132
ICMP: Final = 1
ICMPV6: Final = 58
MAX_PORT: Final = 65535


class Protocol(NamedTuple):
    """An IP protocol with a name in Calico."""

    number: int
    """IANA protocol number."""
    name: str
    """Name in v1 manifests."""
    v3_name: str
    has_ports: bool = False
    """Whether packets of the protocol have ports. Rules of v1 can match ports of tcp and udp only."""
    icmp_version: int | None = None
    """IP version of an ICMP protocol; None for other protocols."""


PROTOCOLS: Final = (
    Protocol(TCP, "tcp", "TCP", has_ports=True),
    Protocol(UDP, "udp", "UDP", has_ports=True),
    Protocol(SCTP, "sctp", "SCTP", has_ports=True),
    Protocol(ICMP, "icmp", "ICMP", icmp_version=4),
    Protocol(ICMPV6, "icmpv6", "ICMPv6", icmp_version=6),
    Protocol(136, "udplite", "UDPLite"),
)
PROTOCOL_NAMES: Final = tuple(protocol.name for protocol in PROTOCOLS)
PORT_PROTOCOLS: Final = tuple(protocol.number for protocol in PROTOCOLS if protocol.has_ports)
"""Numbers of the protocols with ports."""
V3_PORT_PROTOCOLS: Final = frozenset((*PORT_PROTOCOLS, *(each.v3_name for each in PROTOCOLS if each.has_ports)))
"""Numbers and v3 names of the protocols with ports."""
ICMP_BY_VERSION: Final = {
    protocol.icmp_version: protocol.number for protocol in PROTOCOLS if protocol.icmp_version is not None
}
"""Number of the ICMP protocol by IP version."""

_NAMES = {protocol.number: protocol.name for protocol in PROTOCOLS}
_NUMBERS = {protocol.name: protocol.number for protocol in PROTOCOLS}


def protocol_name(number: int) -> str:
    """Return the v1 name of a protocol, or its number as text if it has no name."""
    return _NAMES.get(number, str(number))


def protocol_number(protocol: int | str) -> int | None:
    """Return the number of a protocol given by name or number; None if the protocol does not exist."""
    if isinstance(protocol, str) and not (protocol.isascii() and protocol.isdigit()):
        return _NUMBERS.get(protocol.lower())
    number = int(protocol)
    return number if 0 <= number <= 255 else None
