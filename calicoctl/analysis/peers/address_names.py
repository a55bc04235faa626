"""Names of address classes by the networks in rules: `in 10.0.0.0/8 but not in 10.1.0.0/16`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.peers.peer import ALL_ADDRESSES
from calicoctl.analysis.sets.addresses import Network
from calicoctl.name_list import join_limited

_MAX_NETWORKS = 4
"""Maximum number of networks in a name."""


class NetworkExpression(NamedTuple):
    """Set of addresses: those whose smallest network in `included` and `excluded` is in `included`."""

    included: tuple[Network, ...]
    excluded: tuple[Network, ...]
    any_address: bool
    """Whether addresses in none of these networks are in the set as well."""

    def __str__(self) -> str:
        """Return the text with a leading space; empty for all addresses.

        Networks within networks alternate: ` in 10.0.0.0/8 but not in 10.1.0.0/16 except 10.1.2.0/24`.
        """
        levels = _by_depth((*self.included, *self.excluded))
        text = "" if self.any_address or not levels else f" in {_join_networks(levels[0])}"
        for depth, networks in enumerate(levels[1:], 1):
            text += f" {'but not in' if depth % 2 else 'except'} {_join_networks(networks)}"
        return text


def network_expression(classes: Iterable[AddressClass], candidates: Iterable[AddressClass]) -> NetworkExpression:
    """Return the addresses of some address classes, all non-endpoints or all of one endpoint of unknown address.

    Args:
        classes: the address classes.
        candidates: all address classes of the non-endpoints, or of the endpoint.
    """
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
    """Return the networks that contain a class, the smallest first; the first one is different for each class."""
    (all_addresses,) = (net for net in ALL_ADDRESSES if net.version == address_class.version)
    return sorted({*address_class.networks, all_addresses}, key=lambda net: net.end - net.start)


def _by_depth(networks: Iterable[Network]) -> list[list[Network]]:
    """Return networks by the number of the others that contain them, each in ascending order."""
    levels: list[list[Network]] = []
    enclosing: list[Network] = []
    for network in sorted(networks, key=lambda net: (net.version, net.start, -net.end)):
        while enclosing and (enclosing[-1].version, enclosing[-1].end) < (network.version, network.end):
            enclosing.pop()
        if len(enclosing) == len(levels):
            levels.append([])
        levels[len(enclosing)].append(network)
        enclosing.append(network)
    return levels


def _join_networks(networks: Collection[Network]) -> str:
    return join_limited(list(networks), _MAX_NETWORKS, separator=" or ", last_separator=" or ")
