"""What an endpoint would send to itself: that never comes to the agent, so no answer may speak of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.reachability import Block
from calicoctl.analysis.model.policy_set import Endpoint
from calicoctl.analysis.peers.peer import Peer

_SoleEndpoints = dict[Endpoint, int]
"""Endpoints, and the groups in which a party means nobody but this one."""


class SelfTraffic:
    """Tells traffic between two parties from what an endpoint of both would send to itself."""

    def __init__(self, classes: Sequence[AddressClass], source: Peer, destination: Peer) -> None:
        senders, receivers = _sole_endpoints(classes, source), _sole_endpoints(classes, destination)
        self._pairs = [(senders[endpoint], receivers[endpoint]) for endpoint in senders if endpoint in receivers]
        self._sources = self._destinations = 0
        for sources, destinations in self._pairs:
            self._sources |= sources
            self._destinations |= destinations

    def subtract_from(self, block: Block) -> Iterator[Block]:
        """The block without it, in parts; none when nothing is left."""
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


def _sole_endpoints(classes: Sequence[AddressClass], peer: Peer) -> _SoleEndpoints:
    """An endpoint that nobody has written down stands for many, and is never alone."""
    result: _SoleEndpoints = {}
    for address_class in classes:
        endpoints = {member.endpoint for member in address_class.members if peer.contains(member)}
        if len(endpoints) == 1 and (endpoint := next(iter(endpoints))).origin:
            result[endpoint] = result.get(endpoint, 0) | 1 << address_class.index
    return result
