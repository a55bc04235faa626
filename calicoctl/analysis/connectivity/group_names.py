"""Members and names of the endpoint groups that have one group key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.connectivity.features import distinguishing_features
from calicoctl.analysis.connectivity.grouping import OUTSIDE_KEY, Grouping, GroupKey, natural_sort_key
from calicoctl.analysis.connectivity.subgroups import Location
from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.model.policy_set import Direction, Endpoint
from calicoctl.analysis.peers.address_names import NetworkExpression, network_expression
from calicoctl.analysis.peers.peer import OUTSIDE
from calicoctl.analysis.sets.addresses import Address
from calicoctl.name_list import join_limited

_MAX_MEMBERS_IN_NAME = 3
_MAX_ADDRESSES_IN_NAME = 3


class GroupMember(NamedTuple):
    """An endpoint, or external addresses, in an endpoint group."""

    endpoint: Endpoint | None
    """None for external addresses."""
    addresses: tuple[Address, ...]
    """Known addresses that belong to the group."""
    network_expression: NetworkExpression | None
    """Networks that contain the address, if it is unknown; else None."""
    is_partial: bool
    """Whether other addresses of the endpoint belong to other groups."""
    without_policy: tuple[Direction, ...]
    """Directions to which no policy applies, so that profiles decide; empty for external addresses."""


def group_members(location_sets: Sequence[Sequence[Location]], grouping: Grouping) -> list[list[GroupMember]]:
    """Return the members of each of the groups that have one group key, in the order of their names."""
    all_classes: dict[Endpoint | None, list[AddressClass]] = {}
    for location_set in location_sets:
        for location in location_set:
            all_classes.setdefault(location.endpoint, []).append(location.address_class)
    return [
        sorted(
            _members_of(location_set, all_classes, grouping),
            key=lambda member: natural_sort_key(_member_name(member, grouping)),
        )
        for location_set in location_sets
    ]


def _members_of(
    location_set: Sequence[Location],
    all_classes: Mapping[Endpoint | None, Sequence[AddressClass]],
    grouping: Grouping,
) -> Iterator[GroupMember]:
    locations_by_endpoint: dict[Endpoint | None, list[Location]] = {}
    for location in location_set:
        locations_by_endpoint.setdefault(location.endpoint, []).append(location)
    for endpoint, locations in locations_by_endpoint.items():
        addresses = tuple(sorted(location.address for location in locations if location.address))
        classes = [location.address_class for location in locations]
        expression = None if addresses else network_expression(classes, all_classes[endpoint])
        is_partial = len(classes) < len(all_classes[endpoint])
        without_policy = grouping.directions_without_policy(endpoint) if endpoint else ()
        yield GroupMember(endpoint, addresses, expression, is_partial, without_policy)


def make_names(
    group_key: GroupKey,
    location_sets: Sequence[Sequence[Location]],
    members_by_set: Sequence[Sequence[GroupMember]],
    grouping: Grouping,
) -> list[str]:
    """Return the names of the groups that have one group key; a single group is named as its key.

    With the focus of an exposure, a single group may be restricted to some networks.
    """
    endpoints = {location.endpoint for location_set in location_sets for location in location_set}
    if len(location_sets) == 1:
        expression = members_by_set[0][0].network_expression if len(endpoints) == 1 else None
        return [group_key.group_name + (str(expression) if expression else "")]
    if group_key is OUTSIDE_KEY or len(endpoints) == 1:
        return [group_key.text + _address_suffix(members[0]) for members in members_by_set]
    return [
        _feature_name(group_key, feature) if feature else _list_name(group_key, members, grouping)
        for feature, members in zip(distinguishing_features(location_sets, grouping), members_by_set, strict=True)
    ]


def _feature_name(group_key: GroupKey, feature: str) -> str:
    if group_key.text:
        return f"{group_key.text} {feature}"
    return feature.removeprefix("with ") if feature.startswith("with ") else f"every endpoint {feature}"


def _list_name(group_key: GroupKey, members: Sequence[GroupMember], grouping: Grouping) -> str:
    member_texts = [
        _member_name(member, grouping) + (_address_suffix(member) if member.is_partial else "") for member in members
    ]
    text = join_limited(member_texts, _MAX_MEMBERS_IN_NAME)
    return f"{group_key.text}: {text}" if group_key.text else text


def _member_name(member: GroupMember, grouping: Grouping) -> str:
    return grouping.name_of(member.endpoint) if member.endpoint else OUTSIDE


def _address_suffix(member: GroupMember) -> str:
    if member.network_expression:
        return str(member.network_expression)
    return f" at {join_limited(member.addresses, _MAX_ADDRESSES_IN_NAME, separator=' and ')}"
