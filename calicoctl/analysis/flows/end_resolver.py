"""Ends of flows as address classes: each distinct end is resolved once, by an index."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass, ClassMember
from calicoctl.analysis.flows.flow import FlowEnd, FlowError
from calicoctl.analysis.model.endpoint_names import EndpointNotFound
from calicoctl.analysis.model.policy_set import Endpoint, PolicySet, single_endpoint
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, PRIVATE_NETWORKS, Peer
from calicoctl.analysis.peers.peer_syntax import InvalidPeer, parse_peer
from calicoctl.analysis.sets import intervals
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Address, parse_address
from calicoctl.analysis.sets.intervals import AND, SUB, Intervals

MAX_CACHED = 100_000
"""Maximum number of cached ends, and of other cached values: it limits the memory for inputs of any size."""

_PRIVATE_ADDRESSES: Intervals = intervals.union((net.start, net.end) for net in PRIVATE_NETWORKS)
_END_REMEDY = "write an address, the name of an endpoint, NAMESPACE/POD, profile/NAME or outside"


class EndPart(NamedTuple):
    """Address class that contains addresses of an end."""

    address_class: int
    """Index of the class."""
    endpoint: Endpoint | None
    """Endpoint of these addresses; None for non-endpoints, several endpoints, and a placeholder of several."""


class EndResolver:
    """Resolver of the ends of flows.

    Args:
        policy_set: the policies, profiles and endpoints.
        classes: address classes of all endpoints and non-endpoints, in the order of their indexes.
    """

    def __init__(self, policy_set: PolicySet, classes: Sequence[AddressClass]) -> None:
        self.classes = classes
        """Address classes in the order of their indexes."""
        self._policy_set = policy_set
        self._members: dict[Address, list[tuple[int, ClassMember]]] = {}
        self._classes_of_endpoint: dict[Endpoint, list[int]] = {}
        for address_class in classes:
            for member in address_class.members:
                self._classes_of_endpoint.setdefault(member.endpoint, []).append(address_class.index)
                if member.endpoint.addresses:
                    self._members.setdefault(member.address, []).append((address_class.index, member))
        self._ranges = {version: _external_ranges(classes, version) for version in ADDRESS_COUNTS}
        self._starts = {version: [start for start, _, _ in ranges] for version, ranges in self._ranges.items()}
        self._resolve = lru_cache(maxsize=MAX_CACHED)(lambda end: tuple(self._parts(end)))

    def resolve(self, end: FlowEnd) -> tuple[EndPart, ...]:
        """Return the address classes of an end.

        Raises:
            FlowError: the end is unknown, or has no address.
        """
        return self._resolve(end)

    def _parts(self, end: FlowEnd) -> Iterator[EndPart]:
        if end.kind in {"public network", "private network"}:
            yield from self._network_parts(end)
            return
        if end.kind == "name" and (address := _parse_address(end.text)):
            yield from self._parts_at(address)
            return
        peer = self._find_peer(end)
        if peer.networks == ALL_ADDRESSES and not peer.excluded_networks:
            yield from self._network_parts(end)
            return
        if peer.networks or peer.within_network:
            raise FlowError(f"{end.text} is a network (write an address, or the name of an endpoint)")
        parts = self._endpoint_parts(
            (index, endpoint) for endpoint in peer.endpoints for index in self._classes_of_endpoint.get(endpoint, ())
        )
        if not parts:
            is_planned = not any(endpoint.addresses is not None for endpoint in peer.endpoints)
            problem = "has no endpoint" if is_planned else "has no address"
            raise FlowError(f"{end.text} {problem} (write an address, or add it to the manifests)")
        yield from parts

    def _find_peer(self, end: FlowEnd) -> Peer:
        """Return the peer with the name of an end.

        Raises:
            FlowError: it does not exist.
        """
        names = self._policy_set.endpoint_names
        try:
            if end.kind == "pod":
                return Peer(end.text, tuple(names.of_pod(end.text)))
            if end.kind != "host":
                return parse_peer(end.text, self._policy_set, _END_REMEDY)
        except EndpointNotFound as error:
            raise FlowError(f"{error} ({_END_REMEDY})") from None
        except InvalidPeer as error:
            raise FlowError(str(error)) from None
        if hosts := names.of_node(end.text):
            return Peer(end.text, tuple(hosts))
        raise FlowError(f"no host endpoint of node {end.text!r} (add it, or write the address of the node)")

    def _parts_at(self, address: Address) -> Iterator[EndPart]:
        """Yield the classes of an address: of each endpoint that has it, else that of the non-endpoints around it."""
        if members := self._members.get(address):
            yield from self._endpoint_parts((index, member.endpoint) for index, member in members)
            return
        position = bisect_right(self._starts[address.version], address.value) - 1
        _, end, index = self._ranges[address.version][position] if position >= 0 else (0, 0, 0)
        if address.value >= end:
            raise FlowError(f"{address} belongs to different endpoints before and after (write the name of one)")
        yield EndPart(index, None)

    @staticmethod
    def _endpoint_parts(located: Iterable[tuple[int, Endpoint]]) -> list[EndPart]:
        endpoints: dict[int, list[Endpoint]] = {}
        for index, endpoint in located:
            endpoints.setdefault(index, []).append(endpoint)
        return [EndPart(index, single_endpoint(members)) for index, members in endpoints.items()]

    def _network_parts(self, end: FlowEnd) -> Iterator[EndPart]:
        for address_class in self.classes:
            addresses = address_class.external_addresses
            if end.kind != "name":
                private = _PRIVATE_ADDRESSES if address_class.version == 4 else intervals.EMPTY
                addresses = intervals.combine(addresses, private, AND if end.kind == "private network" else SUB)
            if addresses:
                yield EndPart(address_class.index, None)


def _parse_address(text: str) -> Address | None:
    try:
        return None if "/" in text else parse_address(text)
    except ValueError:
        return None


def _external_ranges(classes: Iterable[AddressClass], version: int) -> list[tuple[int, int, int]]:
    """Return the ranges of non-endpoints in ascending order: start, end (excluded), and the index of the class."""
    return sorted(
        (start, end, address_class.index)
        for address_class in classes
        if address_class.version == version
        for start, end in intervals.iter_ranges(address_class.external_addresses)
    )
