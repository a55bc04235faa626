"""Names for the shares of what stands under one heading: exact ones, by what tells each share from the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from calicoctl.analysis import wording
from calicoctl.analysis.addresses import Address
from calicoctl.analysis.connectivity.features import find_distinguishing_features
from calicoctl.analysis.connectivity.grouping import OUTSIDE, OUTSIDE_KEY, Grouping, GroupKey, natural_sort_key
from calicoctl.analysis.connectivity.pieces import Location
from calicoctl.analysis.groups import AddressClass
from calicoctl.analysis.model import Endpoint
from calicoctl.analysis.whereabouts import NetworkExpression, network_expression

LocationSet = Sequence[Location]

_MAX_ENDPOINTS_IN_NAME = 3
"""So many endpoints stand in a name."""


class GroupMember(NamedTuple):
    """Somebody within a share, with the addresses that are meant."""

    endpoint: Endpoint | None
    """None for what is no endpoint."""
    addresses: tuple[Address, ...]
    """Those that are known."""
    network_expression: NetworkExpression | None
    """Where the address may lie, when it is not known."""
    is_partial: bool
    """Whether other addresses of it are in other shares."""


def make_names(
    group_key: GroupKey,
    location_sets: Sequence[LocationSet],
    members_by_set: Sequence[Sequence[GroupMember]],
    grouping: Grouping,
) -> list[str]:
    """A name for each share; that of the only one is the heading."""
    if len(location_sets) == 1:
        return [group_key.text or "every endpoint"]
    if (
        group_key is OUTSIDE_KEY
        or len({location.endpoint for location_set in location_sets for location in location_set}) == 1
    ):
        return [group_key.text + _address_suffix(members[0]) for members in members_by_set]
    features = find_distinguishing_features(location_sets, grouping)
    return [
        _make_name(group_key, feature, members, grouping)
        for feature, members in zip(features, members_by_set, strict=True)
    ]


def group_members(location_sets: Sequence[LocationSet], grouping: Grouping) -> list[list[GroupMember]]:
    """Who is in each of the shares that are all under one heading, in the order of their names."""
    classes_by_endpoint: dict[Endpoint | None, list[AddressClass]] = {}
    for location_set in location_sets:
        for location in location_set:
            classes_by_endpoint.setdefault(location.endpoint, []).append(location.address_class)
    return [
        sorted(
            _members_of(location_set, classes_by_endpoint),
            key=lambda member: natural_sort_key(_member_name(member, grouping)),
        )
        for location_set in location_sets
    ]


def _members_of(
    location_set: LocationSet, classes_by_endpoint: dict[Endpoint | None, list[AddressClass]]
) -> Iterator[GroupMember]:
    locations_by_endpoint: dict[Endpoint | None, list[Location]] = {}
    for location in location_set:
        locations_by_endpoint.setdefault(location.endpoint, []).append(location)
    for endpoint, locations in locations_by_endpoint.items():
        is_partial = len(locations) < len(classes_by_endpoint[endpoint])
        addresses = tuple(sorted(location.address for location in locations if location.address))
        expression = (
            None
            if addresses
            else network_expression((location.address_class for location in locations), classes_by_endpoint[endpoint])
        )
        yield GroupMember(endpoint, addresses, expression, is_partial)


def _make_name(group_key: GroupKey, feature: str, members: Sequence[GroupMember], grouping: Grouping) -> str:
    if feature:
        return f"{group_key.text} {feature}" if group_key.text else _feature_as_name(feature)
    member_texts = [
        _member_name(member, grouping) + (_address_suffix(member) if member.is_partial else "") for member in members
    ]
    text = wording.join_limited(member_texts, _MAX_ENDPOINTS_IN_NAME)
    return f"{group_key.text}: {text}" if group_key.text else text


def _feature_as_name(feature: str) -> str:
    return feature.removeprefix("with ") if feature.startswith("with ") else f"endpoints {feature}"


def _member_name(member: GroupMember, grouping: Grouping) -> str:
    return grouping.name_of(member.endpoint) if member.endpoint else OUTSIDE


def _address_suffix(member: GroupMember) -> str:
    if member.network_expression:
        return str(member.network_expression)
    return f" at {wording.join_limited(member.addresses, _MAX_ENDPOINTS_IN_NAME, separator=' and ')}"
