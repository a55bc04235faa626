"""Who is in sets of groups, by names that mean exactly these: `outside but not in 10.0.0.0/8`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from calicoctl.analysis.addresses import ADDRESS_COUNTS, Address
from calicoctl.analysis.bitsets import bit_indexes
from calicoctl.analysis.groups import AddressClass
from calicoctl.analysis.model import Endpoint
from calicoctl.analysis.parties import ALL_ADDRESSES
from calicoctl.analysis.whereabouts import network_expression

OUTSIDE = "outside"
"""What is no endpoint."""


class GroupNames:
    """The names of everybody in some groups."""

    def __init__(self, classes: Sequence[AddressClass]) -> None:
        self._classes = classes
        self._unknown_address_classes = _unknown_address_classes(classes)

    def names(self, class_bits: int) -> tuple[str, ...]:
        """Endpoints by their names, then what is none; with where they are when not all of it is meant."""
        classes = [self._classes[number] for number in bit_indexes(class_bits)]
        names = dict.fromkeys(_known_address_names(classes))
        for (endpoint, version), endpoint_classes in _unknown_address_classes(classes).items():
            expression = network_expression(endpoint_classes, self._unknown_address_classes[endpoint, version])
            names[f"{endpoint.name if endpoint else OUTSIDE}{expression}"] = None
        return tuple(names)

    def ip_versions(self, class_sets: Iterable[int]) -> set[int]:
        """The IP versions that those in any of these sets have addresses of."""
        versions: set[int] = set()
        for class_bits in class_sets:
            for number in bit_indexes(class_bits):
                if len(versions) == len(ADDRESS_COUNTS):
                    return versions
                versions.update(_ip_versions(self._classes[number]))
        return versions


def _ip_versions(address_class: AddressClass) -> Iterable[int]:
    """Those of the addresses that are known; of what may be anywhere both, unless a network says which."""
    possible_versions = (
        {address_class.version}
        if any(network not in ALL_ADDRESSES for network in address_class.networks)
        else set(ADDRESS_COUNTS)
    )
    versions = set(possible_versions) if address_class.external_addresses else set()
    for endpoint, _ in address_class.members:
        versions |= (
            possible_versions if endpoint.addresses is None else {address.version for address in endpoint.addresses}
        )
    return versions


def _known_address_names(classes: Sequence[AddressClass]) -> Iterator[str]:
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


def _unknown_address_classes(classes: Sequence[AddressClass]) -> dict[tuple[Endpoint | None, int], list[AddressClass]]:
    """The groups of endpoints of unknown addresses, and of what is no endpoint (None), by IP version."""
    classes_by_endpoint: dict[tuple[Endpoint | None, int], list[AddressClass]] = {}
    for address_class in classes:
        for endpoint, _ in address_class.members:
            if endpoint.addresses is None:
                classes_by_endpoint.setdefault((endpoint, address_class.version), []).append(address_class)
    for address_class in classes:
        if address_class.external_addresses:
            classes_by_endpoint.setdefault((None, address_class.version), []).append(address_class)
    return classes_by_endpoint
