"""Blocks of what is gained and lost in words, each with an example packet that is explained on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from calicoctl.analysis.addresses import Address
from calicoctl.analysis.bitsets import lowest_bit
from calicoctl.analysis.comparison.changes import ChangedBlock, PacketDecision, TrafficChange
from calicoctl.analysis.comparison.difference import DecisionChange
from calicoctl.analysis.comparison.refinement import PartitionSide, Refinement
from calicoctl.analysis.comparison.roster import OUTSIDE, GroupNames
from calicoctl.analysis.criteria import Packet
from calicoctl.analysis.explain import Explainer
from calicoctl.analysis.groups import AddressClass, ClassMember, sample_address
from calicoctl.analysis.model import Endpoint
from calicoctl.analysis.parties import ALL_ADDRESSES, Peer
from calicoctl.analysis.places import packet_end
from calicoctl.analysis.relation import Block
from calicoctl.analysis.selftraffic import SelfTraffic
from calicoctl.analysis.services import Service, ServiceSet


class ChangeDescriber:
    """Turns blocks of classes into words."""

    def __init__(self, refinement: Refinement) -> None:
        self._classes = refinement.before.classes
        self._possible_addresses = refinement.possible_addresses
        self._group_names = GroupNames(self._classes)
        self._explainers = tuple(_SideExplainer(side) for side in (refinement.before, refinement.after))

    def describe_changes(self, decision_changes: Iterable[DecisionChange]) -> Iterator[TrafficChange]:
        """A change for each shift, without what an endpoint would send to itself."""
        endpoints = dict.fromkeys(
            member.endpoint for address_class in self._classes for member in address_class.members
        )
        all_peers = Peer("everybody", tuple(endpoints), ALL_ADDRESSES)
        self_traffic = SelfTraffic(self._classes, all_peers, all_peers)
        for decision_change in decision_changes:
            blocks = [
                possible_block
                for block in decision_change.blocks
                for possible_block in self_traffic.subtract_from(block)
            ]
            if blocks:
                yield self._describe_change(decision_change, sorted(blocks, key=self._ip_version))

    def _ip_version(self, block: Block) -> int:
        return self._classes[lowest_bit(block.sources)].version

    def _describe_change(self, decision_change: DecisionChange, blocks: Sequence[Block]) -> TrafficChange:
        source, destination = self._example_ends(blocks[0])
        service = blocks[0].services.example()
        before, after = (explainer.decide(source, destination, service) for explainer in self._explainers)
        packet = self._explainers[0].make_packet(source, destination, service)
        names = [_end_name(self._explainers[0].resolve(end)) for end in (source, destination)]
        return TrafficChange(
            decision_change.kind,
            decision_change.direction,
            self._changed_blocks(blocks),
            packet,
            names[0],
            names[1],
            before,
            after,
        )

    def _changed_blocks(self, blocks: Iterable[Block]) -> tuple[ChangedBlock, ...]:
        """What is the same for both IP versions is said once."""
        blocks_by_names: dict[tuple[tuple[str, ...], tuple[str, ...], ServiceSet], list[Block]] = {}
        for block in blocks:
            key = (self._group_names.names(block.sources), self._group_names.names(block.destinations), block.services)
            blocks_by_names.setdefault(key, []).append(block)
        return tuple(
            ChangedBlock(*key, self._only_version(same_named_blocks))
            for key, same_named_blocks in blocks_by_names.items()
        )

    def _only_version(self, blocks: Sequence[Block]) -> int | None:
        versions = {self._ip_version(block) for block in blocks}
        sides = ((block.sources for block in blocks), (block.destinations for block in blocks))
        source_versions, destination_versions = (self._group_names.ip_versions(side) for side in sides)
        return min(versions) if versions < source_versions & destination_versions else None

    def _example_ends(self, block: Block) -> tuple[_ExampleEnd, _ExampleEnd]:
        """Somebody who sends and somebody who receives, who are not one endpoint where there is a choice."""
        source_class, destination_class = (
            self._classes[lowest_bit(block.sources)],
            self._classes[lowest_bit(block.destinations)],
        )
        for source_member, destination_member in product(
            _first_members_of_two_endpoints(source_class), _first_members_of_two_endpoints(destination_class)
        ):
            if (
                source_class.members[source_member].endpoint
                is not destination_class.members[destination_member].endpoint
            ):
                return _ExampleEnd(source_class.index, source_member), _ExampleEnd(
                    destination_class.index, destination_member
                )
        ends = [
            _ExampleEnd(address_class.index, 0 if address_class.members else None)
            for address_class in (source_class, destination_class)
        ]
        if (
            source_class is destination_class and source_class.index in self._possible_addresses
        ):  # two of those that one stands in for
            other_address = sample_address(
                source_class.version, self._possible_addresses[source_class.index], nth=len(self._classes)
            )
            ends[1] = ends[1]._replace(address=Address(source_class.version, other_address))
        return ends[0], ends[1]


class _ExampleEnd(NamedTuple):
    """Somebody in a class, on whichever side: a member by its place among them, or what is no endpoint."""

    class_index: int
    member_index: int | None
    address: Address | None = None
    """One that it may have, other than the usual example."""


class _SideExplainer:
    """Tells for one side what becomes of a packet."""

    def __init__(self, side: PartitionSide) -> None:
        self._side = side
        self._explainer = Explainer(side.policy_set)

    def resolve(self, end: _ExampleEnd) -> ClassMember | Address:
        """Who that is."""
        address_class = self._side.classes[end.class_index]
        if end.member_index is None:
            return address_class.sample
        member = address_class.members[end.member_index]
        return member._replace(address=end.address) if end.address else member

    def make_packet(self, source: _ExampleEnd, destination: _ExampleEnd, service: Service) -> Packet:
        """The packet as this side sees it."""
        source_end, destination_end = (
            packet_end(self.resolve(end), self._side.policy_set) for end in (source, destination)
        )
        return Packet(source_end, destination_end, service)

    def decide(self, source: _ExampleEnd, destination: _ExampleEnd, service: Service) -> PacketDecision:
        """What becomes of it, and why."""
        packet = self.make_packet(source, destination, service)
        source_endpoint, destination_endpoint = (_endpoint_of(self.resolve(end)) for end in (source, destination))
        return PacketDecision(
            self._explainer.trace_direction(source_endpoint, "egress", packet),
            self._explainer.trace_direction(destination_endpoint, "ingress", packet),
        )


def _first_members_of_two_endpoints(address_class: AddressClass) -> Iterator[int]:
    """The places of the first member, and of the first of another endpoint."""
    first_endpoint: Endpoint | None = None
    for number, member in enumerate(address_class.members):
        if member.endpoint is not first_endpoint:
            yield number
            if first_endpoint:
                return
            first_endpoint = member.endpoint


def _endpoint_of(member: ClassMember | Address) -> Endpoint | None:
    return member.endpoint if isinstance(member, ClassMember) else None


def _end_name(member: ClassMember | Address) -> str:
    return member.endpoint.name if isinstance(member, ClassMember) else OUTSIDE
