"""Parts of a peer in some address classes, with the names of their endpoints and networks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.model.policy_set import Endpoint
from calicoctl.analysis.peers.address_names import network_expression
from calicoctl.analysis.peers.peer import Peer
from calicoctl.analysis.sets.addresses import Address, single_version
from calicoctl.name_list import join_limited

_MAX_ADDRESSES_IN_NAME = 3


class PeerPart(NamedTuple):
    """Part of a peer."""

    names: tuple[str, ...]
    """Names of the endpoints, and `outside`, with the networks or addresses if the part has not all of the peer."""
    versions: frozenset[int]
    """IP versions of all addresses that the names denote."""


class PeerParts:
    """Names parts of a peer.

    Args:
        peer: the peer.
        classes: all address classes.
    """

    def __init__(self, peer: Peer, classes: Iterable[AddressClass]) -> None:
        self.peer = peer
        self._all = self._by_owner(classes)

    def part(self, classes: Iterable[AddressClass]) -> PeerPart:
        """Return the part in some address classes."""
        names: list[str] = []
        versions: set[int] = set()
        for owner, own in self._by_owner(classes).items():
            own_versions = _versions(own)
            candidates = {each: None for each in self._all[owner] if each.version in own_versions}
            suffix, is_whole = self._suffix(owner, own, list(candidates))
            names.append(f"{owner.name if owner else self.peer.external_name}{suffix}")
            versions |= _versions(self._all[owner]) if is_whole else own_versions
        return PeerPart(tuple(names), frozenset(versions))

    def dual_stack(self, classes: Iterable[AddressClass]) -> frozenset[Endpoint | None]:
        """Return the endpoints in some classes, and None for non-endpoints, that have addresses of both IP versions."""
        return frozenset(owner for owner in self._by_owner(classes) if len(_versions(self._all[owner])) > 1)

    def _suffix(
        self, owner: Endpoint | None, own: Sequence[AddressClass], candidates: Sequence[AddressClass]
    ) -> tuple[str, bool]:
        """Return the text after the name of an owner, and whether the text can also denote the other IP version."""
        if owner is None or owner.addresses is None:
            expression = network_expression(own, candidates)
            return str(expression), expression.any_address
        if len(own) == len(candidates):
            return "", True
        return f" at {join_limited(self._addresses(owner, own), _MAX_ADDRESSES_IN_NAME, separator=' and ')}", False

    def _addresses(self, owner: Endpoint, classes: Iterable[AddressClass]) -> list[Address]:
        members = (member for each in classes for member in each.members if member.endpoint is owner)
        return sorted(member.address for member in members if self.peer.contains(member))

    def _by_owner(self, classes: Iterable[AddressClass]) -> Mapping[Endpoint | None, list[AddressClass]]:
        """Return the classes of each endpoint of the peer, and of its non-endpoint addresses."""
        by_owner: dict[Endpoint | None, list[AddressClass]] = {}
        for address_class in classes:
            for owner in dict.fromkeys(self._owners(address_class)):
                by_owner.setdefault(owner, []).append(address_class)
        return by_owner

    def _owners(self, address_class: AddressClass) -> Iterator[Endpoint | None]:
        yield from (member.endpoint for member in address_class.members if self.peer.contains(member))
        if self.peer.contains_external(address_class):
            yield None


_Ends = tuple[Sequence[AddressClass], ...]
"""Address classes of one IP version at each end of the same traffic."""


def merge_versions(parts: Sequence[PeerParts], traffic: Iterable[_Ends]) -> Iterator[_Ends]:
    """Yield traffic with the same services, merged if it is equal for all with addresses of both IP versions.

    Args:
        parts: parts of the peer at each end.
        traffic: address classes of one IP version at each end.
    """
    by_owners: dict[object, dict[int, list[_Ends]]] = {}
    for ends in traffic:
        key = tuple(each.dual_stack(classes) for each, classes in zip(parts, ends, strict=True))
        by_owners.setdefault(key, {}).setdefault(ends[0][0].version, []).append(ends)
    for by_version in by_owners.values():
        for pair in zip_longest(*by_version.values()):
            yield tuple([each for side in end for each in side] for end in zip(*filter(None, pair), strict=True))


def common_version(classes: Iterable[AddressClass], *ends: PeerPart) -> int | None:
    """Return the IP version of traffic if all ends also have addresses of the other version; else None."""
    return single_version(_versions(classes), *(end.versions for end in ends))


def _versions(classes: Iterable[AddressClass]) -> frozenset[int]:
    return frozenset(address_class.version for address_class in classes)
