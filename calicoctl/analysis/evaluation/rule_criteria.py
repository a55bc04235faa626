"""Packets that a rule matches: address classes of peers with the services for each."""

from __future__ import annotations

from typing import NamedTuple

from calicoctl.analysis.evaluation.peer_matcher import PeerMatcher
from calicoctl.analysis.evaluation.rule_services import rule_services
from calicoctl.analysis.model.policy_set import EntityRule, Rule
from calicoctl.analysis.sets.intervals import Intervals
from calicoctl.analysis.sets.services import ServiceSet

RuleCriteria = tuple[tuple[int, ServiceSet], ...]
"""Peers (bit sets of address classes) and services. With named ports, peers with different ports are separate."""


class OwnSide(NamedTuple):
    """Result of the criteria of a rule for the own end of the traffic."""

    matches: bool
    ports: Intervals | None = None
    """Ports that match at the own address; None if they are the same for all addresses."""


ANY_OWN_SIDE = OwnSide(matches=True)
"""Own side without criteria."""


def match_own_side(matcher: PeerMatcher, side: EntityRule, version: int, class_index: int) -> OwnSide:
    """Return whether a side of a rule matches an address class, and the ports that match there."""
    if side.is_address_independent:
        return ANY_OWN_SIDE
    for ports, classes in matcher.match_ports(side, version).items():
        if classes >> class_index & 1:
            return OwnSide(True, ports)
    return OwnSide(False)


def rule_criteria(
    matcher: PeerMatcher, rule: Rule, version: int, own_ports: Intervals | None = None, *, peer_is_source: bool
) -> RuleCriteria:
    """Return the peers and services of the packets that a rule matches, if its own side matches.

    Args:
        matcher: matcher of the address classes.
        rule: the rule.
        version: the IP version.
        own_ports: as in `OwnSide`.
        peer_is_source: whether the packets come from the peers.
    """
    peer_side = rule.source if peer_is_source else rule.destination
    if own_ports is None and not (peer_side.named_ports or peer_side.not_named_ports):
        return ((matcher.match(peer_side, version), rule_services(rule, version)),)
    return tuple(
        (peers, rule_services(rule, version, *((ports, own_ports) if peer_is_source else (own_ports, ports))))
        for ports, peers in matcher.match_ports(peer_side, version).items()
    )
