"""Who sends or receives in a trace: endpoints, or what is none, within networks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from calicoctl.analysis.addresses import ADDRESS_COUNTS, Address, Network
from calicoctl.analysis.groups import AddressClass, ClassMember, sample_address
from calicoctl.analysis.model import Endpoint

ALL_ADDRESSES = tuple(Network(version, 0, size) for version, size in ADDRESS_COUNTS.items())
"""All addresses."""


@dataclass(frozen=True)
class Peer:
    """Who sends or receives: endpoints, and what is no endpoint within networks."""

    name: str
    endpoints: tuple[Endpoint, ...] = ()
    networks: tuple[Network, ...] = ()
    within_network: Network | None = None
    """Where an address of an endpoint has to lie to be meant; None means anywhere."""

    def contains(self, member: ClassMember) -> bool:
        """Whether an endpoint with one of its addresses is meant."""
        required, address = self.within_network, member.address
        if required and not (required.version == address.version and required.contains(address.value)):
            return False
        return member.endpoint in self._endpoints

    def contains_external(self, address_class: AddressClass) -> bool:
        """Whether addresses of a group that are no endpoint's are meant."""
        nets = (
            net for net in self.networks if address_class.external_addresses and net.version == address_class.version
        )
        return any(net.contains(address_class.external_addresses[0]) for net in nets)

    @cached_property
    def _endpoints(self) -> frozenset[Endpoint]:
        return frozenset(self.endpoints)


def peer_names(classes: Iterable[AddressClass], peer: Peer) -> tuple[str, ...]:
    """Who of a party is meant: endpoints by their names, and the rest by where it is."""
    names: dict[str, None] = {}
    for address_class in classes:
        for endpoint, _ in filter(peer.contains, address_class.members):
            names[endpoint.name + _unknown_location_suffix(endpoint, address_class)] = None
        if peer.contains_external(address_class):
            names[f"outside{_network_suffix(address_class)}"] = None
    return tuple(names)


def _unknown_location_suffix(endpoint: Endpoint, address_class: AddressClass) -> str:
    return _network_suffix(address_class) if endpoint.addresses is None else ""


def _network_suffix(address_class: AddressClass) -> str:
    """The smallest of the networks that a group lies in, when it lies in any."""
    nets = [net for net in address_class.networks if net not in ALL_ADDRESSES]
    return f" in {min(nets, key=lambda net: net.end - net.start)}" if nets else ""


def pick_member(
    address_class: AddressClass, peer: Peer, avoided: ClassMember | Address | None = None
) -> ClassMember | Address:
    """Somebody of a party within a group, and not the other one where there is a choice."""
    candidates = list(filter(peer.contains, address_class.members))
    preferred = [
        member
        for member in candidates
        if not (isinstance(avoided, ClassMember) and member.endpoint is avoided.endpoint)
    ]
    if candidates:
        return (preferred or candidates)[0]
    return Address(address_class.version, sample_address(address_class.version, address_class.external_addresses))
