"""A group: addresses that no rule tells apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from calicoctl.analysis.addresses import Address, Network
from calicoctl.analysis.intervals import Intervals
from calicoctl.analysis.model import Endpoint
from calicoctl.analysis.stages import Governance


class Member(NamedTuple):
    """An endpoint with one of its addresses; for one of unknown addresses it is an example."""

    endpoint: Endpoint
    address: Address


@dataclass(eq=False)
class Group:
    """Addresses of one IP version that no rule tells apart, all of endpoints or all of what is none."""

    index: int
    """Its bit in sets of groups."""
    version: int
    """The IP version: 4 or 6."""
    governance: Governance | None
    """What decides for it; None for what is no endpoint."""
    selected_by: frozenset[int]
    """The numbers of the selectors of rules that match its addresses."""
    networks: frozenset[Network]
    """The networks of rules that its addresses lie in."""
    members: list[Member] = field(default_factory=list)
    outside: Intervals = ()
    """The addresses of what is no endpoint."""

    @property
    def example(self) -> Address:
        """One of its addresses."""
        return self.members[0].address if self.members else Address(self.version, example_of(self.outside))


def example_of(run: Intervals) -> int:
    """An address of a set, which must not be empty: not the first of a network where that can be helped."""
    return run[0] + 1 if run[0] + 1 < run[1] and run[0] & 255 == 0 else run[0]
