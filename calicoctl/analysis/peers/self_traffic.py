"""Traffic of endpoints to themselves: it does not reach the agent, so results must not contain it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.reachability import Block
from calicoctl.analysis.model.policy_set import Endpoint, single_endpoint
from calicoctl.analysis.peers.peer import Peer
from calicoctl.analysis.sets.bitsets import union_bits
from calicoctl.analysis.sets.set_index import union_by_key

_ClassesByEndpoint = dict[Endpoint, int]
"""Endpoints, each with the set of address classes in which the peer contains only that endpoint."""


class SelfTraffic:
    """Traffic of endpoints that are in both peers to themselves."""

    def __init__(self, classes: Sequence[AddressClass], source: Peer, destination: Peer) -> None:
        senders, receivers = (
            _classes_of_single_endpoints(classes, source),
            _classes_of_single_endpoints(classes, destination),
        )
        self._pairs = [(senders[endpoint], receivers[endpoint]) for endpoint in senders if endpoint in receivers]
        self._sources = union_bits(sources for sources, _ in self._pairs)
        self._destinations = union_bits(destinations for _, destinations in self._pairs)

    def subtract_from(self, block: Block) -> Iterator[Block]:
        """Yield the parts of a block without the self traffic."""
        if not (block.sources & self._sources and block.destinations & self._destinations):
            yield block
            return
        remaining = block.sources
        for sources, destinations in self._pairs:
            own = block.sources & sources
            if own and block.destinations & destinations:
                remaining &= ~own
                if others := block.destinations & ~destinations:
                    yield block._replace(sources=own, destinations=others)
        if remaining:
            yield block._replace(sources=remaining)


def _classes_of_single_endpoints(classes: Sequence[AddressClass], peer: Peer) -> _ClassesByEndpoint:
    return union_by_key(
        (endpoint, 1 << address_class.index)
        for address_class in classes
        if (endpoint := single_endpoint(member.endpoint for member in address_class.members if peer.contains(member)))
    )
