"""Parties by what names them: a profile, a selector, labels, an endpoint, a network; whoever asks has the words."""

from __future__ import annotations

from collections.abc import Mapping

from calicoctl.analysis.addresses import Address, Network
from calicoctl.analysis.build import stand_in
from calicoctl.analysis.governing import Governing
from calicoctl.analysis.model import Endpoint, PolicySet
from calicoctl.analysis.parties import EVERYWHERE, Party
from calicoctl.kinds.names import profile_name
from calicoctl.resource import Identifier
from calicoctl.selector import Selector


class NobodyError(LookupError):
    """Nobody has this name; the message says so."""


class SeveralError(NobodyError):
    """More than one has this name."""


def outside(name: str, net: Network | None = None) -> Party:
    """Whatever is no endpoint, within a network if one is given."""
    return Party(name, networks=(net,) if net else EVERYWHERE)


def within(name: str, net: Network, policy_set: PolicySet) -> Party:
    """What has an address in a network: endpoints and all else. An address of an endpoint means that alone."""
    endpoints: dict[Endpoint, None] = {}
    for own, owners in policy_set.owners.items():
        if own.version == net.version and net.holds(own.value):
            endpoints.update(dict.fromkeys(owners))
    one = Address(net.version, net.start) in policy_set.owners and net.end == net.start + 1
    return Party(name, tuple(endpoints), () if one else (net,), net)


def of_profile(name: str, profile: str, policy_set: PolicySet) -> Party:
    """The endpoints with a profile; when there are none, one that stands for any that has it.

    Raises:
        NobodyError: there is no such profile.
    """
    stored = _stored(profile, policy_set)
    found = tuple(endpoint for endpoint in policy_set.endpoints if stored in endpoint.profiles)
    return Party(name, found or (stand_in(stored, name=f"an endpoint of profile/{profile}"),))


def of_selector(name: str, selector: Selector, policy_set: PolicySet) -> Party:
    """The endpoints that a selector selects.

    Raises:
        NobodyError: it selects none.
    """
    shapes = Governing(policy_set)
    found = tuple(endpoint for endpoint in policy_set.endpoints if selector.matches(shapes.shape(endpoint).labels))
    if not found:
        raise NobodyError("no endpoint is selected")
    return Party(name, found)


def of_labels(name: str, labels: Mapping[str, str], profile: str, called: str, policy_set: PolicySet) -> Party:
    """An endpoint that is not there yet, with labels of its own, a profile if one is named, and what to call it.

    Raises:
        NobodyError: there is no such profile.
    """
    stored = _stored(profile, policy_set) if profile else ""
    return Party(name, (stand_in(stored, labels, called),))


def of_endpoint(name: str, endpoint: str, policy_set: PolicySet) -> Party:
    """One endpoint, by its full name or the last part of it.

    Raises:
        NobodyError: there is none.
        SeveralError: there are more than one.
    """
    real = [each for each in policy_set.endpoints if each.origin]
    found = [each for each in real if _is_named(each.identifier, endpoint)]
    if not found:
        raise NobodyError(f"there is no endpoint {endpoint!r}")
    if len(found) > 1:
        names = ", ".join(str(each.identifier) for each in found[:5])
        raise SeveralError(f"{endpoint!r} means more than one endpoint: {names} (write one of these)")
    return Party(name, (found[0],))


def _stored(profile: str, policy_set: PolicySet) -> str:
    """The name that the agent knows a profile by."""
    stored = profile_name(profile)
    if stored not in policy_set.profiles:
        known = ", ".join(sorted(str(each.identifier) for each in policy_set.profiles.values()))
        raise NobodyError("there is no such profile" + (f" (there are {known})" if known else ""))
    return stored


def _is_named(identifier: Identifier, text: str) -> bool:
    """Whether a text is the last part of a name or all of it; of many endpoints only few are looked at twice."""
    last = identifier.values[-1]
    return text == last or (text.endswith(f"/{last}") and text == str(identifier))
