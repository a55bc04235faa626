"""The difference between two policy sets in traffic, told: who gains or loses what, with an example and both verdicts.

::

    found = compare(before, after)
    found.none          nothing is gained, nothing is lost
    found.gained        changes, each with exact parts, an example packet, and the rules that decide on it on each side
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple

from calicoctl.analysis.addresses import Address
from calicoctl.analysis.alignment import align
from calicoctl.analysis.bitsets import members
from calicoctl.analysis.criteria import Packet
from calicoctl.analysis.difference import Difference, Shift, Sort
from calicoctl.analysis.explain import Explainer, Half
from calicoctl.analysis.groups import Group, Member, example_of
from calicoctl.analysis.model import Direction, Endpoint, PolicySet
from calicoctl.analysis.parties import EVERYWHERE, Party, names_of
from calicoctl.analysis.places import place_of
from calicoctl.analysis.refinement import Face, Refinement
from calicoctl.analysis.relation import Block
from calicoctl.analysis.selftraffic import SelfTraffic
from calicoctl.analysis.trace import Part


@dataclass(frozen=True)
class Verdict:
    """What becomes of a packet on one side."""

    egress: Half
    ingress: Half

    @property
    def allowed(self) -> bool:
        """Whether it arrives."""
        return self.egress.action == self.ingress.action == "allow"


@dataclass(frozen=True)
class Change:
    """Packets that are gained, or lost, for the same reason."""

    sort: Sort
    direction: Direction
    """The half in which it differs who decides; where both differ it is the egress."""
    parts: tuple[Part, ...]
    packet: Packet
    """An example, as the first side sees it."""
    source: str
    """Who sends it."""
    destination: str
    before: Verdict
    after: Verdict


@dataclass(frozen=True)
class Comparison:
    """All that is gained and lost; every packet of it is in one change."""

    changes: tuple[Change, ...]
    before: PolicySet
    """As it is judged, with the endpoints of both sides."""
    after: PolicySet
    notes: tuple[str, ...]
    """What the reader has to know about who is compared."""

    @property
    def none(self) -> bool:
        """Whether no packet is treated differently."""
        return not self.changes

    @property
    def gained(self) -> tuple[Change, ...]:
        """What is allowed after, and not before."""
        return tuple(change for change in self.changes if change.sort == "gained")

    @property
    def lost(self) -> tuple[Change, ...]:
        """What is allowed before, and not after."""
        return tuple(change for change in self.changes if change.sort == "lost")


def compare(before: PolicySet, after: PolicySet) -> Comparison:
    """What traffic is gained and lost between the endpoints of both, and with what is none."""
    aligned = align(before, after)
    refinement = Refinement(aligned)
    changes = tuple(_Telling(refinement).changes(Difference(refinement).shifts()))
    return Comparison(changes, aligned.before, aligned.after, aligned.notes)


class _Telling:
    """Turns blocks of classes into words."""

    def __init__(self, refinement: Refinement) -> None:
        self._faces = (refinement.before, refinement.after)
        self._groups = refinement.before.groups
        self._room = refinement.room
        everybody = {member.endpoint: None for group in self._groups for member in group.members}
        self._everybody = Party("everybody", tuple(everybody), EVERYWHERE)

    def changes(self, shifts: Iterable[Shift]) -> Iterator[Change]:
        """A change for each shift, without what an endpoint would send to itself."""
        possible = SelfTraffic(self._groups, self._everybody, self._everybody)
        for shift in shifts:
            blocks = [part for block in shift.blocks for part in possible.without(block)]
            if blocks:
                blocks.sort(key=lambda block: self._of(block.sources)[0].version)
                yield self._change(shift, blocks)

    def _change(self, shift: Shift, blocks: list[Block]) -> Change:
        # The same parts of both IP versions are said once.
        parts = dict.fromkeys(
            Part(self._names(block.sources), self._names(block.destinations), block.services) for block in blocks
        )
        ends = self._example(*(self._of(bits)[0] for bits in blocks[0][:2]))
        service = blocks[0].services.example()
        packets = []
        verdicts = []
        for face, explainer in zip(self._faces, self._explainers, strict=True):
            one, other = (end.of(face) for end in ends)
            packet = Packet(place_of(one, face.policy_set), place_of(other, face.policy_set), service)
            packets.append(packet)
            verdicts.append(
                Verdict(
                    explainer.half(_endpoint(one), "egress", packet),
                    explainer.half(_endpoint(other), "ingress", packet),
                )
            )
        names = [_name(end.of(self._faces[0])) for end in ends]
        return Change(shift.sort, shift.direction, tuple(parts), packets[0], names[0], names[1], *verdicts)

    def _example(self, sender: Group, receiver: Group) -> tuple[_End, _End]:
        """Somebody who sends and somebody who receives, who are not one endpoint where there is a choice."""
        for one, other in product(_two(sender), _two(receiver)):
            if sender.members[one].endpoint is not receiver.members[other].endpoint:
                return _End(sender.index, one), _End(receiver.index, other)
        ends = [_End(group.index, 0 if group.members else None) for group in (sender, receiver)]
        if sender is receiver and sender.index in self._room:  # two of those that one stands in for
            another = example_of(sender.version, self._room[sender.index], nth=len(self._everybody.endpoints))
            ends[1] = ends[1]._replace(address=Address(sender.version, another))
        return ends[0], ends[1]

    @cached_property
    def _explainers(self) -> tuple[Explainer, ...]:
        return tuple(Explainer(face.policy_set) for face in self._faces)

    def _of(self, classes: int) -> list[Group]:
        return [self._groups[number] for number in members(classes)]

    def _names(self, classes: int) -> tuple[str, ...]:
        return names_of(self._of(classes), self._everybody)


class _End(NamedTuple):
    """Somebody in a class, on whichever side: a member by its place among them, or what is no endpoint."""

    number: int
    member: int | None
    address: Address | None = None
    """One that it may have, other than the usual example."""

    def of(self, face: Face) -> Member | Address:
        """Who that is on a side."""
        group = face.groups[self.number]
        if self.member is None:
            return group.example
        found = group.members[self.member]
        return found._replace(address=self.address) if self.address else found


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
    return one.endpoint.name if isinstance(one, Member) else "outside"
