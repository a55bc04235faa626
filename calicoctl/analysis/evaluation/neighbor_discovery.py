"""IPv6 neighbor discovery through the interfaces of a node with host endpoints.

Linux marks these packets as untracked, so no connection state accepts them, and the agent accepts them only from
workloads (Felix `rules/static.go`). Without them, no IPv6 packet passes the interface, forwarded ones included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.host_chains import InterfaceChains
from calicoctl.analysis.evaluation.match_blocks import Match
from calicoctl.analysis.model.host_interface import NamedInterface
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, Endpoint
from calicoctl.analysis.sets.addresses import Address, parse_address, parse_network
from calicoctl.analysis.sets.bitsets import bitset, lowest_bit, union_bits
from calicoctl.analysis.sets.intervals import contains
from calicoctl.analysis.sets.services import ServiceSet, services_of_protocol
from calicoctl.kinds.values.protocols import ICMPV6

SOLICITATION: Final = 135
ADVERTISEMENT: Final = 136
NEIGHBOR_DISCOVERY: Final = services_of_protocol(ICMPV6, (SOLICITATION, ADVERTISEMENT + 1))
"""Messages of neighbor discovery (RFC 4861)."""
_SOLICITED_NODE: Final = parse_address("ff02::1:ff00:1")
"""Address of the kind to which solicitations are sent; rules that distinguish such addresses are not expected."""
_MULTICAST: Final = parse_network("ff00::/8")


class DeniedDiscovery(NamedTuple):
    """Message of neighbor discovery that an interface denies with all neighbors."""

    direction: Direction
    type: int
    """ICMPv6 type."""
    own: AddressClass
    """Class of the end at the node; for a received solicitation, of the multicast address."""
    peer: AddressClass
    """Class of the other end; for a sent solicitation, of the multicast address."""
    match: Match
    """First decision that denies."""


class DiscoveryMessage(NamedTuple):
    """Message of neighbor discovery that passes an interface, with all of its possible ends."""

    direction: Direction
    type: int
    """ICMPv6 type."""
    own: Sequence[AddressClass]
    """Classes of the end at the node; for a received solicitation, of the multicast address."""
    peers: int
    """Set of the classes of the other end; for a sent solicitation, of the multicast address."""

    @property
    def services(self) -> ServiceSet:
        """The message as services."""
        return services_of_protocol(ICMPV6, (self.type, self.type + 1), (0, 1))


class DiscoveryMatches(NamedTuple):
    """Decisions on a message with one of the classes at the node."""

    message: DiscoveryMessage
    own: AddressClass
    matches: Sequence[Match]


FindMatches = Callable[[AddressClass, Direction, int, InterfaceChains], Sequence[Match]]
"""Returns the matches of the packets of the node itself: own class, direction, peers, interface."""


class NeighborDiscovery:
    """Evaluates neighbor discovery through interfaces.

    Args:
        classes: all address classes.
        find_matches: evaluates the chains of an interface.
        named: interface that all packets use; its addresses and neighbors may be known.
    """

    def __init__(
        self, classes: Iterable[AddressClass], find_matches: FindMatches, named: NamedInterface | None = None
    ) -> None:
        self._known = named or NamedInterface("")
        self._find_matches = find_matches
        self._denied: dict[tuple[InterfaceChains, AddressClass | None], tuple[DeniedDiscovery, ...]] = {}
        self._classes = {each.index: each for each in classes if each.version == 6}
        self._multicast: AddressClass | None = None
        self._neighbors = 0
        """Classes of possible neighbors: non-endpoints and hosts."""
        self._own: dict[Endpoint | str, list[AddressClass]] = {}
        """Classes with addresses of host endpoints, and of nodes by name."""
        self._unknown: list[AddressClass] = []
        """Classes of the possible addresses of an interface whose IPv6 addresses are in no manifest."""
        for each in self._classes.values():
            self._add(each)

    def _add(self, address_class: AddressClass) -> None:
        place = address_class.place
        if place and place.is_host:
            for key in dict.fromkeys((place.host or place.node.name, place.node.name)):
                self._own.setdefault(key, []).append(address_class)
        if contains(address_class.external_addresses, _SOLICITED_NODE.value):
            self._multicast = address_class
        is_free = place is None and address_class.is_external and not _is_multicast(address_class)
        if is_free:
            self._unknown.append(address_class)
        is_possible = place.is_host if place else is_free
        if self._known.neighbors:
            is_possible = _contains_any(address_class, self._known.neighbors)
        if is_possible:
            self._neighbors |= 1 << address_class.index

    def denied(self, interface: InterfaceChains | None, own: AddressClass | None = None) -> tuple[DeniedDiscovery, ...]:
        """Return the messages that an interface denies with all neighbors.

        Args:
            interface: the interface; None without a host endpoint.
            own: class of the node with an address of the interface; None for any address.
        """
        if interface is None:
            return ()
        key = (interface, own)
        if key not in self._denied:
            self._denied[key] = tuple(self._evaluate(interface, own))
        return self._denied[key]

    def _evaluate(self, interface: InterfaceChains, own_class: AddressClass | None) -> Iterator[DeniedDiscovery]:
        for message in self._messages(interface, own_class):
            if denied := self._denied_message(interface, message):
                yield denied

    def matches(self, interface: InterfaceChains | None) -> Iterator[DiscoveryMatches]:
        """Yield the decisions on the messages that an interface needs, regardless of their ICMPv6 type."""
        if interface is None:
            return
        for message in self._messages(interface):
            for own in message.own:
                yield DiscoveryMatches(
                    message, own, self._find_matches(own, message.direction, message.peers, interface)
                )

    def _messages(
        self, interface: InterfaceChains, own_class: AddressClass | None = None
    ) -> Iterator[DiscoveryMessage]:
        host = interface.interface.effective_endpoint
        if host is None:
            return
        of_node = self._own.get(host.node, [])
        own = [each for each in of_node if _contains_any(each, self._known.addresses)]
        own = own or ([own_class] if own_class else self._own.get(host, of_node) or self._unknown)
        neighbors = self._neighbors & ~bitset(each.index for each in of_node)
        for direction in DIRECTIONS if own and neighbors else ():
            for kind in (SOLICITATION, ADVERTISEMENT):
                ends: tuple[Sequence[AddressClass], int] = own, neighbors
                if kind == SOLICITATION and self._multicast:
                    is_sent = direction == "egress"
                    ends = (own, 1 << self._multicast.index) if is_sent else ([self._multicast], neighbors)
                yield DiscoveryMessage(direction, kind, *ends)

    def _denied_message(self, interface: InterfaceChains, message: DiscoveryMessage) -> DeniedDiscovery | None:
        """Return a message if an interface denies it at all own addresses, with all peers."""
        direction, kind, own, peers = message
        services, result = message.services, None
        for own_class in own:
            matches = self._find_matches(own_class, direction, peers, interface)
            denying = [each for each in matches if each.action == "deny" and each.services & services]
            if union_bits(each.peers for each in denying) & peers != peers:
                return None
            peer = self._classes[lowest_bit(denying[0].peers & peers)]
            result = result or DeniedDiscovery(direction, kind, own_class, peer, denying[0])
        return result


def has_known_ipv6(address_class: AddressClass) -> bool:
    """Return whether a class contains IPv6 addresses of manifests, not only sample addresses of an endpoint."""
    return address_class.version == 6 and (
        bool(address_class.external_addresses) or any(member.endpoint.addresses for member in address_class.members)
    )


def _contains_any(address_class: AddressClass, addresses: Iterable[Address]) -> bool:
    """Return whether a class of IPv6 contains one of some addresses."""
    members, external = {member.address for member in address_class.members}, address_class.external_addresses
    return any(each in members or (each.version == 6 and contains(external, each.value)) for each in addresses)


def _is_multicast(address_class: AddressClass) -> bool:
    """Return whether a class contains only multicast addresses."""
    addresses = address_class.external_addresses
    return bool(addresses) and addresses[0] >= _MULTICAST.start
