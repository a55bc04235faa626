"""Parties by what names them: a profile, a selector, labels, an endpoint, a network; whoever asks has the words."""

from __future__ import annotations

from collections.abc import Mapping

from calicoctl.analysis.addresses import Address, Network
from calicoctl.analysis.build import placeholder_endpoint
from calicoctl.analysis.governing import PolicyResolver
from calicoctl.analysis.model import Endpoint, PolicySet
from calicoctl.analysis.parties import ALL_ADDRESSES, Peer
from calicoctl.kinds.names import v3_profile_name
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
