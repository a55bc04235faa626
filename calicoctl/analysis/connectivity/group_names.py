"""What tells some endpoints from others: a profile, a label, a network, the lack of one, or several together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.connectivity.grouping import (
    OUTSIDE,
    OUTSIDE_KEY,
    Grouping,
    GroupKey,
    label_text,
    natural_sort_key,
)
from calicoctl.analysis.connectivity.pieces import Location
from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.model.policy_set import Endpoint
from calicoctl.analysis.peers.address_names import NetworkExpression, network_expression
from calicoctl.analysis.peers.peer import ALL_ADDRESSES
from calicoctl.analysis.sets.addresses import Address
from calicoctl.analysis.sets.bitsets import bitset
from calicoctl.name_list import join_limited

_PROFILE, _LABEL, _NETWORK, _KEY = range(4)


_MAX_FEATURES_IN_NAME = 3
"""So many features at most stand together in a name."""


class Feature(NamedTuple):
    """Something that can be said of somebody."""

    rank: int
    present_text: str
    absent_text: str
    """What can be said of those who have it not; empty when that says little."""


def find_distinguishing_features(location_sets: Sequence[Sequence[Location]], grouping: Grouping) -> list[str]:
    """What all of each share has and nobody in another one; or what only it lacks; or nothing."""
    counts = [
        Counter(feature for location in location_set for feature in _features_of(location, grouping))
        for location_set in location_sets
    ]
    totals = sum(counts, Counter[Feature]())
    location_count = sum(map(len, location_sets))
    features_by_count: dict[int, list[Feature]] = {}
    for feature, count in totals.items():
        if feature.absent_text:
            features_by_count.setdefault(count, []).append(feature)
    names: list[str] = []
    for location_set, own in zip(location_sets, counts, strict=True):
        candidates = [
            (candidate.rank, candidate.present_text)
            for candidate, count in own.items()
            if count == len(location_set) == totals[candidate]
        ]
        absent_elsewhere = features_by_count.get(location_count - len(location_set), ())
        candidates = candidates or [
            (candidate.rank, candidate.absent_text) for candidate in absent_elsewhere if not own[candidate]
        ]
        names.append(min(candidates)[1] if candidates else "")
    common_features = [
        []
        if name
        else [candidate for candidate, count in own.items() if count == len(location_set) and candidate.rank != _KEY]
        for name, own, location_set in zip(names, counts, location_sets, strict=True)
    ]
    locations_by_feature = _locations_by_feature(
        location_sets, {candidate for features in common_features for candidate in features}, grouping
    )
    return [
        name
        or _conjunction(
            sorted(features, key=lambda candidate: (totals[candidate], candidate)),
            locations_by_feature,
            len(location_set),
        )
        for name, features, location_set in zip(names, common_features, location_sets, strict=True)
    ]


def _locations_by_feature(
    location_sets: Sequence[Sequence[Location]], features: Iterable[Feature], grouping: Grouping
) -> Mapping[Feature, int]:
    """Who has each of these features, as sets of numbers."""
    numbers_by_feature: dict[Feature, list[int]] = {feature: [] for feature in features}
    if numbers_by_feature:
        for number, location in enumerate(location for location_set in location_sets for location in location_set):
            for feature in _features_of(location, grouping):
                if feature in numbers_by_feature:
                    numbers_by_feature[feature].append(number)
    return {feature: bitset(numbers) for feature, numbers in numbers_by_feature.items()}


def _conjunction(features: Sequence[Feature], locations_by_feature: Mapping[Feature, int], location_count: int) -> str:
    """A few features, the rarest first, that nobody has together but those who are meant."""
    chosen: list[Feature] = []
    remaining = -1
    for feature in features:
        narrowed = remaining & locations_by_feature[feature]
        if narrowed != remaining:
            remaining = narrowed
            chosen.append(feature)
        if remaining.bit_count() == location_count or len(chosen) == _MAX_FEATURES_IN_NAME:
            break
    if not chosen or remaining.bit_count() != location_count:
        return ""
    words = [part.present_text.removeprefix("with ") for part in sorted(chosen) if part.rank != _NETWORK]
    networks = [part.present_text for part in chosen if part.rank == _NETWORK]
    return " ".join([*(["with " + " and ".join(words)] if words else []), *networks[-1:]])


def _features_of(location: Location, grouping: Grouping) -> Iterator[Feature]:
    if location.endpoint is None:
        return
    for profile in dict.fromkeys(location.endpoint.profiles):
        yield Feature(_PROFILE, f"with {grouping.profile_name(profile)}", "")
    for key, value in grouping.labels_of(location.endpoint).items():
        yield Feature(_LABEL, f"with {label_text(key, value)}", "")
        yield Feature(_KEY, f"that have {key}", f"without {key}")
    for network in location.address_class.networks:
        if network not in ALL_ADDRESSES:
            yield Feature(_NETWORK, f"in {network}", f"not in {network}")


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
    text = join_limited(member_texts, _MAX_ENDPOINTS_IN_NAME)
    return f"{group_key.text}: {text}" if group_key.text else text


def _feature_as_name(feature: str) -> str:
    return feature.removeprefix("with ") if feature.startswith("with ") else f"endpoints {feature}"


def _member_name(member: GroupMember, grouping: Grouping) -> str:
    return grouping.name_of(member.endpoint) if member.endpoint else OUTSIDE


def _address_suffix(member: GroupMember) -> str:
    if member.network_expression:
        return str(member.network_expression)
    return f" at {join_limited(member.addresses, _MAX_ENDPOINTS_IN_NAME, separator=' and ')}"
