"""Where addresses lie, in terms of the networks that rules name: `in 10.0.0.0/8 but not in 10.1.0.0/16`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.peers.peer import ALL_ADDRESSES
from calicoctl.analysis.sets.addresses import Network
from calicoctl.name_list import join_limited

_MAX_NETWORKS = 4
"""So many networks stand in a name."""


class NetworkExpression(NamedTuple):
    """An address is meant when the smallest of all these networks that holds it is one of the first."""

    included: tuple[Network, ...]
    excluded: tuple[Network, ...]
    any_address: bool
    """Whether each address may be meant but for those in `without`, as far as there is a choice."""

    def __str__(self) -> str:
        """With a blank before it; empty when any address is meant."""
        shown = [net for net in self.included if net not in ALL_ADDRESSES] if self.any_address else self.included
        if not self.any_address:
            return f" in {_join_networks(shown)}" + (
                f" but not in {_join_networks(self.excluded)}" if self.excluded else ""
            )
        if not self.excluded:
            return ""
        return f" but not in {_join_networks(self.excluded)}" + (f" except {_join_networks(shown)}" if shown else "")


def network_expression(classes: Iterable[AddressClass], candidates: Iterable[AddressClass]) -> NetworkExpression:
    """Where some groups of one and the same possible ones are; all are parts of what has no address of its own."""
    chains = {chain[0]: chain for chain in map(_enclosing_networks, candidates)}
    included_networks = {_enclosing_networks(address_class)[0] for address_class in classes}
    included: list[Network] = []
    excluded: list[Network] = []
    for network, chain in chains.items():
        parent = next((net for net in chain[1:] if net in chains), None)
        if (network in included_networks) != (parent in included_networks):
            (included if network in included_networks else excluded).append(network)
    roots = {net for net in ALL_ADDRESSES if net in chains}
    return NetworkExpression(
        tuple(sorted(included)), tuple(sorted(excluded)), bool(roots) and roots <= included_networks
    )


def _enclosing_networks(address_class: AddressClass) -> Sequence[Network]:
    """The networks around the addresses of a group, the smallest first; each group has another first one."""
    (all_addresses,) = (net for net in ALL_ADDRESSES if net.version == address_class.version)
    return sorted({*address_class.networks, all_addresses}, key=lambda net: net.end - net.start)


def _join_networks(networks: Collection[Network]) -> str:
    return join_limited(list(networks), _MAX_NETWORKS, separator=" or ", last_separator=" or ")
