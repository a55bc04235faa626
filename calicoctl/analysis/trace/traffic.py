"""Trace of the traffic from one peer to another: exact cases, each with an example packet and the rules tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.reachability import Block
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Direction, PolicySet
from calicoctl.analysis.peers.peer import PathEnd, Peer, pick_end
from calicoctl.analysis.peers.peer_parts import PeerParts, common_version, merge_versions
from calicoctl.analysis.sets.bitsets import bit_indexes, lowest_bit
from calicoctl.analysis.sets.services import ServiceSet, union_all
from calicoctl.analysis.trace.decisions import Decider, DecisionBlock, DecisionKey, deciders, decision_key
from calicoctl.analysis.trace.explain import DirectionTrace, Explainer
from calicoctl.analysis.trace.packet_match import Packet, packet_end
from calicoctl.analysis.trace.rule_walk import TriedPolicy

Verdict = Literal["allowed", "denied", "depends on the interface"]
"""Decision on packets. It depends on the interface if only some interfaces of a node allow them."""


@dataclass(frozen=True)
class TrafficBlock:
    """Part of a case: from each source to each destination, exactly these services."""

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    """Names, as the sources."""
    services: ServiceSet
    only_version: int | None
    """IP version of the traffic if both ends also have addresses of the other version; else None."""


@dataclass(frozen=True)
class TraceCase:
    """Packets on which the same rules decide."""

    allowed: bool
    """Whether the packets are allowed, through some interfaces of the nodes at least."""
    blocks: tuple[TrafficBlock, ...]
    packet: Packet
    """Example packet."""
    source: str
    """Name of the source of the example."""
    destination: str
    """Name of the destination of the example."""
    egress: DirectionTrace
    """Egress trace of the example."""
    ingress: DirectionTrace
    """Ingress trace of the example, also if egress denies it."""
    same_ingress: bool = True
    """Whether the same rule or default decides on ingress of all packets; if not, it does so for the example."""
    services_by_version: Mapping[int, ServiceSet] = field(default_factory=dict)
    """Services of all blocks, by IP version; empty for an example of a semantic diff."""

    @property
    def not_allowing(self) -> Iterator[tuple[TriedPolicy, Direction]]:
        """Policies and profiles that select an end of all packets of the case and do not allow any of them."""
        for trace in (self.egress, self.ingress) if self.same_ingress else (self.egress,):
            yield from ((tried, trace.direction) for tried in trace.not_allowing)

    @property
    def is_outside(self) -> bool:
        """Whether both ends are non-endpoints, so that no policy applies."""
        return self.egress.decided_by is self.ingress.decided_by is DefaultDecision.OUTSIDE

    @property
    def verdict(self) -> Verdict:
        """Decision on all packets of the case."""
        if not self.allowed:
            return "denied"
        depends = self.egress.depends_on_interface or self.ingress.depends_on_interface
        return "depends on the interface" if depends else "allowed"


@dataclass(frozen=True)
class Trace:
    """All cases; each requested packet is in exactly one."""

    cases: tuple[TraceCase, ...]
    outside_only: bool = False
    """Whether all packets are between non-endpoints, so that no policy applies to any of them."""

    @property
    def verdict(self) -> str:
        """Verdict of all cases, or `mixed`; `impossible` if no packet exists between the peers."""
        verdicts = {case.verdict for case in self.cases}
        if not verdicts:
            return "impossible"
        return "mixed" if len(verdicts) > 1 else next(iter(verdicts))


MAX_CASES = 1000
"""Maximum number of cases. For all endpoints, use `Reachability.blocks` instead."""


class TooManyCasesError(ValueError):
    """The trace has more than `MAX_CASES` cases."""


def trace_traffic(policy_set: PolicySet, source: Peer, destination: Peer, services: ServiceSet) -> Trace:
    """Return the decisions on all packets from one peer to another.

    Allowed cases come first, each group in the order in which the agent tries the rules.

    Raises:
        TooManyCasesError: the trace has more than `MAX_CASES` cases.
    """
    decider = Decider(policy_set, (source, destination))
    cases = make_cases(ExampleBuilder(decider), decider.decide(source, destination, services), source, destination)
    return Trace(cases, all(case.is_outside for case in cases))


def make_cases(
    example_builder: ExampleBuilder, blocks: Iterable[DecisionBlock], source: Peer, destination: Peer
) -> tuple[TraceCase, ...]:
    """Return the cases of blocks between two peers, one for each decision (`decision_key`).

    Raises:
        TooManyCasesError: there are more than `MAX_CASES`.
    """
    decisions_by_rules: dict[DecisionKey, list[DecisionBlock]] = {}
    for block in blocks:
        decisions_by_rules.setdefault(decision_key(block), []).append(block)
        if len(decisions_by_rules) > MAX_CASES:
            raise TooManyCasesError(f"the result has more than {MAX_CASES} cases")
    cases = (example_builder.build_case(decisions, source, destination) for decisions in decisions_by_rules.values())
    return tuple(sorted(cases, key=lambda case: not case.allowed))


class ExampleBuilder:
    """Builds cases with an example packet and its trace."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._classes = decider.reachability.classes
        self._policy_set = decider.policy_set
        self._explainer = Explainer(decider.policy_set, decider.reachability)
        self._parts: dict[int, PeerParts] = {}

    def build_case(self, decisions: Sequence[DecisionBlock], source: Peer, destination: Peer) -> TraceCase:
        """Return the case of blocks with the same decision. The example is IPv4 if possible."""
        blocks = sorted(
            (each.block for each in decisions), key=lambda block: self._classes_in(block.sources)[0].version
        )
        first_block = blocks[0]
        ends = _pick_ends(
            self._classes_in(first_block.sources)[0], self._classes_in(first_block.destinations)[0], source, destination
        )
        source_end, destination_end = (packet_end(end, self._policy_set) for end in ends)
        packet = Packet(source_end, destination_end, first_block.services.example())
        return TraceCase(
            decisions[0].allowed,
            tuple(self._traffic_blocks(blocks, self._parts_of(source), self._parts_of(destination))),
            packet,
            ends[0].name,
            ends[1].name,
            self._explainer.trace_direction(packet, "egress"),
            self._explainer.trace_direction(packet, "ingress"),
            decisions[0].ingress is not None or self._has_same_ingress(decisions),
            self._services_by_version(blocks),
        )

    def _traffic_blocks(self, blocks: Iterable[Block], *parts: PeerParts) -> Iterator[TrafficBlock]:
        """Yield blocks with names; blocks of the same ends and equal blocks of both IP versions are merged."""
        services_by_ends: dict[tuple[int, int], list[ServiceSet]] = {}
        for block in blocks:
            services_by_ends.setdefault((block.sources, block.destinations), []).append(block.services)
        by_services: dict[ServiceSet, list[tuple[list[AddressClass], list[AddressClass]]]] = {}
        for (source_bits, destination_bits), own_services in services_by_ends.items():
            ends = (self._classes_in(source_bits), self._classes_in(destination_bits))
            by_services.setdefault(union_all(own_services), []).append(ends)
        for services, traffic in by_services.items():
            for sources, destinations in merge_versions(parts, traffic):
                named = (parts[0].part(sources), parts[1].part(destinations))
                yield TrafficBlock(named[0].names, named[1].names, services, common_version(sources, *named))

    def _parts_of(self, peer: Peer) -> PeerParts:
        """Return the parts of a peer; they are kept, so that the identity of the peer remains unique."""
        if id(peer) not in self._parts:
            self._parts[id(peer)] = PeerParts(peer, self._classes)
        return self._parts[id(peer)]

    def _services_by_version(self, blocks: Iterable[Block]) -> Mapping[int, ServiceSet]:
        by_version: dict[int, list[ServiceSet]] = {}
        for block in blocks:
            version = self._classes[lowest_bit(block.sources)].version
            by_version.setdefault(version, []).append(block.services)
        return {version: union_all(services) for version, services in by_version.items()}

    def _has_same_ingress(self, decisions: Iterable[DecisionBlock]) -> bool:
        """Return whether one rule or default decides on ingress of packets that egress denies."""
        matches = (match for decision in decisions for match, _ in self._decider.at_ingress(decision.block))
        return len({deciders(match) for match in matches}) == 1

    def _classes_in(self, classes: int) -> list[AddressClass]:
        return [self._classes[index] for index in bit_indexes(classes)]


def _pick_ends(
    source_class: AddressClass, destination_class: AddressClass, source: Peer, destination: Peer
) -> tuple[PathEnd, PathEnd]:
    """Return the ends of an example packet; if possible, two different endpoints."""
    source_end = pick_end(source_class, source)
    destination_end = pick_end(destination_class, destination, source_end)
    if destination_end.endpoint and source_end.endpoint is destination_end.endpoint:
        source_end = pick_end(source_class, source, destination_end)
    return source_end, destination_end
