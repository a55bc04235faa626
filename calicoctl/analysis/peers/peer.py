"""Parties by what names them: a profile, a selector, labels, an endpoint, a network; whoever asks has the words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from calicoctl.analysis.evaluation.address_class import AddressClass, ClassMember, sample_address
from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.model.build import placeholder_endpoint
from calicoctl.analysis.model.policy_set import Endpoint, PolicySet
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Address, Network
from calicoctl.kinds.values.names import v3_profile_name
from calicoctl.resource import Identifier
from calicoctl.selector import Selector


class PeerNotFound(LookupError):
    """Nobody has this name; the message says so."""


class AmbiguousPeer(PeerNotFound):
    """More than one has this name."""


def external_peer(name: str, net: Network | None = None) -> Peer:
    """Whatever is no endpoint, within a network if one is given."""
    return Peer(name, networks=(net,) if net else ALL_ADDRESSES)


def peer_in_network(name: str, net: Network, policy_set: PolicySet) -> Peer:
    """What has an address in a network: endpoints and all else. An address of an endpoint means that alone."""
    endpoints: dict[Endpoint, None] = {}
    for address, owners in policy_set.endpoints_by_address.items():
        if address.version == net.version and net.contains(address.value):
            endpoints.update(dict.fromkeys(owners))
    is_single_address = Address(net.version, net.start) in policy_set.endpoints_by_address and net.end == net.start + 1
    return Peer(name, tuple(endpoints), () if is_single_address else (net,), net)


def peer_for_profile(name: str, profile: str, policy_set: PolicySet) -> Peer:
    """The endpoints with a profile; when there are none, one that stands for any that has it.

    Raises:
        NobodyError: there is no such profile.
    """
    stored = _stored_profile_name(profile, policy_set)
    endpoints = tuple(endpoint for endpoint in policy_set.endpoints if stored in endpoint.profiles)
    return Peer(name, endpoints or (placeholder_endpoint(stored, name=f"an endpoint of profile/{profile}"),))


def peer_for_selector(name: str, selector: Selector, policy_set: PolicySet) -> Peer:
    """The endpoints that a selector selects.

    Raises:
        NobodyError: it selects none.
    """
    resolver = PolicyResolver(policy_set)
    endpoints = tuple(
        endpoint for endpoint in policy_set.endpoints if selector.matches(resolver.resolve(endpoint).labels)
    )
    if not endpoints:
        raise PeerNotFound("no endpoint is selected")
    return Peer(name, endpoints)


def peer_for_labels(
    name: str, labels: Mapping[str, str], profile: str, display_name: str, policy_set: PolicySet
) -> Peer:
    """An endpoint that is not there yet, with labels of its own, a profile if one is named, and what to call it.

    Raises:
        NobodyError: there is no such profile.
    """
    stored = _stored_profile_name(profile, policy_set) if profile else ""
    return Peer(name, (placeholder_endpoint(stored, labels, display_name),))


def peer_for_endpoint(name: str, endpoint: str, policy_set: PolicySet) -> Peer:
    """One endpoint, by its full name or the last part of it.

    Raises:
        NobodyError: there is none.
        SeveralError: there are more than one.
    """
    written_endpoints = [each for each in policy_set.endpoints if each.origin]
    endpoints = [each for each in written_endpoints if _is_name_of(each.identifier, endpoint)]
    if not endpoints:
        raise PeerNotFound(f"there is no endpoint {endpoint!r}")
    if len(endpoints) > 1:
        names = ", ".join(str(each.identifier) for each in endpoints[:5])
        raise AmbiguousPeer(f"{endpoint!r} means more than one endpoint: {names} (write one of these)")
    return Peer(name, (endpoints[0],))


def _stored_profile_name(profile: str, policy_set: PolicySet) -> str:
    """The name that the agent knows a profile by."""
    stored = v3_profile_name(profile)
    if stored not in policy_set.profiles:
        known = ", ".join(sorted(str(each.identifier) for each in policy_set.profiles.values()))
        raise PeerNotFound("there is no such profile" + (f" (there are {known})" if known else ""))
    return stored


def _is_name_of(identifier: Identifier, text: str) -> bool:
    """Whether a text is the last part of a name or all of it; of many endpoints only few are looked at twice."""
    last = identifier.values[-1]
    return text == last or (text.endswith(f"/{last}") and text == str(identifier))


ALL_ADDRESSES = tuple(Network(version, 0, size) for version, size in ADDRESS_COUNTS.items())
"""All addresses."""

OUTSIDE = "outside"
"""Name of non-endpoints: addresses of no endpoint."""


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
