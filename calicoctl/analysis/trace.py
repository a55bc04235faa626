"""What becomes of traffic from one party to another: exact cases, each with an example packet that is explained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from calicoctl.analysis.addresses import SIZES, Address
from calicoctl.analysis.bitsets import bitset, members
from calicoctl.analysis.criteria import Packet, Place
from calicoctl.analysis.explain import Explainer, Half
from calicoctl.analysis.firstmatch import Hit
from calicoctl.analysis.groups import Group, Member
from calicoctl.analysis.model import Direction, Endpoint, PolicySet, Rule
from calicoctl.analysis.parties import Party, member_of, names_of
from calicoctl.analysis.relation import Analysis
from calicoctl.analysis.services import ServiceSet
from calicoctl.analysis.stages import End


@dataclass(frozen=True)
class Part:
    """A part of a case: from all of these to all of those, with exactly these services."""

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    services: ServiceSet


@dataclass(frozen=True)
class Case:
    """Packets that the same rules decide on."""

    allowed: bool
    parts: tuple[Part, ...]
    packet: Packet
    """An example."""
    source: str
    """Who sends it."""
    destination: str
    egress: Half
    """What becomes of the example on its way out."""
    ingress: Half


@dataclass(frozen=True)
class Trace:
    """All cases; every packet that was asked for is in one of them."""

    cases: tuple[Case, ...]

    @property
    def verdict(self) -> str:
        """`allowed`, `denied`, or `mixed`; `impossible` when no packet goes from one to the other."""
        verdicts = {case.allowed for case in self.cases}
        if not verdicts:
            return "impossible"
        return "mixed" if len(verdicts) > 1 else "allowed" if True in verdicts else "denied"


@dataclass
class _Block:
    sources: int
    destinations: int
    services: ServiceSet


@dataclass
class _Decided:
    """What one pair of deciders decides."""

    egress: Hit
    ingress: Hit | None
    blocks: list[_Block] = field(default_factory=list)


MAX_CASES = 1000
"""So many cases a person might still read; who asks about everybody wants the relation of `Analysis` instead."""


class TooManyCasesError(ValueError):
    """The answer would have more than `MAX_CASES` cases."""


def trace(policy_set: PolicySet, source: Party, destination: Party, services: ServiceSet) -> Trace:
    """What becomes of all packets with these services from one party to the other.

    Raises:
        TooManyCasesError: too many rules decide on that.
    """
    return _Tracer(policy_set, source, destination).trace(services)


class _Tracer:
    def __init__(self, policy_set: PolicySet, source: Party, destination: Party) -> None:
        self._parties = (source, destination)
        endpoints = tuple(dict.fromkeys((*source.endpoints, *destination.endpoints)))
        networks = [net for party in self._parties for net in party.networks]
        self._analysis = Analysis(policy_set, endpoints, networks)
        self._explainer = Explainer(policy_set)
        self._policy_set = policy_set

    def trace(self, services: ServiceSet) -> Trace:
        """Cases that allow come first, then in the order in which their rules are tried."""
        cases = [self._case(decided) for decided in self._decided(services)]
        found = [case for case in cases if case]
        return Trace(tuple(sorted(found, key=lambda case: not case.allowed)))

    def _groups(self, party: Party) -> Iterator[Group]:
        for group in self._analysis.groups:
            inside = any(map(party.means, group.members))
            if inside or party.means_outside(group):
                yield group

    def _outcomes(self, party: Party, direction: Direction) -> dict[tuple[Hit, ...], int]:
        """The different ways in which it is decided for a party, each with the groups that have it."""
        found: dict[tuple[Hit, ...], int] = {}
        for group in self._groups(party):
            hits = self._analysis.outcome(group, direction).hits
            found[hits] = found.get(hits, 0) | 1 << group.index
        return found

    def _decided(self, services: ServiceSet) -> Iterable[_Decided]:
        source, destination = self._parties
        cases: dict[tuple[Rule | End, Rule | End | None], _Decided] = {}
        outgoing, incoming = self._outcomes(source, "egress"), self._outcomes(destination, "ingress")
        everyone = 0
        for groups in incoming.values():
            everyone |= groups
        for hits, sources in outgoing.items():
            for out in (hit for hit in hits if hit.final):
                common = out.services & services
                for ingress, groups in _arriving(out, incoming, everyone):
                    block = _Block(
                        sources & (ingress.peers if ingress else -1),
                        groups & out.peers,
                        common & ingress.services if ingress else common,
                    )
                    if blocks := list(self._possible(block)):
                        key = (out.by, ingress.by if ingress else None)
                        cases.setdefault(key, _Decided(out, ingress)).blocks += blocks
                if len(cases) > MAX_CASES:
                    raise TooManyCasesError(f"the answer has more than {MAX_CASES} cases")
        return cases.values()

    def _possible(self, block: _Block) -> Iterator[_Block]:
        """The block without what an endpoint would send to itself: that never comes to the agent."""
        both = block.sources & block.destinations if block.services else 0
        alone = bitset(index for index in members(both) if _is_one(self._analysis.groups[index]))
        parts = [replace(block, sources=block.sources & ~alone)]
        parts += [
            replace(block, sources=1 << index, destinations=block.destinations & ~(1 << index))
            for index in members(alone)
        ]
        yield from (part for part in parts if part.sources and part.destinations and part.services)

    def _case(self, decided: _Decided) -> Case | None:
        """The case with an example, and how it comes about; None when its groups have no IP version in common."""
        source, destination = self._parties
        parts, example = [], None
        for block in decided.blocks:
            for version in SIZES:
                senders, receivers = (
                    [
                        group
                        for group in map(self._analysis.groups.__getitem__, members(bits))
                        if group.version == version
                    ]
                    for bits in (block.sources, block.destinations)
                )
                if senders and receivers:
                    example = example or (senders[0], receivers[0], block.services)
                    parts.append(Part(names_of(senders, source), names_of(receivers, destination), block.services))
        if example is None:
            return None
        return self._explained(decided, _merged(parts), *example)

    def _explained(
        self, decided: _Decided, parts: tuple[Part, ...], sender: Group, receiver: Group, services: ServiceSet
    ) -> Case:
        one = member_of(sender, self._parties[0])
        other = member_of(receiver, self._parties[1], one)
        packet = Packet(self._place(one), self._place(other), services.example())
        egress = self._explainer.half(_endpoint(one), "egress", packet)
        ingress = self._explainer.half(_endpoint(other), "ingress", packet)
        allowed = decided.egress.action == "allow" and decided.ingress is not None and decided.ingress.action == "allow"
        return Case(allowed, parts, packet, _name(one), _name(other), egress, ingress)

    def _place(self, one: Member | Address) -> Place:
        if isinstance(one, Address):
            return Place(one, ())
        owners: Sequence[Endpoint] = self._policy_set.owners.get(one.address, ()) if one.endpoint.addresses else ()
        seen = owners or (one.endpoint,)
        return Place(one.address, tuple(self._policy_set.labels_of(owner) for owner in seen if owner.selectable))


def _is_one(group: Group) -> bool:
    """Whether a group is nobody but one endpoint; one that is not written down stands for many."""
    return len({member.endpoint for member in group.members}) == 1 and group.members[0].endpoint.origin is not None


def _arriving(out: Hit, incoming: dict[tuple[Hit, ...], int], everyone: int) -> Iterator[tuple[Hit | None, int]]:
    """What decides on arrival, with the groups where it does; nothing where the packet never leaves."""
    if out.action == "deny":
        yield None, everyone
        return
    for hits, groups in incoming.items():
        yield from ((hit, groups) for hit in hits if hit.final)


def _merged(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts, each said once for both IP versions."""
    return tuple(dict.fromkeys(parts))


def _endpoint(one: Member | Address) -> Endpoint | None:
    return one.endpoint if isinstance(one, Member) else None


def _name(one: Member | Address) -> str:
    return one.endpoint.name if isinstance(one, Member) else "outside"
