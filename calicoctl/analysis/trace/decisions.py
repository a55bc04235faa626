"""Decisions on the traffic between two peers: blocks of packets with the rules that decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.match_blocks import Match
from calicoctl.analysis.evaluation.reachability import Block, Reachability
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Direction, PolicySet, Rule, RuleAction
from calicoctl.analysis.peers.peer import Peer
from calicoctl.analysis.peers.self_traffic import SelfTraffic
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset
from calicoctl.analysis.sets.services import ServiceSet
from calicoctl.analysis.sets.set_index import union_by_key

_MatchedClasses = Mapping[Match, int]
"""Matches, each with the set of address classes for which it decides."""


class DecisionBlock(NamedTuple):
    """Block of packets of one IP version, and the matches that decide."""

    egress: Match
    ingress: Match | None
    """None if egress denies the packets."""
    block: Block

    @property
    def allowed(self) -> bool:
        """Whether both directions allow the packets, through some interfaces of the nodes at least."""
        return self.egress.action == "allow" and self.ingress is not None and self.ingress.action == "allow"

    @property
    def depends_on_interface(self) -> bool:
        """Whether the packets are allowed through some interfaces of the nodes only."""
        directions = filter(None, (self.egress, self.ingress))
        return self.allowed and any(match.depends_on_interface for match in directions)

    @property
    def is_outside(self) -> bool:
        """Whether both ends are non-endpoints, so that no policy applies."""
        return all(match and match.matched_by is DefaultDecision.OUTSIDE for match in (self.egress, self.ingress))


Deciders = tuple[tuple[str, Rule | DefaultDecision], ...]
"""Deciding rule or default by interface; one item if the decision does not depend on the interface."""


def deciders(match: Match | None) -> Deciders:
    """Return the deciding rule or default of a match; none if egress denies the packets."""
    if match is None:
        return ()
    alternatives = tuple((interface, other.matched_by) for interface, other in match.alternatives)
    return alternatives or (("", match.matched_by),)


DecisionKey = tuple[bool, Deciders, Deciders]
"""Whether packets are allowed, and what decides on egress and ingress."""


def decision_key(block: DecisionBlock) -> DecisionKey:
    """Return the decision on a block: for denied packets, only the direction that denies them."""
    egress, ingress = deciders(block.egress), deciders(block.ingress)
    is_denied_on_arrival = block.ingress is not None and not block.allowed
    return block.allowed, () if is_denied_on_arrival else egress, ingress


def _reachability(policy_set: PolicySet, peers: Sequence[Peer]) -> Reachability:
    endpoints = dict.fromkeys(endpoint for peer in peers for endpoint in peer.endpoints)
    networks = dict.fromkeys(net for peer in peers for net in peer.boundary_networks)
    return Reachability(policy_set, tuple(endpoints), tuple(networks))


class Decider:
    """Decides on the traffic between peers.

    Args:
        policy_set: the policies, profiles and all endpoints.
        peers: all peers of the questions.
        reachability: reachability with all of these peers, if it exists already.
    """

    def __init__(self, policy_set: PolicySet, peers: Iterable[Peer], reachability: Reachability | None = None) -> None:
        self.policy_set = policy_set
        self.reachability = reachability or _reachability(policy_set, tuple(peers))

    def decide(
        self, source: Peer, destination: Peer, services: ServiceSet, version: int | None = None
    ) -> Iterator[DecisionBlock]:
        """Yield disjoint blocks of all packets between two peers, without traffic of endpoints to themselves.

        Args:
            source: a peer of the constructor.
            destination: a peer of the constructor.
            services: services of the packets.
            version: IP version of the packets; None means both.
        """
        return self._blocks(source, destination, services, version, {"allow", "deny"})

    def passed_to_profiles(
        self, source: Peer, destination: Peer, services: ServiceSet, version: int | None = None
    ) -> Iterator[Rule]:
        """Yield the rules that pass some of the packets to the profiles. The arguments are those of `decide`."""
        for block in self._blocks(source, destination, services, version, {"pass"}):
            matched_by = (block.ingress or block.egress).matched_by
            if isinstance(matched_by, Rule):
                yield matched_by

    def between(
        self,
        source: Peer,
        destination: Peer,
        classes: tuple[Sequence[AddressClass], Sequence[AddressClass]],
        services: ServiceSet,
    ) -> Iterator[DecisionBlock]:
        """Yield the blocks of all packets between two peers, restricted to some address classes of each."""
        outgoing, incoming = self._matches(classes, services)
        incoming = {match: receivers for match, receivers in incoming.items() if match.is_final}
        self_traffic = SelfTraffic(tuple(dict.fromkeys((*classes[0], *classes[1]))), source, destination)
        yield from _combine(outgoing, incoming, self_traffic, {"deny"})

    def _blocks(
        self, source: Peer, destination: Peer, services: ServiceSet, version: int | None, actions: Set[RuleAction]
    ) -> Iterator[DecisionBlock]:
        """Yield the blocks that egress allows and ingress matches with one of the actions, or that egress does."""
        senders, receivers = (
            [address_class for address_class in self.classes_of(peer) if version in (None, address_class.version)]
            for peer in (source, destination)
        )
        outgoing, incoming = self._matches((senders, receivers), services)
        incoming = {match: receivers for match, receivers in incoming.items() if match.action in actions}
        yield from _combine(outgoing, incoming, SelfTraffic(self.reachability.classes, source, destination), actions)

    def at_ingress(self, block: Block) -> Iterator[tuple[Match, Block]]:
        """Yield the ingress decisions on a block, regardless of egress."""
        classes = (self.reachability.classes[index] for index in bit_indexes(block.destinations))
        for match, receivers in self._matches_of_classes(classes, "ingress", block.sources, block.services).items():
            if match.is_final:
                yield match, Block(match.peers, receivers, match.services)

    def classes_of(self, peer: Peer) -> Iterator[AddressClass]:
        """Yield the address classes with addresses of a peer."""
        for address_class in self.reachability.classes:
            if any(map(peer.contains, address_class.members)) or peer.contains_external(address_class):
                yield address_class

    def _matches(
        self, classes: tuple[Sequence[AddressClass], Sequence[AddressClass]], services: ServiceSet
    ) -> tuple[_MatchedClasses, _MatchedClasses]:
        """Return the egress and the ingress matches between some classes."""
        sources, destinations = (bitset(address_class.index for address_class in side) for side in classes)
        return (
            self._matches_of_classes(classes[0], "egress", destinations, services),
            self._matches_of_classes(classes[1], "ingress", sources, services),
        )

    def _matches_of_classes(
        self, classes: Iterable[AddressClass], direction: Direction, peers: int, services: ServiceSet
    ) -> _MatchedClasses:
        decisions = union_by_key(
            (self.reachability.decision(address_class, direction), 1 << address_class.index)
            for address_class in classes
        )
        return union_by_key(
            (match._replace(peers=common_peers, services=common_services), deciding_classes)
            for decision, deciding_classes in decisions.items()
            for match in decision.matches
            if (common_peers := match.peers & peers) and (common_services := match.services & services)
        )


def _combine(
    outgoing: _MatchedClasses, incoming: _MatchedClasses, self_traffic: SelfTraffic, actions: Set[RuleAction]
) -> Iterator[DecisionBlock]:
    """Yield the blocks that egress allows, with their ingress matches, and the blocks that egress decides."""
    for egress_match, senders in outgoing.items():
        blocks: Iterable[tuple[Match | None, Block]] = ()
        if egress_match.action == "allow":
            blocks = _arriving_blocks(egress_match, senders, incoming)
        elif egress_match.action in actions:
            blocks = [(None, Block(senders, egress_match.peers, egress_match.services))]
        for ingress, block in blocks:
            yield from (DecisionBlock(egress_match, ingress, part) for part in self_traffic.subtract_from(block))


def _arriving_blocks(egress_match: Match, senders: int, incoming: _MatchedClasses) -> Iterator[tuple[Match, Block]]:
    """Yield the ingress matches of packets that egress allows."""
    for match, receivers in incoming.items():
        sources, destinations = senders & match.peers, receivers & egress_match.peers
        if sources and destinations and (services := egress_match.services & match.services):
            yield match, Block(sources, destinations, services)
