"""Parser of peers on the command line, such as `--from` and `--to`."""

from __future__ import annotations

from dataclasses import replace

from calicoctl.analysis import PolicySet
from calicoctl.analysis.peers import peer
from calicoctl.analysis.peers.peer import OUTSIDE, AmbiguousPeer, Peer, PeerNotFound
from calicoctl.analysis.sets.addresses import Network, parse_network
from calicoctl.errors import UsageError
from calicoctl.kinds import find_kind

PEER_SYNTAX = "an endpoint, profile:NAME, selector:SELECTOR, an address or network, outside, or labels:KEY=VALUE"

_PRINTED_PREFIXES = (("an endpoint of ", ""), ("an endpoint with ", "labels:"))
"""Start of the names of placeholder endpoints in results, and of the peer that it denotes."""


def parse_peer(text: str, policy_set: PolicySet) -> Peer:
    """Return the peer for a text on the command line: the syntax of peers, or a name as in results.

    Raises:
        UsageError: syntax error, or the peer does not exist or is ambiguous.
    """
    base, separator, network = text.rpartition(" in ")  # as results name a part of a peer
    if separator and (net := _parse_network(network)):
        if base == OUTSIDE:
            return peer.external_peer(text, net)
        return replace(parse_peer(base, policy_set), name=text, within_network=net)
    words = _from_printed_name(text)
    if words == OUTSIDE:
        return peer.external_peer(text)
    prefix, colon, argument = words.partition(":")
    if colon and prefix in _PEER_PARSERS:
        try:
            return _PEER_PARSERS[prefix](text, argument, policy_set)
        except PeerNotFound as error:
            raise UsageError(f"{text}: {error}") from None
    if net := _parse_network(words):
        return peer.peer_in_network(text, net, policy_set)
    return _peer_from_endpoint(text, words, policy_set)


def _parse_network(text: str) -> Network | None:
    try:
        return parse_network(text)
    except ValueError:
        return None


def _from_printed_name(text: str) -> str:
    """Return the peer that a name in results denotes: `profile:web` for `profile/web`, and kinds without aliases."""
    for printed, written in _PRINTED_PREFIXES:
        if text.startswith(printed):
            text = written + text.removeprefix(printed)
    word, slash, name = text.partition("/")
    kind = find_kind(word) if slash else None
    if kind is None:
        return text
    return f"profile:{name}" if kind.name == "profile" else f"{kind.name}/{name}"


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


def _peer_from_profile(text: str, argument: str, policy_set: PolicySet) -> Peer:
    return peer.peer_for_profile(text, argument, policy_set)


_PEER_PARSERS = {"profile": _peer_from_profile, "selector": _peer_from_selector, "labels": _peer_from_labels}


def _peer_from_endpoint(text: str, name: str, policy_set: PolicySet) -> Peer:
    """Return the endpoint with a name; else the endpoints with a label, as in `connectivity --group-by label:KEY`."""
    try:
        return peer.peer_for_endpoint(text, name, policy_set)
    except AmbiguousPeer as error:
        raise UsageError(str(error)) from None
    except PeerNotFound as error:
        if "=" in name:
            return _peer_from_label(text, name, policy_set)
        raise UsageError(f"{error} (write {PEER_SYNTAX})") from None


def _peer_from_label(text: str, name: str, policy_set: PolicySet) -> Peer:
    key, _, value = name.partition("=")
    value = "" if value == "''" else value
    matching = tuple(each for each in policy_set.endpoints if policy_set.labels_of(each).get(key) == value)
    if not matching:
        raise UsageError(f"no endpoint {text!r}, and no endpoint with this label (write {PEER_SYNTAX})")
    return Peer(text, matching)
