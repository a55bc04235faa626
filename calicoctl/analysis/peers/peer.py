"""Peers: the ends of the traffic in a question, given by profile, selector, labels, endpoint or network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass, ClassMember, sample_address
from calicoctl.analysis.model.endpoint_names import AmbiguousEndpoint, EndpointNotFound
from calicoctl.analysis.model.placeholder import placeholder_endpoint, placeholder_of_profile
from calicoctl.analysis.model.policy_set import Endpoint, PolicySet
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Address, Network, parse_network
from calicoctl.kinds.values.names import v3_profile_name
from calicoctl.selector import Selector

ALL_ADDRESSES = tuple(Network(version, 0, size) for version, size in ADDRESS_COUNTS.items())
"""Networks of all addresses: 0.0.0.0/0 and ::/0."""

PRIVATE_NETWORKS = tuple(map(parse_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""Networks that Felix calls private (`collector/types/endpoint/endpoint.go`)."""

OUTSIDE = "outside"
"""Name of non-endpoints: addresses of no endpoint."""
PUBLIC_NETWORK = "public network"
"""Name of the non-endpoints outside the private networks."""
PRIVATE_NETWORK = "private network"
"""Name of the non-endpoints in private networks."""


@dataclass(frozen=True)
class Peer:
    """One end of traffic: endpoints, and non-endpoint addresses in networks."""

    name: str
    endpoints: tuple[Endpoint, ...] = ()
    networks: tuple[Network, ...] = ()
    within_network: Network | None = None
    """Network that restricts the addresses of `endpoints`; None for no restriction."""
    excluded_networks: tuple[Network, ...] = ()
    """Networks whose non-endpoint addresses are not part of the peer."""
    external_name: str = OUTSIDE
    """Name of its non-endpoint addresses in results."""

    def contains(self, member: ClassMember) -> bool:
        """Whether the peer contains an endpoint at one of its addresses."""
        required, address = self.within_network, member.address
        if required and not (required.version == address.version and required.contains(address.value)):
            return False
        return member.endpoint in self._endpoints

    def contains_external(self, address_class: AddressClass) -> bool:
        """Whether the peer contains the non-endpoint addresses of a class."""
        addresses, version = address_class.external_addresses, address_class.version
        if not addresses:
            return False
        included, excluded = (
            any(network.version == version and network.contains(addresses[0]) for network in networks)
            for networks in (self.networks, self.excluded_networks)
        )
        return included and not excluded

    @property
    def boundary_networks(self) -> tuple[Network, ...]:
        """Networks whose addresses differ from the others for this peer."""
        networks = (*self.networks, *self.excluded_networks)
        if self.within_network and any(endpoint.addresses is None for endpoint in self.endpoints):
            return (*networks, self.within_network)
        return networks

    @cached_property
    def _endpoints(self) -> frozenset[Endpoint]:
        return frozenset(self.endpoints)


class PeerNotFound(LookupError):
    """No endpoint or profile has the name; the message states the problem."""


class AmbiguousPeer(PeerNotFound):
    """Several endpoints have the name."""


def external_peer(name: str, net: Network | None = None) -> Peer:
    """Return the peer of all non-endpoint addresses, or of those in a network."""
    return Peer(name, networks=(net,) if net else ALL_ADDRESSES)


def public_network(name: str) -> Peer:
    """Return the peer of all non-endpoint addresses that are not private."""
    return Peer(name, networks=ALL_ADDRESSES, excluded_networks=PRIVATE_NETWORKS, external_name=PUBLIC_NETWORK)


def private_network(name: str) -> Peer:
    """Return the peer of all non-endpoint addresses that are private."""
    return Peer(name, networks=PRIVATE_NETWORKS)


def peer_in_network(name: str, net: Network, policy_set: PolicySet) -> Peer:
    """Return the peer of all addresses in a network; of the endpoints alone if it is one address of endpoints."""
    endpoints: dict[Endpoint, None] = {}
    for address, owners in policy_set.endpoints_by_address.items():
        if address.version == net.version and net.contains(address.value):
            endpoints.update(dict.fromkeys(owners))
    is_single_address = Address(net.version, net.start) in policy_set.endpoints_by_address and net.end == net.start + 1
    return Peer(name, tuple(endpoints), () if is_single_address else (net,), net)


