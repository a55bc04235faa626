"""What becomes of traffic from one party to another: exact cases, each with an example packet that is explained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from calicoctl.analysis.addresses import Address
from calicoctl.analysis.bitsets import members
from calicoctl.analysis.criteria import Packet
from calicoctl.analysis.deciding import Decided, Deciding
from calicoctl.analysis.explain import Explainer, Half
from calicoctl.analysis.groups import Group, Member
from calicoctl.analysis.model import Endpoint, PolicySet, Rule
from calicoctl.analysis.parties import Party, member_of, names_of
from calicoctl.analysis.places import place_of
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
        self._deciding = Deciding(policy_set, self._parties)
        self._examples = Examples(self._deciding)

    def trace(self, services: ServiceSet) -> Trace:
        """Cases that allow come first, then in the order in which their rules are tried."""
        found = (self._examples.case(decided, *self._parties) for decided in self._cases(services))
        return Trace(tuple(sorted(found, key=lambda case: not case.allowed)))

    def _cases(self, services: ServiceSet) -> Iterable[Sequence[Decided]]:
        """The blocks of each pair of deciders."""
        cases: dict[tuple[Rule | End, Rule | End | None], list[Decided]] = {}
        for decided in self._deciding.between(*self._parties, services):
            key = (decided.egress.by, decided.ingress.by if decided.ingress else None)
            cases.setdefault(key, []).append(decided)
            if len(cases) > MAX_CASES:
                raise TooManyCasesError(f"the answer has more than {MAX_CASES} cases")
        return cases.values()


class Examples:
    """Tells cases with an example packet each, and how that comes about."""

    def __init__(self, deciding: Deciding) -> None:
        self._groups = deciding.analysis.groups
        self._policy_set = deciding.policy_set
        self._explainer = Explainer(deciding.policy_set)

    def case(self, decided: Sequence[Decided], source: Party, destination: Party) -> Case:
        """The case that these make, which are decided alike; the example is of the first of IPv4, if there is one."""
        blocks = sorted((each.block for each in decided), key=lambda block: self._of(block.sources)[0].version)
        parts = (
            Part(
                names_of(self._of(block.sources), source),
                names_of(self._of(block.destinations), destination),
                block.services,
            )
            for block in blocks
        )
        first = blocks[0]
        one, other = _pair(self._of(first.sources)[0], self._of(first.destinations)[0], source, destination)
        ends = [place_of(end, self._policy_set) for end in (one, other)]
        packet = Packet(ends[0], ends[1], first.services.example())
        egress = self._explainer.half(_endpoint(one), "egress", packet)
        ingress = self._explainer.half(_endpoint(other), "ingress", packet)
        # The same parts of both IP versions are said once.
        return Case(decided[0].allowed, tuple(dict.fromkeys(parts)), packet, _name(one), _name(other), egress, ingress)

    def _of(self, groups: int) -> list[Group]:
        return [self._groups[index] for index in members(groups)]


def _pair(
    sender: Group, receiver: Group, source: Party, destination: Party
) -> tuple[Member | Address, Member | Address]:
    """Somebody who sends and somebody who receives, who are not one endpoint where there is a choice."""
    one = member_of(sender, source)
    other = member_of(receiver, destination, one)
    if _endpoint(one) is _endpoint(other) and isinstance(other, Member):
        one = member_of(sender, source, other)
    return one, other


def _endpoint(one: Member | Address) -> Endpoint | None:
    return one.endpoint if isinstance(one, Member) else None


def _name(one: Member | Address) -> str:
    return one.endpoint.name if isinstance(one, Member) else "outside"
