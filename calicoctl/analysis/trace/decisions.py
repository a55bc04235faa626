"""Who decides on traffic between two parties: every packet of it is in one block, with the rules that decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.first_match import ClassDecision, Match
from calicoctl.analysis.evaluation.reachability import Block, Reachability
from calicoctl.analysis.model.policy_set import Direction, PolicySet, Rule
from calicoctl.analysis.peers.peer import Peer
from calicoctl.analysis.peers.self_traffic import SelfTraffic
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset
from calicoctl.analysis.sets.services import ServiceSet

_MatchedClasses = Mapping[Match, int]
"""What comes to rules and ends, each with the groups that it is decided for there."""


class DecisionBlock(NamedTuple):
    """A block of packets, all of one IP version, and what decides on them."""

    egress: Match
    ingress: Match | None
    """None when they never leave."""
    block: Block

    @property
    def allowed(self) -> bool:
        """Whether they arrive."""
        return self.egress.action == "allow" and self.ingress is not None and self.ingress.action == "allow"


class Decider:
    """Decides on traffic between parties.

    Args:
        policy_set: who decides.
        parties: all that will be asked about.
    """

    def __init__(self, policy_set: PolicySet, peers: Iterable[Peer]) -> None:
        peers = tuple(peers)
        endpoints = dict.fromkeys(endpoint for peer in peers for endpoint in peer.endpoints)
        networks = dict.fromkeys(net for peer in peers for net in peer.networks)
        self.policy_set = policy_set
        self.reachability = Reachability(policy_set, tuple(endpoints), tuple(networks))

    def decide(
        self, source: Peer, destination: Peer, services: ServiceSet, version: int | None = None
    ) -> Iterator[DecisionBlock]:
        """All packets with these services from one party to the other: no packet is in two blocks.

        With `version` only those of this IP version. What an endpoint sends to itself never comes to the agent, and is
        in none.
        """
        outgoing, incoming = self._matches(source, destination, services, version)
        final = {match: classes for match, classes in incoming.items() if match.is_final}
        self_traffic = SelfTraffic(self.reachability.classes, source, destination)
        for egress_match, senders in outgoing.items():
            blocks: Iterable[tuple[Match | None, Block]] = ()
            if egress_match.action == "deny":
                blocks = [(None, Block(senders, egress_match.peers, egress_match.services))]
            elif egress_match.action == "allow":
                blocks = _arriving_blocks(egress_match, senders, final)
            for ingress, block in blocks:
                yield from (DecisionBlock(egress_match, ingress, part) for part in self_traffic.subtract_from(block))

    def passed_to_profiles(
        self, source: Peer, destination: Peer, services: ServiceSet, version: int | None = None
    ) -> Iterator[Rule]:
        """The rules that pass some of these packets on to the profiles."""
        outgoing, incoming = self._matches(source, destination, services, version)
        passed = {match: classes for match, classes in incoming.items() if match.action == "pass"}
        self_traffic = SelfTraffic(self.reachability.classes, source, destination)
        for egress_match, senders in outgoing.items():
            blocks: Iterable[tuple[Match, Block]] = ()
            if egress_match.action == "pass":
                blocks = [(egress_match, Block(senders, egress_match.peers, egress_match.services))]
            elif egress_match.action == "allow":
                blocks = _arriving_blocks(egress_match, senders, passed)
            for hit, block in blocks:
                if isinstance(hit.matched_by, Rule) and any(self_traffic.subtract_from(block)):
                    yield hit.matched_by

    def at_ingress(self, block: Block) -> Iterator[tuple[Match, Block]]:
        """What would decide on arrival, whether packets leave or not."""
        classes = (self.reachability.classes[index] for index in bit_indexes(block.destinations))
        for match, receivers in self._matches_of_classes(classes, "ingress", block.sources, block.services).items():
            if match.is_final:
                yield match, Block(match.peers, receivers, match.services)

    def classes_of(self, peer: Peer) -> Iterator[AddressClass]:
        """The groups that a party has a share in."""
        for address_class in self.reachability.classes:
            if any(map(peer.contains, address_class.members)) or peer.contains_external(address_class):
                yield address_class

    def _matches(
        self, source: Peer, destination: Peer, services: ServiceSet, version: int | None
    ) -> tuple[_MatchedClasses, _MatchedClasses]:
        """What comes to rules on the way out, and on the way in; what is alike of several groups is one."""
        senders, receivers = (
            [address_class for address_class in self.classes_of(peer) if version in (None, address_class.version)]
            for peer in (source, destination)
        )
        return (
            self._matches_of_classes(
                senders, "egress", bitset(address_class.index for address_class in receivers), services
            ),
            self._matches_of_classes(
                receivers, "ingress", bitset(address_class.index for address_class in senders), services
            ),
        )

    def _matches_of_classes(
        self, classes: Iterable[AddressClass], direction: Direction, peers: int, services: ServiceSet
    ) -> _MatchedClasses:
        result: dict[Match, int] = {}
        decisions: dict[ClassDecision, int] = {}
        for address_class in classes:
            decision = self.reachability.decision(address_class, direction)
            decisions[decision] = decisions.get(decision, 0) | 1 << address_class.index
        for decision, deciding_classes in decisions.items():
            for match in decision.matches:
                restricted = match._replace(peers=match.peers & peers, services=match.services & services)
                if restricted.peers and restricted.services:
                    result[restricted] = result.get(restricted, 0) | deciding_classes
        return result


def _arriving_blocks(egress_match: Match, senders: int, incoming: _MatchedClasses) -> Iterator[tuple[Match, Block]]:
    """What of the packets that leave comes to rules on their way in."""
    for match, receivers in incoming.items():
        sources, destinations = senders & match.peers, receivers & egress_match.peers
        if sources and destinations and (services := egress_match.services & match.services):
            yield match, Block(sources, destinations, services)
