"""Who decides on traffic between two parties: every packet of it is in one block, with the rules that decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from calicoctl.analysis.bitsets import bitset, members
from calicoctl.analysis.firstmatch import Hit, Outcome
from calicoctl.analysis.groups import Group
from calicoctl.analysis.model import Direction, PolicySet, Rule
from calicoctl.analysis.parties import Party
from calicoctl.analysis.relation import Analysis, Block
from calicoctl.analysis.selftraffic import SelfTraffic
from calicoctl.analysis.services import ServiceSet

_Hits = Mapping[Hit, int]
"""What comes to rules and ends, each with the groups that it is decided for there."""


class Decided(NamedTuple):
    """A block of packets, all of one IP version, and what decides on them."""

    egress: Hit
    ingress: Hit | None
    """None when they never leave."""
    block: Block

    @property
    def allowed(self) -> bool:
        """Whether they arrive."""
        return self.egress.action == "allow" and self.ingress is not None and self.ingress.action == "allow"


class Deciding:
    """Decides on traffic between parties.

    Args:
        policy_set: who decides.
        parties: all that will be asked about.
    """

    def __init__(self, policy_set: PolicySet, parties: Iterable[Party]) -> None:
        parties = tuple(parties)
        endpoints = dict.fromkeys(endpoint for party in parties for endpoint in party.endpoints)
        networks = dict.fromkeys(net for party in parties for net in party.networks)
        self.policy_set = policy_set
        self.analysis = Analysis(policy_set, tuple(endpoints), tuple(networks))

    def between(
        self, source: Party, destination: Party, services: ServiceSet, version: int | None = None
    ) -> Iterator[Decided]:
        """All packets with these services from one party to the other: no packet is in two blocks.

        With `version` only those of this IP version. What an endpoint sends to itself never comes to the agent, and is
        in none.
        """
        outgoing, incoming = self._hits(source, destination, services, version)
        final = {hit: groups for hit, groups in incoming.items() if hit.final}
        possible = SelfTraffic(self.analysis.groups, source, destination)
        for out, senders in outgoing.items():
            found: Iterable[tuple[Hit | None, Block]] = ()
            if out.action == "deny":
                found = [(None, Block(senders, out.peers, out.services))]
            elif out.action == "allow":
                found = _arriving(out, senders, final)
            for ingress, block in found:
                yield from (Decided(out, ingress, part) for part in possible.without(block))

    def passing(
        self, source: Party, destination: Party, services: ServiceSet, version: int | None = None
    ) -> Iterator[Rule]:
        """The rules that pass some of these packets on to the profiles."""
        outgoing, incoming = self._hits(source, destination, services, version)
        passed = {hit: groups for hit, groups in incoming.items() if hit.action == "pass"}
        possible = SelfTraffic(self.analysis.groups, source, destination)
        for out, senders in outgoing.items():
            found: Iterable[tuple[Hit, Block]] = ()
            if out.action == "pass":
                found = [(out, Block(senders, out.peers, out.services))]
            elif out.action == "allow":
                found = _arriving(out, senders, passed)
            for hit, block in found:
                if isinstance(hit.by, Rule) and any(possible.without(block)):
                    yield hit.by

    def arriving(self, block: Block) -> Iterator[tuple[Hit, Block]]:
        """What would decide on arrival, whether packets leave or not."""
        groups = (self.analysis.groups[index] for index in members(block.destinations))
        for hit, receivers in self._of(groups, "ingress", block.sources, block.services).items():
            if hit.final:
                yield hit, Block(hit.peers, receivers, hit.services)

    def groups_of(self, party: Party) -> Iterator[Group]:
        """The groups that a party has a share in."""
        for group in self.analysis.groups:
            if any(map(party.means, group.members)) or party.means_outside(group):
                yield group

    def _hits(
        self, source: Party, destination: Party, services: ServiceSet, version: int | None
    ) -> tuple[_Hits, _Hits]:
        """What comes to rules on the way out, and on the way in; what is alike of several groups is one."""
        senders, receivers = (
            [group for group in self.groups_of(party) if version in (None, group.version)]
            for party in (source, destination)
        )
        return (
            self._of(senders, "egress", bitset(group.index for group in receivers), services),
            self._of(receivers, "ingress", bitset(group.index for group in senders), services),
        )

    def _of(self, groups: Iterable[Group], direction: Direction, peers: int, services: ServiceSet) -> _Hits:
        found: dict[Hit, int] = {}
        outcomes: dict[Outcome, int] = {}
        for group in groups:
            outcome = self.analysis.outcome(group, direction)
            outcomes[outcome] = outcomes.get(outcome, 0) | 1 << group.index
        for outcome, own in outcomes.items():
            for hit in outcome.hits:
                asked = hit._replace(peers=hit.peers & peers, services=hit.services & services)
                if asked.peers and asked.services:
                    found[asked] = found.get(asked, 0) | own
        return found


def _arriving(out: Hit, senders: int, incoming: _Hits) -> Iterator[tuple[Hit, Block]]:
    """What of the packets that leave comes to rules on their way in."""
    for hit, receivers in incoming.items():
        sources, destinations = senders & hit.peers, receivers & out.peers
        if sources and destinations and (services := out.services & hit.services):
            yield hit, Block(sources, destinations, services)
