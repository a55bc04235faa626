"""What an endpoint would send to itself: that never comes to the agent, so no answer may speak of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calicoctl.analysis.groups import Group
from calicoctl.analysis.model import Endpoint
from calicoctl.analysis.parties import Party
from calicoctl.analysis.relation import Block

_Alone = dict[Endpoint, int]
"""Endpoints, and the groups in which a party means nobody but this one."""


class SelfTraffic:
    """Tells traffic between two parties from what an endpoint of both would send to itself."""

    def __init__(self, groups: Sequence[Group], source: Party, destination: Party) -> None:
        senders, receivers = _alone(groups, source), _alone(groups, destination)
        self._pairs = [(senders[endpoint], receivers[endpoint]) for endpoint in senders if endpoint in receivers]
        self._sources = self._destinations = 0
        for sources, destinations in self._pairs:
            self._sources |= sources
            self._destinations |= destinations

    def without(self, block: Block) -> Iterator[Block]:
        """The block without it, in parts; none when nothing is left."""
        if not (block.sources & self._sources and block.destinations & self._destinations):
            yield block
            return
        rest = block.sources
        for sources, destinations in self._pairs:
            own = block.sources & sources
            if own and block.destinations & destinations:
                rest &= ~own
                if others := block.destinations & ~destinations:
                    yield block._replace(sources=own, destinations=others)
        if rest:
            yield block._replace(sources=rest)


def _alone(groups: Sequence[Group], party: Party) -> _Alone:
    """An endpoint that nobody has written down stands for many, and is never alone."""
    found: _Alone = {}
    for group in groups:
        meant = {member.endpoint for member in group.members if party.means(member)}
        if len(meant) == 1 and (endpoint := next(iter(meant))).origin:
            found[endpoint] = found.get(endpoint, 0) | 1 << group.index
    return found
