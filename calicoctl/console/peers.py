"""Parser of peers on the command line, such as `--from` and `--to`."""

from __future__ import annotations

from calicoctl.analysis import PolicySet
from calicoctl.analysis.peers import peer
from calicoctl.analysis.peers.peer import AmbiguousPeer, Peer, PeerNotFound
from calicoctl.analysis.sets.addresses import parse_network
from calicoctl.errors import UsageError

PEER_SYNTAX = "an endpoint, profile:NAME, selector:SELECTOR, an address or network, outside, or labels:KEY=VALUE"


def parse_peer(text: str, policy_set: PolicySet) -> Peer:
    """Return the peer for a text on the command line.

    Raises:
        UsageError: syntax error, or the peer does not exist or is ambiguous.
    """
    prefix, colon, argument = text.partition(":")
    if text == "outside":
        return peer.external_peer(text)
    if colon and prefix in _PEER_PARSERS:
        try:
            return _PEER_PARSERS[prefix](text, argument, policy_set)
        except PeerNotFound as error:
            raise UsageError(f"{text}: {error}") from None
    try:
        net = parse_network(text)
    except ValueError:
        return _peer_from_endpoint(text, policy_set)
    return peer.peer_in_network(text, net, policy_set)


def _peer_from_selector(text: str, argument: str, policy_set: PolicySet) -> Peer:
    from calicoctl.kinds.values.labels import selector_to_v3
    from calicoctl.selector import SelectorError, parse

    try:
        selector = parse(selector_to_v3(argument.strip()))
    except SelectorError as error:
        raise UsageError(f"{text}: {error}") from None
    return peer.peer_for_selector(text, selector, policy_set)


def _peer_from_labels(text: str, argument: str, policy_set: PolicySet) -> Peer:
    """Return a planned endpoint with the labels and the profile of `role=db,profile=NAME`."""
    labels: dict[str, str] = {}
    for part in filter(None, argument.split(",")):
        key, equals, value = part.partition("=")
        if not equals or not key:
            raise UsageError(f"{text}: invalid label {part!r} (write KEY=VALUE)")
        labels[key] = value
    profile = labels.pop("profile", "")
    return peer.peer_for_labels(text, labels, profile, f"an endpoint with {argument}", policy_set)


_PEER_PARSERS = {"profile": peer.peer_for_profile, "selector": _peer_from_selector, "labels": _peer_from_labels}


def _peer_from_endpoint(text: str, policy_set: PolicySet) -> Peer:
    try:
        return peer.peer_for_endpoint(text, text, policy_set)
    except AmbiguousPeer as error:
        raise UsageError(str(error)) from None
    except PeerNotFound as error:
        raise UsageError(f"{error} (write {PEER_SYNTAX})") from None
