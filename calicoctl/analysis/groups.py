"""A group: addresses that no rule tells apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from calicoctl.analysis.addresses import Address, Network, address
from calicoctl.analysis.intervals import Intervals, holds
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
        return (
            self.members[0].address if self.members else Address(self.version, example_of(self.version, self.outside))
        )


_USUAL = (*map(address, ("10.0.0.1", "192.168.0.1", "172.16.0.1", "fd00::1")),)
_ABROAD = (*map(address, ("198.51.100.1", "2001:db8::1")),)


def example_of(version: int, run: Intervals, *, nth: int | None = None) -> int:
    """An address of a set of an IP version, which must not be empty, that people would take for one.

    Of those that are somebody's the nth is asked for, so that different ones get different examples.
    """
    for usual in _ABROAD if nth is None else _USUAL:
        if usual.version == version and holds(run, usual.value + (nth or 0)):
            return usual.value + (nth or 0)
    later = run[0] + 1 + (nth or 0)
    return later if later < run[1] else run[0]
