"""Names for the shares of what stands under one heading: exact ones, by what tells each share from the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from calicoctl.analysis import wording
from calicoctl.analysis.addresses import Address
from calicoctl.analysis.connectivity.features import distinguishing
from calicoctl.analysis.connectivity.grouping import ELSEWHERE, OUTSIDE, Grouping, Heading, natural
from calicoctl.analysis.connectivity.pieces import Spot
from calicoctl.analysis.groups import Group
from calicoctl.analysis.model import Endpoint
from calicoctl.analysis.whereabouts import Whereabouts, whereabouts

Share = Sequence[Spot]

_SHOWN = 3
"""So many endpoints stand in a name."""


class Inhabitant(NamedTuple):
    """Somebody within a share, with the addresses that are meant."""

    endpoint: Endpoint | None
    """None for what is no endpoint."""
    addresses: tuple[Address, ...]
    """Those that are known."""
    where: Whereabouts | None
    """Where the address may lie, when it is not known."""
    partly: bool
    """Whether other addresses of it are in other shares."""


def names(heading: Heading, shares: Sequence[Share], inside: Sequence[Sequence[Inhabitant]], by: Grouping) -> list[str]:
    """A name for each share; that of the only one is the heading."""
    if len(shares) == 1:
        return [heading.text or "every endpoint"]
    if heading is ELSEWHERE or len({spot.endpoint for share in shares for spot in share}) == 1:
        return [heading.text + _addresses(people[0]) for people in inside]
    features = distinguishing(shares, by)
    return [_named(heading, feature, people, by) for feature, people in zip(features, inside, strict=True)]


def inhabitants(shares: Sequence[Share], by: Grouping) -> list[list[Inhabitant]]:
    """Who is in each of the shares that are all under one heading, in the order of their names."""
    everywhere: dict[Endpoint | None, list[Group]] = {}
    for share in shares:
        for spot in share:
            everywhere.setdefault(spot.endpoint, []).append(spot.group)
    return [sorted(_inhabitants(share, everywhere), key=lambda one: natural(_name(one, by))) for share in shares]


def _inhabitants(share: Share, everywhere: dict[Endpoint | None, list[Group]]) -> Iterator[Inhabitant]:
    spots: dict[Endpoint | None, list[Spot]] = {}
    for spot in share:
        spots.setdefault(spot.endpoint, []).append(spot)
    for endpoint, here in spots.items():
        partly = len(here) < len(everywhere[endpoint])
        known = tuple(sorted(spot.address for spot in here if spot.address))
        where = None if known else whereabouts((spot.group for spot in here), everywhere[endpoint])
        yield Inhabitant(endpoint, known, where, partly)


def _named(heading: Heading, feature: str, people: Sequence[Inhabitant], by: Grouping) -> str:
    if feature:
        return f"{heading.text} {feature}" if heading.text else _alone(feature)
    listed = [_name(one, by) + (_addresses(one) if one.partly else "") for one in people]
    text = wording.listed(listed, _SHOWN)
    return f"{heading.text}: {text}" if heading.text else text


def _alone(feature: str) -> str:
    return feature.removeprefix("with ") if feature.startswith("with ") else f"endpoints {feature}"


def _name(one: Inhabitant, by: Grouping) -> str:
    return by.name_of(one.endpoint) if one.endpoint else OUTSIDE


def _addresses(one: Inhabitant) -> str:
    if one.where:
        return str(one.where)
    return f" at {wording.listed(one.addresses, _SHOWN, between=' and ')}"
