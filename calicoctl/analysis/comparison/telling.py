"""Blocks of what is gained and lost in words, each with an example packet that is explained on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from calicoctl.analysis.addresses import Address
from calicoctl.analysis.bitsets import first
from calicoctl.analysis.comparison.changes import Change, Share, Verdict
from calicoctl.analysis.comparison.difference import Shift
from calicoctl.analysis.comparison.refinement import Face, Refinement
from calicoctl.analysis.comparison.roster import OUTSIDE, Roster
from calicoctl.analysis.criteria import Packet
from calicoctl.analysis.explain import Explainer
from calicoctl.analysis.groups import Group, Member, example_of
from calicoctl.analysis.model import Endpoint
from calicoctl.analysis.parties import EVERYWHERE, Party
from calicoctl.analysis.places import place_of
from calicoctl.analysis.relation import Block
from calicoctl.analysis.selftraffic import SelfTraffic
from calicoctl.analysis.services import Service, ServiceSet


class Telling:
    """Turns blocks of classes into words."""

    def __init__(self, refinement: Refinement) -> None:
        self._groups = refinement.before.groups
        self._room = refinement.room
        self._roster = Roster(self._groups)
        self._witnesses = tuple(_Witness(face) for face in (refinement.before, refinement.after))

    def changes(self, shifts: Iterable[Shift]) -> Iterator[Change]:
        """A change for each shift, without what an endpoint would send to itself."""
        everybody = dict.fromkeys(member.endpoint for group in self._groups for member in group.members)
        party = Party("everybody", tuple(everybody), EVERYWHERE)
        possible = SelfTraffic(self._groups, party, party)
        for shift in shifts:
            blocks = [part for block in shift.blocks for part in possible.without(block)]
            if blocks:
                yield self._change(shift, sorted(blocks, key=self._version))

    def _version(self, block: Block) -> int:
        return self._groups[first(block.sources)].version

    def _change(self, shift: Shift, blocks: Sequence[Block]) -> Change:
        source, destination = self._example(blocks[0])
        service = blocks[0].services.example()
        before, after = (witness.verdict(source, destination, service) for witness in self._witnesses)
        packet = self._witnesses[0].packet(source, destination, service)
        names = [_name(self._witnesses[0].who(end)) for end in (source, destination)]
        return Change(shift.sort, shift.direction, self._shares(blocks), packet, names[0], names[1], before, after)

    def _shares(self, blocks: Iterable[Block]) -> tuple[Share, ...]:
        """What is the same for both IP versions is said once."""
        found: dict[tuple[tuple[str, ...], tuple[str, ...], ServiceSet], list[Block]] = {}
        for block in blocks:
            key = (self._roster.names(block.sources), self._roster.names(block.destinations), block.services)
            found.setdefault(key, []).append(block)
        return tuple(Share(*key, self._only(those)) for key, those in found.items())

    def _only(self, blocks: Sequence[Block]) -> int | None:
        versions = {self._version(block) for block in blocks}
        sides = ((block.sources for block in blocks), (block.destinations for block in blocks))
        senders, receivers = (self._roster.versions(side) for side in sides)
        return min(versions) if versions < senders & receivers else None

    def _example(self, block: Block) -> tuple[_End, _End]:
        """Somebody who sends and somebody who receives, who are not one endpoint where there is a choice."""
        sender, receiver = self._groups[first(block.sources)], self._groups[first(block.destinations)]
        for one, other in product(_two(sender), _two(receiver)):
            if sender.members[one].endpoint is not receiver.members[other].endpoint:
                return _End(sender.index, one), _End(receiver.index, other)
        ends = [_End(group.index, 0 if group.members else None) for group in (sender, receiver)]
        if sender is receiver and sender.index in self._room:  # two of those that one stands in for
            another = example_of(sender.version, self._room[sender.index], nth=len(self._groups))
            ends[1] = ends[1]._replace(address=Address(sender.version, another))
        return ends[0], ends[1]


class _End(NamedTuple):
    """Somebody in a class, on whichever side: a member by its place among them, or what is no endpoint."""

    number: int
    member: int | None
    address: Address | None = None
    """One that it may have, other than the usual example."""


class _Witness:
    """Tells for one side what becomes of a packet."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self._explainer = Explainer(face.policy_set)

    def who(self, end: _End) -> Member | Address:
        """Who that is."""
        group = self._face.groups[end.number]
        if end.member is None:
            return group.example
        found = group.members[end.member]
        return found._replace(address=end.address) if end.address else found

    def packet(self, source: _End, destination: _End, service: Service) -> Packet:
        """The packet as this side sees it."""
        one, other = (place_of(self.who(end), self._face.policy_set) for end in (source, destination))
        return Packet(one, other, service)

    def verdict(self, source: _End, destination: _End, service: Service) -> Verdict:
        """What becomes of it, and why."""
        packet = self.packet(source, destination, service)
        sender, receiver = (_endpoint(self.who(end)) for end in (source, destination))
        return Verdict(
            self._explainer.half(sender, "egress", packet), self._explainer.half(receiver, "ingress", packet)
        )


def _two(group: Group) -> Iterator[int]:
    """The places of the first member, and of the first of another endpoint."""
    seen: Endpoint | None = None
    for number, member in enumerate(group.members):
        if member.endpoint is not seen:
            yield number
            if seen:
                return
            seen = member.endpoint


def _endpoint(one: Member | Address) -> Endpoint | None:
    return one.endpoint if isinstance(one, Member) else None


def _name(one: Member | Address) -> str:
    return one.endpoint.name if isinstance(one, Member) else OUTSIDE
