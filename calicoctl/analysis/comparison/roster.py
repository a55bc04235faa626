"""Who is in sets of groups, by names that mean exactly these: `outside but not in 10.0.0.0/8`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from calicoctl.analysis.addresses import SIZES, Address
from calicoctl.analysis.bitsets import members
from calicoctl.analysis.groups import Group
from calicoctl.analysis.model import Endpoint
from calicoctl.analysis.parties import EVERYWHERE
from calicoctl.analysis.whereabouts import whereabouts

OUTSIDE = "outside"
"""What is no endpoint."""


class Roster:
    """The names of everybody in some groups."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self._groups = groups
        self._everywhere = _anywhere(groups)

    def names(self, numbers: int) -> tuple[str, ...]:
        """Endpoints by their names, then what is none; with where they are when not all of it is meant."""
        groups = [self._groups[number] for number in members(numbers)]
        names = dict.fromkeys(_at_known(groups))
        for (endpoint, version), meant in _anywhere(groups).items():
            where = whereabouts(meant, self._everywhere[endpoint, version])
            names[f"{endpoint.name if endpoint else OUTSIDE}{where}"] = None
        return tuple(names)

    def versions(self, several: Iterable[int]) -> set[int]:
        """The IP versions that those in any of these sets have addresses of."""
        found: set[int] = set()
        for numbers in several:
            for number in members(numbers):
                if len(found) == len(SIZES):
                    return found
                found.update(_versions(self._groups[number]))
        return found


def _versions(group: Group) -> Iterable[int]:
    """Those of the addresses that are known; of what may be anywhere both, unless a network says which."""
    anywhere = {group.version} if any(net not in EVERYWHERE for net in group.networks) else set(SIZES)
    found = set(anywhere) if group.outside else set()
    for endpoint, _ in group.members:
        found |= anywhere if endpoint.addresses is None else {own.version for own in endpoint.addresses}
    return found


def _at_known(groups: Sequence[Group]) -> Iterator[str]:
    partly: dict[Endpoint, list[Address]] = {}
    for group in groups:
        for endpoint, own in group.members:
            if endpoint.addresses and len(endpoint.addresses) > 1:
                partly.setdefault(endpoint, []).append(own)
            elif endpoint.addresses:
                yield endpoint.name
    for endpoint, meant in partly.items():
        versions = {own.version for own in meant}
        whole = all(own in meant for own in endpoint.addresses or () if own.version in versions)
        yield endpoint.name + ("" if whole else f" at {' and '.join(map(str, meant))}")


def _anywhere(groups: Sequence[Group]) -> dict[tuple[Endpoint | None, int], list[Group]]:
    """The groups of endpoints of unknown addresses, and of what is no endpoint (None), by IP version."""
    found: dict[tuple[Endpoint | None, int], list[Group]] = {}
    for group in groups:
        for endpoint, _ in group.members:
            if endpoint.addresses is None:
                found.setdefault((endpoint, group.version), []).append(group)
    for group in groups:
        if group.outside:
            found.setdefault((None, group.version), []).append(group)
    return found
