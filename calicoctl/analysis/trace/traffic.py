"""What becomes of traffic from one party to another: exact cases, each with an example packet that is explained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from calicoctl.analysis.evaluation.address_class import AddressClass, ClassMember
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Endpoint, PolicySet, Rule
from calicoctl.analysis.peers.peer import Peer, peer_names, pick_member
from calicoctl.analysis.sets.addresses import Address
from calicoctl.analysis.sets.bitsets import bit_indexes
from calicoctl.analysis.sets.services import ServiceSet
from calicoctl.analysis.trace.decisions import Decider, DecisionBlock
from calicoctl.analysis.trace.explain import DirectionTrace, Explainer
from calicoctl.analysis.trace.packet_match import Packet, packet_end


@dataclass(frozen=True)
class TrafficBlock:
    """A part of a case: from all of these to all of those, with exactly these services."""

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    services: ServiceSet


@dataclass(frozen=True)
class TraceCase:
    """Packets that the same rules decide on."""

    allowed: bool
    blocks: tuple[TrafficBlock, ...]
    packet: Packet
    """An example."""
    source: str
    """Who sends it."""
    destination: str
    egress: DirectionTrace
    """What becomes of the example on its way out."""
    ingress: DirectionTrace


@dataclass(frozen=True)
class Trace:
    """All cases; every packet that was asked for is in one of them."""

    cases: tuple[TraceCase, ...]

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


def trace_traffic(policy_set: PolicySet, source: Peer, destination: Peer, services: ServiceSet) -> Trace:
    """What becomes of all packets with these services from one party to the other.

    Raises:
        TooManyCasesError: too many rules decide on that.
    """
    return _Tracer(policy_set, source, destination).trace(services)


class _Tracer:
    def __init__(self, policy_set: PolicySet, source: Peer, destination: Peer) -> None:
        self._peers = (source, destination)
        self._decider = Decider(policy_set, self._peers)
        self._example_builder = ExampleBuilder(self._decider)

    def trace(self, services: ServiceSet) -> Trace:
        """Cases that allow come first, then in the order in which their rules are tried."""
        result = (
            self._example_builder.build_case(decision, *self._peers) for decision in self._decided_cases(services)
        )
        return Trace(tuple(sorted(result, key=lambda case: not case.allowed)))

    def _decided_cases(self, services: ServiceSet) -> Iterable[Sequence[DecisionBlock]]:
        """The blocks of each pair of deciders."""
        cases: dict[tuple[Rule | DefaultDecision, Rule | DefaultDecision | None], list[DecisionBlock]] = {}
        for decision in self._decider.decide(*self._peers, services):
            key = (decision.egress.matched_by, decision.ingress.matched_by if decision.ingress else None)
            cases.setdefault(key, []).append(decision)
            if len(cases) > MAX_CASES:
                raise TooManyCasesError(f"the answer has more than {MAX_CASES} cases")
        return cases.values()


class ExampleBuilder:
    """Tells cases with an example packet each, and how that comes about."""

    def __init__(self, decider: Decider) -> None:
        self._classes = decider.reachability.classes
        self._policy_set = decider.policy_set
        self._explainer = Explainer(decider.policy_set)

    def build_case(self, decisions: Sequence[DecisionBlock], source: Peer, destination: Peer) -> TraceCase:
        """The case that these make, which are decided alike; the example is of the first of IPv4, if there is one."""
        blocks = sorted(
            (each.block for each in decisions), key=lambda block: self._classes_in(block.sources)[0].version
        )
        traffic_blocks = (
            TrafficBlock(
                peer_names(self._classes_in(block.sources), source),
                peer_names(self._classes_in(block.destinations), destination),
                block.services,
            )
            for block in blocks
        )
        first_block = blocks[0]
        sender, receiver = _pick_members(
            self._classes_in(first_block.sources)[0], self._classes_in(first_block.destinations)[0], source, destination
        )
        ends = [packet_end(end, self._policy_set) for end in (sender, receiver)]
        packet = Packet(ends[0], ends[1], first_block.services.example())
        egress = self._explainer.trace_direction(_endpoint_of(sender), "egress", packet)
        ingress = self._explainer.trace_direction(_endpoint_of(receiver), "ingress", packet)
        # The same parts of both IP versions are said once.
        return TraceCase(
            decisions[0].allowed,
            tuple(dict.fromkeys(traffic_blocks)),
            packet,
            _name_of(sender),
            _name_of(receiver),
            egress,
            ingress,
        )

    def _classes_in(self, classes: int) -> list[AddressClass]:
        return [self._classes[index] for index in bit_indexes(classes)]


def _pick_members(
    source_class: AddressClass, destination_class: AddressClass, source: Peer, destination: Peer
) -> tuple[ClassMember | Address, ClassMember | Address]:
    """Somebody who sends and somebody who receives, who are not one endpoint where there is a choice."""
    source_member = pick_member(source_class, source)
    destination_member = pick_member(destination_class, destination, source_member)
    if _endpoint_of(source_member) is _endpoint_of(destination_member) and isinstance(destination_member, ClassMember):
        source_member = pick_member(source_class, source, destination_member)
    return source_member, destination_member


def _endpoint_of(member: ClassMember | Address) -> Endpoint | None:
    return member.endpoint if isinstance(member, ClassMember) else None


def _name_of(member: ClassMember | Address) -> str:
    return member.endpoint.name if isinstance(member, ClassMember) else "outside"
