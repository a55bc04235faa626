"""Syntax of peers: the texts of `--from` and `--to`, and the names in results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from calicoctl.analysis.model.policy_set import PolicySet
from calicoctl.analysis.peers import peer
from calicoctl.analysis.peers.group_syntax import has_label, peer_of_group
from calicoctl.analysis.peers.peer import OUTSIDE, PRIVATE_NETWORK, PUBLIC_NETWORK, AmbiguousPeer, Peer, PeerNotFound
from calicoctl.analysis.sets.addresses import Network, parse_network
from calicoctl.kinds import find_kind
from calicoctl.kinds.profile import PROFILE

PEER_SYNTAX = "an endpoint, profile:NAME, selector:SELECTOR, an address or network, outside, or labels:KEY=VALUE"

_PRINTED_PREFIXES = (("an endpoint of ", ""), ("an endpoint with ", "labels:"))
"""Start of the names of placeholder endpoints in results, and of the peer that it denotes."""
_EXTERNAL_PEERS: Mapping[str, Callable[[str], Peer]] = {
    OUTSIDE: peer.external_peer,
    **dict.fromkeys((PUBLIC_NETWORK, "pub"), peer.public_network),
    **dict.fromkeys((PRIVATE_NETWORK, "pvt"), peer.private_network),
}
"""Peers of non-endpoints by name: that in results, and that in flow logs."""


class InvalidPeer(ValueError):
    """Text that denotes no peer, or several; the message states the problem and the remedy."""


def parse_peer(text: str, policy_set: PolicySet, remedy: str = f"write {PEER_SYNTAX}") -> Peer:
    """Return the peer for a text: the syntax of peers, or a name as in results.

    Args:
        text: the text.
        policy_set: all endpoints and profiles.
        remedy: remedy for an unknown name.

    Raises:
        InvalidPeer: syntax error, or the peer does not exist or is ambiguous.
    """
    words = _from_printed_name(text)
    if part := _part_of_peer(text, policy_set, remedy) or _peer_from_group(text, words, policy_set, remedy):
        return part
    if external := _EXTERNAL_PEERS.get(words):
        return external(text)
    prefix, colon, argument = words.partition(":")
    if colon and prefix in _PEER_PARSERS:
        try:
            return _PEER_PARSERS[prefix](text, argument, policy_set)
        except PeerNotFound as error:
            raise InvalidPeer(f"{text}: {error}") from None
    if net := _parse_network(words):
        return peer.peer_in_network(text, net, policy_set)
    return _peer_from_endpoint(text, policy_set, remedy)


def _part_of_peer(text: str, policy_set: PolicySet, remedy: str) -> Peer | None:
    """Return the part of a peer in a network, as results name it: `outside in 10.0.0.0/8`; None for another text."""
    base, separator, network = text.rpartition(" in ")
    net = _parse_network(network) if separator else None
    if not net:
        return None
    if external := _EXTERNAL_PEERS.get(base):
        return replace(external(text), networks=(net,))
    return replace(parse_peer(base, policy_set, remedy), name=text, within_network=net)


def _peer_from_group(text: str, words: str, policy_set: PolicySet, remedy: str) -> Peer | None:
    """Return the endpoints of a group in results; None for another text, also one with the syntax of peers."""
    prefix, colon, _ = text.partition(":")
    if (colon and prefix in _PEER_PARSERS) or words.startswith("labels:"):
        return None
    try:
        return peer_of_group(text, policy_set, lambda base: parse_peer(base, policy_set, remedy))
    except PeerNotFound as error:
        raise InvalidPeer(f"{text}: {error}") from None


def _parse_network(text: str) -> Network | None:
    try:
        return parse_network(text)
    except ValueError:
        return None


def _from_printed_name(text: str) -> str:
    """Return the peer that a name in results denotes: `profile:web` for `profile/web`."""
    for printed, written in _PRINTED_PREFIXES:
        if text.startswith(printed):
            text = written + text.removeprefix(printed)
    word, slash, name = text.partition("/")
    return f"profile:{name}" if slash and find_kind(word) is PROFILE else text


def _peer_from_selector(text: str, argument: str, policy_set: PolicySet) -> Peer:
    from calicoctl.kinds.values.labels import selector_to_v3
    from calicoctl.selector import SelectorError, parse

    try:
        selector = parse(selector_to_v3(argument.strip()))
    except SelectorError as error:
        raise InvalidPeer(f"{text}: {error}") from None
    return peer.peer_for_selector(text, selector, policy_set)


def _peer_from_labels(text: str, argument: str, policy_set: PolicySet) -> Peer:
    """Return a planned endpoint with the labels and the profile of `role=db,profile=NAME`."""
    labels: dict[str, str] = {}
    for part in filter(None, argument.split(",")):
        key, equals, value = part.partition("=")
        if not equals or not key:
            raise InvalidPeer(f"{text}: invalid label {part!r} (write KEY=VALUE)")
        if key in labels:
            raise InvalidPeer(f"{text}: {key} has two values (write one of them)")
        labels[key] = value
    if not labels:
        raise InvalidPeer(f"{text}: no label (write labels:KEY=VALUE or labels:profile=NAME)")
    profile = labels.pop("profile", "")
    return peer.peer_for_labels(text, labels, profile, f"an endpoint with {argument}", policy_set)


def _peer_from_profile(text: str, argument: str, policy_set: PolicySet) -> Peer:
    return peer.peer_for_profile(text, argument, policy_set)


_PEER_PARSERS = {"profile": _peer_from_profile, "selector": _peer_from_selector, "labels": _peer_from_labels}


def _peer_from_endpoint(name: str, policy_set: PolicySet, remedy: str) -> Peer:
    """Return the endpoints with a name; else those with a label, as in `connectivity --group-by label:KEY`."""
    try:
        return peer.peer_for_endpoint(name, name, policy_set)
    except AmbiguousPeer as error:
        raise InvalidPeer(str(error)) from None
    except PeerNotFound as error:
        if "=" in name:
            return _peer_from_label(name, policy_set, remedy)
        raise InvalidPeer(f"{error} ({remedy})") from None


def _peer_from_label(name: str, policy_set: PolicySet, remedy: str) -> Peer:
    matching = tuple(each for each in policy_set.endpoints if has_label(policy_set.labels_of(each), name))
    if not matching:
        raise InvalidPeer(f"no endpoint {name!r}, and no endpoint with this label ({remedy})")
    return Peer(name, matching)
