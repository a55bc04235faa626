"""Where addresses lie, in terms of the networks that rules name: `in 10.0.0.0/8 but not in 10.1.0.0/16`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from calicoctl.analysis import wording
from calicoctl.analysis.addresses import Network
from calicoctl.analysis.groups import Group
from calicoctl.analysis.parties import EVERYWHERE

_SHOWN = 4
"""So many networks stand in a name."""


class Whereabouts(NamedTuple):
    """An address is meant when the smallest of all these networks that holds it is one of the first."""

    within: tuple[Network, ...]
    without: tuple[Network, ...]
    everywhere: bool
    """Whether each address may be meant but for those in `without`, as far as there is a choice."""

    def __str__(self) -> str:
        """With a blank before it; empty when any address is meant."""
        inner = [net for net in self.within if net not in EVERYWHERE] if self.everywhere else self.within
        if not self.everywhere:
            return f" in {_listed(inner)}" + (f" but not in {_listed(self.without)}" if self.without else "")
        if not self.without:
            return ""
        return f" but not in {_listed(self.without)}" + (f" except {_listed(inner)}" if inner else "")


def whereabouts(meant: Iterable[Group], possible: Iterable[Group]) -> Whereabouts:
    """Where some groups of one and the same possible ones are; all are parts of what has no address of its own."""
    chains = {chain[0]: chain for chain in map(_chain, possible)}
    inside = {_chain(group)[0] for group in meant}
    within: list[Network] = []
    without: list[Network] = []
    for place, chain in chains.items():
        around = next((net for net in chain[1:] if net in chains), None)
        if (place in inside) != (around in inside):
            (within if place in inside else without).append(place)
    roots = {net for net in EVERYWHERE if net in chains}
    return Whereabouts(tuple(sorted(within)), tuple(sorted(without)), bool(roots) and roots <= inside)


def _chain(group: Group) -> Sequence[Network]:
    """The networks around the addresses of a group, the smallest first; each group has another first one."""
    (everything,) = (net for net in EVERYWHERE if net.version == group.version)
    return sorted({*group.networks, everything}, key=lambda net: net.end - net.start)


def _listed(networks: Collection[Network]) -> str:
    return wording.listed(list(networks), _SHOWN, between=" or ", last=" or ")
