"""Names of endpoint groups in results of `connectivity`, such as `profile/web with tier=canary`, as peers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from calicoctl.analysis.model.policy_set import Endpoint, PolicySet
from calicoctl.analysis.peers.peer import Peer, PeerNotFound
from calicoctl.kinds.values.names import v3_profile_name

_PROFILE_PREFIX = "profile/"
_PROFILE_SEPARATOR = " + "
_FEATURES = re.compile(r"(?P<base>.+) (?P<word>with|without) (?P<features>\S.*)")
_EVERY_ENDPOINT = "every endpoint"
_ALL: Mapping[str, Callable[[Endpoint], bool]] = {
    _EVERY_ENDPOINT: lambda _: True,
    "endpoints": lambda endpoint: not endpoint.host,
    "host endpoints": lambda endpoint: endpoint.host,
}
"""Endpoints of groups that are named by what they lack."""


def peer_of_group(text: str, policy_set: PolicySet, parse_base: Callable[[str], Peer]) -> Peer | None:
    """Return the peer of the endpoints in a group; None if the text is not the name of a group.

    Args:
        text: name of the group.
        policy_set: all endpoints and profiles.
        parse_base: returns the peer with the name before `with` or `without`.

    Raises:
        PeerNotFound: the group has no endpoint.
    """
    if text == _EVERY_ENDPOINT:
        return _peer(text, policy_set.endpoints)
    if found := _FEATURES.fullmatch(text):
        base, word, features = found.groups()
        endpoints = _endpoints_of_key(base, policy_set) or parse_base(base).endpoints
        parts = features.split(" and ") if word == "with" else [features]
        return _peer(text, (each for each in endpoints if _matches(each, word, parts, policy_set)))
    return _peer(text, _endpoints_of_key(text, policy_set)) if _PROFILE_SEPARATOR in text else None


def _endpoints_of_key(text: str, policy_set: PolicySet) -> Sequence[Endpoint]:
    """Return the endpoints with exactly some profiles, or of one kind; none for another property."""
    if text in _ALL:
        return tuple(filter(_ALL[text], policy_set.endpoints))
    names = text.split(_PROFILE_SEPARATOR)
    if not all(name.startswith(_PROFILE_PREFIX) for name in names):
        return ()
    profiles = tuple(v3_profile_name(name.removeprefix(_PROFILE_PREFIX)) for name in names)
    return tuple(each for each in policy_set.endpoints if each.profiles == profiles)


def _peer(text: str, endpoints: Iterable[Endpoint]) -> Peer:
    selected = tuple(endpoints)
    if not selected:
        raise PeerNotFound("the group has no endpoint")
    return Peer(text, selected)


def _matches(endpoint: Endpoint, word: str, features: Iterable[str], policy_set: PolicySet) -> bool:
    if word == "with":
        return _has_features(endpoint, features, policy_set)
    (lacking,) = features
    return not (endpoint.profiles if lacking == "a profile" else lacking in policy_set.labels_of(endpoint))


def _has_features(endpoint: Endpoint, features: Iterable[str], policy_set: PolicySet) -> bool:
    """Return whether an endpoint has all of some labels and profiles."""
    labels = policy_set.labels_of(endpoint)
    return all(
        v3_profile_name(feature.removeprefix(_PROFILE_PREFIX)) in endpoint.profiles
        if feature.startswith(_PROFILE_PREFIX)
        else has_label(labels, feature)
        for feature in features
    )


def has_label(labels: Mapping[str, str], text: str) -> bool:
    """Return whether a label is among others, by its text in results: `tier=canary`; an empty value is `''`."""
    key, equals, value = text.partition("=")
    return bool(equals) and labels.get(key) == ("" if value == "''" else value)
