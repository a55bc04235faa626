"""Names of the endpoints and non-endpoints in bitsets of address classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.model.policy_set import Endpoint
from calicoctl.analysis.peers.address_names import network_expression
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, OUTSIDE
from calicoctl.analysis.semantic_diff.refinement import unknown_address_classes
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Address
from calicoctl.analysis.sets.bitsets import bit_indexes


class GroupNames:
    """Names of the members of address classes."""

    def __init__(self, classes: Sequence[AddressClass]) -> None:
        self._classes = classes
        self._unknown_address_classes = unknown_address_classes(classes)

    def names(self, class_bits: int) -> tuple[str, ...]:
        """Return the names of the endpoints, then of non-endpoints; with addresses or networks if others are excluded.

        Args:
            class_bits: bitset of class indexes.
        """
        classes = [self._classes[number] for number in bit_indexes(class_bits)]
        names = dict.fromkeys(_known_address_names(classes))
        for (endpoint, version), endpoint_classes in unknown_address_classes(classes).items():
            expression = network_expression(endpoint_classes, self._unknown_address_classes[endpoint, version])
            names[f"{endpoint.name if endpoint else OUTSIDE}{expression}"] = None
        return tuple(names)

    def ip_versions(self, class_sets: Iterable[int]) -> set[int]:
        """Return the IP versions of all addresses of the members of these classes.

        Args:
            class_sets: bitsets of class indexes.
        """
        versions: set[int] = set()
        for class_bits in class_sets:
            for number in bit_indexes(class_bits):
                if len(versions) == len(ADDRESS_COUNTS):
                    return versions
                versions |= _ip_versions(self._classes[number])
        return versions


def _ip_versions(address_class: AddressClass) -> set[int]:
    """Return the IP versions of known addresses; of unknown ones both, unless a rule's network limits the class."""
    in_network = any(network not in ALL_ADDRESSES for network in address_class.networks)
    possible_versions = {address_class.version} if in_network else set(ADDRESS_COUNTS)
    versions = set(possible_versions) if address_class.external_addresses else set()
    for endpoint, _ in address_class.members:
        versions |= (
            possible_versions if endpoint.addresses is None else {address.version for address in endpoint.addresses}
        )
    return versions


def _known_address_names(classes: Iterable[AddressClass]) -> Iterator[str]:
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