def peer_for_profile(name: str, profile: str, policy_set: PolicySet) -> Peer:
    """Return the peer of the endpoints with a profile; of a placeholder endpoint if no endpoint has it.

    Raises:
        PeerNotFound: the profile does not exist.
    """
    stored = _stored_profile_name(profile, policy_set)
    endpoints = tuple(endpoint for endpoint in policy_set.endpoints if stored in endpoint.profiles)
    if not endpoints:
        endpoints = (placeholder_of_profile(policy_set.profiles[stored], name=f"an endpoint of profile/{profile}"),)
    return Peer(name, endpoints)


def peer_for_selector(name: str, selector: Selector, policy_set: PolicySet) -> Peer:
    """Return the peer of the endpoints that a selector matches.

    Raises:
        PeerNotFound: the selector matches no endpoint.
    """
    endpoints = tuple(each for each in policy_set.endpoints if selector.matches(policy_set.labels_of(each)))
    if not endpoints:
        raise PeerNotFound("the selector matches no endpoint")
    return Peer(name, endpoints)


def peer_for_labels(
    name: str, labels: Mapping[str, str], profile: str, display_name: str, policy_set: PolicySet
) -> Peer:
    """Return the peer of a placeholder endpoint with some labels.

    Args:
        name: name of the peer.
        labels: labels of the endpoint.
        profile: profile of the endpoint; empty for none.
        display_name: name of the endpoint in results.
        policy_set: policy set that contains the profile.

    Raises:
        PeerNotFound: the profile does not exist.
    """
    if not profile:
        return Peer(name, (placeholder_endpoint("", labels, display_name),))
    existing = policy_set.profiles[_stored_profile_name(profile, policy_set)]
    return Peer(name, (placeholder_of_profile(existing, labels, display_name),))


def peer_for_endpoint(name: str, endpoint: str, policy_set: PolicySet) -> Peer:
    """Return the peer of an endpoint, of all endpoints of a pod, or of all host endpoints of a node, by its name.

    Raises:
        PeerNotFound: no endpoint has the name.
        AmbiguousPeer: several endpoints have the name.
    """
    try:
        return Peer(name, tuple(policy_set.endpoint_names.find(endpoint)))
    except AmbiguousEndpoint as error:
        raise AmbiguousPeer(str(error)) from None
    except EndpointNotFound as error:
        raise PeerNotFound(str(error)) from None


def _stored_profile_name(profile: str, policy_set: PolicySet) -> str:
    """Return the name of a profile in the datastore, also for `profile/NAME`, as profiles are printed."""
    stored = v3_profile_name(profile)
    if stored not in policy_set.profiles:
        stored = v3_profile_name(profile.removeprefix("profile/"))
    if stored not in policy_set.profiles:
        known = ", ".join(sorted(str(each.identifier) for each in policy_set.profiles.values()))
        raise PeerNotFound("the profile does not exist" + (f" (existing: {known})" if known else ""))
    return stored


class PathEnd(NamedTuple):
    """One end of a packet: an address, and the endpoint that has it; None for a non-endpoint."""

    address: Address
    endpoint: Endpoint | None = None

    @property
    def name(self) -> str:
        """Name in messages."""
        return self.endpoint.name if self.endpoint else OUTSIDE


def pick_end(address_class: AddressClass, peer: Peer, avoided: PathEnd | None = None) -> PathEnd:
    """Return an example of a peer in an address class; if possible, not the endpoint of `avoided`."""
    members = list(filter(peer.contains, address_class.members))
    if not members:
        value = sample_address(address_class.version, address_class.external_addresses)
        return PathEnd(Address(address_class.version, value))
    preferred = (member for member in members if avoided is None or member.endpoint is not avoided.endpoint)
    endpoint, address = next(preferred, members[0])
    return PathEnd(address, endpoint)
