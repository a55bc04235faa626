"""Blocks of what is gained and lost in words, each with an example packet that is explained on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass, ClassMember, sample_address
from calicoctl.analysis.evaluation.reachability import Block
from calicoctl.analysis.model.policy_set import Endpoint
from calicoctl.analysis.peers.address_names import network_expression
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, Peer
from calicoctl.analysis.peers.self_traffic import SelfTraffic
from calicoctl.analysis.semantic_diff.changes import ChangedBlock, PacketDecision, TrafficChange
from calicoctl.analysis.semantic_diff.difference import DecisionChange
from calicoctl.analysis.semantic_diff.refinement import PartitionSide, Refinement
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Address
from calicoctl.analysis.sets.bitsets import bit_indexes, lowest_bit
from calicoctl.analysis.sets.services import Service, ServiceSet
from calicoctl.analysis.trace.explain import Explainer
from calicoctl.analysis.trace.packet_match import Packet, packet_end


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


OUTSIDE = "outside"
"""What is no endpoint."""


class GroupNames:
    """The names of everybody in some groups."""

    def __init__(self, classes: Sequence[AddressClass]) -> None:
        self._classes = classes
        self._unknown_address_classes = _unknown_address_classes(classes)

    def names(self, class_bits: int) -> tuple[str, ...]:
        """Endpoints by their names, then what is none; with where they are when not all of it is meant."""
        classes = [self._classes[number] for number in bit_indexes(class_bits)]
        names = dict.fromkeys(_known_address_names(classes))
        for (endpoint, version), endpoint_classes in _unknown_address_classes(classes).items():
            expression = network_expression(endpoint_classes, self._unknown_address_classes[endpoint, version])
            names[f"{endpoint.name if endpoint else OUTSIDE}{expression}"] = None
        return tuple(names)

    def ip_versions(self, class_sets: Iterable[int]) -> set[int]:
        """The IP versions that those in any of these sets have addresses of."""
        versions: set[int] = set()
        for class_bits in class_sets:
            for number in bit_indexes(class_bits):
                if len(versions) == len(ADDRESS_COUNTS):
                    return versions
                versions.update(_ip_versions(self._classes[number]))
        return versions


def _ip_versions(address_class: AddressClass) -> Iterable[int]:
    """Those of the addresses that are known; of what may be anywhere both, unless a network says which."""
    possible_versions = (
        {address_class.version}
        if any(network not in ALL_ADDRESSES for network in address_class.networks)
        else set(ADDRESS_COUNTS)
    )
    versions = set(possible_versions) if address_class.external_addresses else set()
    for endpoint, _ in address_class.members:
        versions |= (
            possible_versions if endpoint.addresses is None else {address.version for address in endpoint.addresses}
        )
    return versions


def _known_address_names(classes: Sequence[AddressClass]) -> Iterator[str]:
    addresses_by_endpoint: dict[Endpoint, list[Address]] = {}
    for address_class in classes:
        for endpoint, address in address_class.members:
            if endpoint.addresses and len(endpoint.addresses) > 1:
                addresses_by_endpoint.setdefault(endpoint, []).append(address)
            elif endpoint.addresses:
                yield endpoint.name
    for endpoint, addresses in addresses_by_endpoint.items():
        versions = {address.version for address in addresses}
        is_complete = all(address in addresses for address in endpoint.addresses or () if address.version in versions)
        yield endpoint.name + ("" if is_complete else f" at {' and '.join(map(str, addresses))}")


def _unknown_address_classes(classes: Sequence[AddressClass]) -> dict[tuple[Endpoint | None, int], list[AddressClass]]:
    """The groups of endpoints of unknown addresses, and of what is no endpoint (None), by IP version."""
    classes_by_endpoint: dict[tuple[Endpoint | None, int], list[AddressClass]] = {}
    for address_class in classes:
        for endpoint, _ in address_class.members:
            if endpoint.addresses is None:
                classes_by_endpoint.setdefault((endpoint, address_class.version), []).append(address_class)
    for address_class in classes:
        if address_class.external_addresses:
            classes_by_endpoint.setdefault((None, address_class.version), []).append(address_class)
    return classes_by_endpoint
