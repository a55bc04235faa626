"""IPv6 neighbor discovery of host endpoints.

Linux marks these packets as untracked, so no connection state accepts them, and the agent accepts them only from
workloads (Felix `rules/static.go`). Without them, no IPv6 packet passes the interface, forwarded ones included.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.match_blocks import Match
from calicoctl.analysis.evaluation.reachability import Reachability
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction
from calicoctl.analysis.sets.bitsets import bitset, union_bits
from calicoctl.analysis.sets.services import services_of_protocol
from calicoctl.kinds.values.protocols import ICMPV6

NEIGHBOR_DISCOVERY_TYPES: Final = (135, 136)
"""ICMPv6 types of neighbor solicitation and neighbor advertisement (RFC 4861)."""


def _is_outside(address_class: AddressClass) -> bool:
    return address_class.is_external and address_class.place is None


class DeniedDiscovery(NamedTuple):
    """Message of neighbor discovery that a host endpoint denies with all non-endpoints."""

    direction: Direction
    type: int
    """ICMPv6 type."""
    match: Match
    """First decision that denies."""


def denied_neighbor_discovery(reachability: Reachability, address_class: AddressClass) -> list[DeniedDiscovery]:
    """Return the messages that host endpoints of a class deny; none for other classes and for IPv4."""
    place = address_class.place
    if address_class.version == 4 or not (place and place.host):
        return []
    remote = bitset(each.index for each in reachability.classes if each.version == 6 and _is_outside(each))
    result = []
    for direction in DIRECTIONS:
        matches = reachability.decision(address_class, direction).matches
        for kind in NEIGHBOR_DISCOVERY_TYPES:
            services = services_of_protocol(ICMPV6, (kind, kind + 1), (0, 1))
            denying = [each for each in matches if each.action == "deny" and each.peers & remote]
            denying = [each for each in denying if each.services & services]
            if denying and union_bits(each.peers for each in denying) & remote == remote:
                result.append(DeniedDiscovery(direction, kind, denying[0]))
    return result
