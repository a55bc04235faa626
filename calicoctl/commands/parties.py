"""What `--from` and `--to` mean: endpoints, profiles, addresses, and what nobody has written down yet."""

from __future__ import annotations

from calicoctl.analysis import Endpoint, PolicySet, stand_in
from calicoctl.analysis.addresses import Address, Network, network
from calicoctl.analysis.governing import Governing
from calicoctl.analysis.parties import EVERYWHERE, Party
from calicoctl.errors import UsageProblem
from calicoctl.kinds.names import profile_name
from calicoctl.resource import Identifier

FORMS = "an endpoint, profile:NAME, selector:SELECTOR, an address or network, outside, or labels:KEY=VALUE"


def party(text: str, policy_set: PolicySet) -> Party:
    """The party that a text on the command line means.

    Raises:
        UsageProblem: it means nothing, or several things.
    """
    word, colon, rest = text.partition(":")
    if text == "outside":
        return Party(text, networks=EVERYWHERE)
    if colon and word in _FORMS:
        return Party(text, _FORMS[word](rest, policy_set))
    try:
        net = network(text)
    except ValueError:
        return Party(text, (_endpoint(text, policy_set),))
    return _within(text, net, policy_set)


def _within(text: str, net: Network, policy_set: PolicySet) -> Party:
    """An address of an endpoint means the endpoint; of a network also those that are within."""
    endpoints: dict[Endpoint, None] = {}
    for own, owners in policy_set.owners.items():
        if own.version == net.version and net.holds(own.value):
            endpoints.update(dict.fromkeys(owners))
    one = Address(net.version, net.start) in policy_set.owners and net.end == net.start + 1
    return Party(text, tuple(endpoints), () if one else (net,), net)


def _of_profile(name: str, policy_set: PolicySet) -> tuple[Endpoint, ...]:
    stored = profile_name(name)
    if stored not in policy_set.profiles:
        known = ", ".join(sorted(str(profile.identifier) for profile in policy_set.profiles.values()))
        raise UsageProblem(f"profile:{name}: there is no such profile" + (f" (there are {known})" if known else ""))
    found = tuple(endpoint for endpoint in policy_set.endpoints if stored in endpoint.profiles)
    return found or (stand_in(stored, name=f"an endpoint of profile/{name}"),)


def _of_selector(text: str, policy_set: PolicySet) -> tuple[Endpoint, ...]:
    from calicoctl.kinds.rules import selector_to_v3
    from calicoctl.selector import SelectorError, parse

    try:
        selector = parse(selector_to_v3(text.strip()))
    except SelectorError as error:
        raise UsageProblem(f"selector:{text}: {error}") from None
    shapes = Governing(policy_set)
    found = tuple(endpoint for endpoint in policy_set.endpoints if selector.matches(shapes.shape(endpoint).labels))
    if not found:
        raise UsageProblem(f"selector:{text}: no endpoint is selected")
    return found


def _of_labels(text: str, policy_set: PolicySet) -> tuple[Endpoint, ...]:
    """An endpoint that is not there yet: `role=db,profile=NAME`."""
    labels: dict[str, str] = {}
    profile = ""
    for part in filter(None, text.split(",")):
        key, equals, value = part.partition("=")
        if not equals or not key:
            raise UsageProblem(f"labels:{text}: {part!r} is no label (write KEY=VALUE)")
        if key == "profile":
            profile = profile_name(value)
        else:
            labels[key] = value
    if profile and profile not in policy_set.profiles:
        raise UsageProblem(f"labels:{text}: there is no profile {profile!r}")
    return (stand_in(profile, labels, f"an endpoint with {text}"),)


_FORMS = {"profile": _of_profile, "selector": _of_selector, "labels": _of_labels}


def _endpoint(text: str, policy_set: PolicySet) -> Endpoint:
    real = (endpoint for endpoint in policy_set.endpoints if endpoint.origin)
    found = [endpoint for endpoint in real if _is_named(endpoint.identifier, text)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(str(endpoint.identifier) for endpoint in found[:5])
        raise UsageProblem(f"{text!r} means more than one endpoint: {names} (write one of these)")
    raise UsageProblem(f"there is no endpoint {text!r} (write {FORMS})")


def _is_named(identifier: Identifier, text: str) -> bool:
    """Whether the text is the last part of a name or all of it; of many endpoints only a few are looked at twice."""
    last = identifier.values[-1]
    return text == last or (text.endswith(f"/{last}") and text == str(identifier))
