"""Gained and lost traffic with names, and with an example packet that is traced on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass, HostPlace, sample_address
from calicoctl.analysis.evaluation.reachability import Block
from calicoctl.analysis.model.policy_set import Endpoint
from calicoctl.analysis.model.source import PACKET_DIRECTIONS, Direction
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, PathEnd, Peer
from calicoctl.analysis.peers.self_traffic import SelfTraffic
from calicoctl.analysis.semantic_diff.changes import PacketDecision, TrafficChange
from calicoctl.analysis.semantic_diff.difference import DecisionChange
from calicoctl.analysis.semantic_diff.group_names import GroupNames
from calicoctl.analysis.semantic_diff.interface_pairs import InterfacePair, interface_pairs
from calicoctl.analysis.semantic_diff.refinement import PartitionSide, Refinement
from calicoctl.analysis.semantic_diff.side_decisions import SideDecisions
from calicoctl.analysis.sets.addresses import Address, single_version
from calicoctl.analysis.sets.bitsets import lowest_bit
from calicoctl.analysis.sets.services import Service, ServiceSet
from calicoctl.analysis.trace.explain import DirectionTrace, DiscoveryEvaluation, Explainer
from calicoctl.analysis.trace.packet_match import Packet, packet_end
from calicoctl.analysis.trace.traffic import TrafficBlock


class ChangeDescriber:
    """Converts changes of address classes to changes with names and examples.

    Args:
        refinement: the classes.
        decisions: decisions of both sides on their traffic.
    """

    def __init__(self, refinement: Refinement, decisions: SideDecisions) -> None:
        self._classes = refinement.before.classes
        self._possible_addresses = refinement.possible_addresses
        self._group_names = GroupNames(self._classes)
        self._explainers = (
            _SideExplainer(refinement.before, 0, decisions.discovery(0)),
            _SideExplainer(refinement.after, 1, decisions.discovery(1)),
        )

    def describe_changes(self, decision_changes: Iterable[DecisionChange]) -> Iterator[TrafficChange]:
        """Yield the changes, without traffic from an endpoint to itself."""
        endpoints = dict.fromkeys(
            member.endpoint for address_class in self._classes for member in address_class.members
        )
        all_peers = Peer("all peers", tuple(endpoints), ALL_ADDRESSES)
        self_traffic = SelfTraffic(self._classes, all_peers, all_peers)
        for decision_change in decision_changes:
            blocks = [part for block in decision_change.blocks for part in self_traffic.subtract_from(block)]
            if blocks:
                yield self._describe_change(decision_change, sorted(blocks, key=self._ip_version))

    def _ip_version(self, block: Block) -> int:
        return self._classes[lowest_bit(block.sources)].version

    def _describe_change(self, decision_change: DecisionChange, blocks: Sequence[Block]) -> TrafficChange:
        source, destination = self._example_ends(blocks[0])
        service = blocks[0].services.example()
        explainer = self._explainers[0]
        direction = decision_change.direction
        interface = self._interface(source if direction == "egress" else destination, decision_change.interfaces)
        before, after = (each.decide(source, destination, service, {direction: interface}) for each in self._explainers)
        return TrafficChange(
            decision_change.kind,
            direction,
            decision_change.interfaces,
            self._changed_blocks(blocks),
            explainer.make_packet(source, destination, service),
            explainer.resolve(source).name,
            explainer.resolve(destination).name,
            before,
            after,
        )

    def _interface(self, end: _ExampleEnd, names: Sequence[str]) -> InterfacePair | None:
        """Return the first of some interfaces of the node of an end; None if there are none."""
        if not names:
            return None
        before, after = (each.place_of(end) for each in self._explainers)
        return next(pair for pair in interface_pairs((before, after)) if pair.name in names)

    def _changed_blocks(self, blocks: Iterable[Block]) -> tuple[TrafficBlock, ...]:
        """Return the blocks with names; equal blocks of both IP versions are merged."""
        blocks_by_names: dict[tuple[tuple[str, ...], tuple[str, ...], ServiceSet], list[Block]] = {}
        for block in blocks:
            key = (self._group_names.names(block.sources), self._group_names.names(block.destinations), block.services)
            blocks_by_names.setdefault(key, []).append(block)
        return tuple(
            TrafficBlock(*key, self._only_version(same_named_blocks))
            for key, same_named_blocks in blocks_by_names.items()
        )

    def _only_version(self, blocks: Sequence[Block]) -> int | None:
        versions = {self._ip_version(block) for block in blocks}
        source_versions = self._group_names.ip_versions(block.sources for block in blocks)
        destination_versions = self._group_names.ip_versions(block.destinations for block in blocks)
        return single_version(versions, source_versions, destination_versions)

    def _example_ends(self, block: Block) -> tuple[_ExampleEnd, _ExampleEnd]:
        """Return the ends of an example packet: two different endpoints if possible."""
        source, destination = (self._classes[lowest_bit(bits)] for bits in (block.sources, block.destinations))
        for source_index, destination_index in product(_two_endpoints(source), _two_endpoints(destination)):
            if source.members[source_index].endpoint is not destination.members[destination_index].endpoint:
                return _ExampleEnd(source.index, source_index), _ExampleEnd(destination.index, destination_index)
        other_address = None
        if source is destination and source.index in self._possible_addresses:
            # A placeholder represents several endpoints: the destination is another one, at another address.
            value = sample_address(source.version, self._possible_addresses[source.index], nth=len(self._classes))
            other_address = Address(source.version, value)
        return (
            _ExampleEnd(source.index, 0 if source.members else None),
            _ExampleEnd(destination.index, 0 if destination.members else None, other_address),
        )


class _ExampleEnd(NamedTuple):
    """Sender or receiver of an example packet, valid for both sides."""

    class_index: int
    member_index: int | None
    """Position in the members of the class; None for a non-endpoint."""
    address: Address | None = None
    """Address to use instead of the sample address of the member."""


class _SideExplainer:
    """Traces packets on one side: 0 before, 1 after."""

    def __init__(self, side: PartitionSide, side_number: int, discovery: DiscoveryEvaluation) -> None:
        self._side = side
        self._side_number = side_number
        self._explainer = Explainer(side.policy_set, discovery)

    def resolve(self, end: _ExampleEnd) -> PathEnd:
        """Return the end on this side."""
        address_class = self._side.classes[end.class_index]
        if end.member_index is None:
            return PathEnd(address_class.sample)
        endpoint, address = address_class.members[end.member_index]
        return PathEnd(end.address or address, endpoint)

    def place_of(self, end: _ExampleEnd) -> HostPlace | None:
        """Return the place of an end on a node with host endpoints; None on another one."""
        return self._side.classes[end.class_index].place

    def make_packet(self, source: _ExampleEnd, destination: _ExampleEnd, service: Service) -> Packet:
        """Return the packet with the endpoints of this side."""
        source_end, destination_end = (
            packet_end(self.resolve(end), self._side.policy_set) for end in (source, destination)
        )
        return Packet(source_end, destination_end, service)

    def decide(
        self,
        source: _ExampleEnd,
        destination: _ExampleEnd,
        service: Service,
        interfaces: Mapping[Direction, InterfacePair | None],
    ) -> PacketDecision:
        """Return the decision on the packet, with the rules tried; by an interface of an end, if it is given."""
        packet = self.make_packet(source, destination, service)
        egress, ingress = (self._trace(packet, direction, interfaces.get(direction)) for direction in PACKET_DIRECTIONS)
        return PacketDecision(egress, ingress)

    def _trace(self, packet: Packet, direction: Direction, pair: InterfacePair | None) -> DirectionTrace:
        if pair is None:
            return self._explainer.trace_direction(packet, direction)
        trace = self._explainer.trace_direction(packet, direction, pair.sides[self._side_number])
        return replace(trace, interface=pair.name)


def _two_endpoints(address_class: AddressClass) -> Iterator[int]:
    """Yield the position of the first member, and of the first member that is another endpoint."""
    first_endpoint: Endpoint | None = None
    for number, member in enumerate(address_class.members):
        if member.endpoint is not first_endpoint:
            yield number
            if first_endpoint:
                return
            first_endpoint = member.endpoint
