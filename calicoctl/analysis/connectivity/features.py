"""Features that distinguish endpoints: a profile, a label, a network, the lack of one, or several together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.connectivity.grouping import Grouping, label_text
from calicoctl.analysis.connectivity.subgroups import Location
from calicoctl.analysis.peers.peer import ALL_ADDRESSES
from calicoctl.analysis.sets.bitsets import bitset

_PROFILE, _LABEL, _NETWORK, _KEY = range(4)
"""Ranks of features; names prefer the lowest."""

_MAX_FEATURES_IN_NAME = 3


class _Feature(NamedTuple):
    """A property that a location has or lacks."""

    rank: int
    present_text: str
    absent_text: str
    """Text for locations without the feature; empty if it must not be used in a name."""


def distinguishing_features(location_sets: Sequence[Sequence[Location]], grouping: Grouping) -> list[str]:
    """Return, for each set of locations, a text that distinguishes it from the other sets; empty if there is none.

    A single feature is preferred: one that all locations of the set and no others have, or that only they lack.
    Otherwise it is a conjunction of features.
    """
    counts = [
        Counter(feature for location in location_set for feature in _features_of(location, grouping))
        for location_set in location_sets
    ]
    sizes = list(map(len, location_sets))
    totals = sum(counts, Counter[_Feature]())
    texts = _single_features(sizes, counts, totals)
    common_features = {
        index: [feature for feature, count in counts[index].items() if count == sizes[index] and feature.rank != _KEY]
        for index, text in enumerate(texts)
        if not text
    }
    if common_features:
        candidates = {feature for features in common_features.values() for feature in features}
        holders = _locations_with_features(location_sets, candidates, grouping)
        for index, features in common_features.items():
            rarest_first = sorted(features, key=lambda feature: (totals[feature], feature))
            texts[index] = _conjunction(rarest_first, holders, sizes[index])
    return texts


def _single_features(
    sizes: Sequence[int], counts: Sequence[Counter[_Feature]], totals: Mapping[_Feature, int]
) -> list[str]:
    """Return, for each set, the text of one feature that distinguishes it; empty if there is none.

    Args:
        sizes: number of locations in each set.
        counts: number of locations in each set that have a feature.
        totals: number of all locations that have a feature.
    """
    features_by_total: dict[int, list[_Feature]] = {}
    for feature, total in totals.items():
        if feature.absent_text:
            features_by_total.setdefault(total, []).append(feature)
    texts = []
    for size, own_counts in zip(sizes, counts, strict=True):
        present = [
            (feature.rank, feature.present_text)
            for feature, count in own_counts.items()
            if count == size == totals[feature]
        ]
        all_others_have = features_by_total.get(sum(sizes) - size, ())
        absent = [(feature.rank, feature.absent_text) for feature in all_others_have if not own_counts[feature]]
        texts.append(min(present or absent, default=(0, ""))[1])
    return texts


def _locations_with_features(
    location_sets: Iterable[Iterable[Location]], features: Iterable[_Feature], grouping: Grouping
) -> dict[_Feature, int]:
    """Return, for each of these features, the bitset of the locations that have it, numbered over all sets."""
    numbers_by_feature: dict[_Feature, list[int]] = {feature: [] for feature in features}
    if numbers_by_feature:
        for number, location in enumerate(location for location_set in location_sets for location in location_set):
            for feature in _features_of(location, grouping):
                if feature in numbers_by_feature:
                    numbers_by_feature[feature].append(number)
    return {feature: bitset(numbers) for feature, numbers in numbers_by_feature.items()}


def _conjunction(features: Iterable[_Feature], holders: Mapping[_Feature, int], size: int) -> str:
    """Return the text of a few features that only the locations of one set have together; empty if there are none.

    Args:
        features: features of all locations of the set; earlier ones are preferred.
        holders: locations that have a feature, as a bitset.
        size: number of locations in the set.
    """
    chosen: list[_Feature] = []
    remaining = -1
    for feature in features:
        if remaining & holders[feature] != remaining:
            remaining &= holders[feature]
            chosen.append(feature)
        if remaining.bit_count() == size or len(chosen) == _MAX_FEATURES_IN_NAME:
            break
    if not chosen or remaining.bit_count() != size:
        return ""
    words = [feature.present_text.removeprefix("with ") for feature in sorted(chosen) if feature.rank != _NETWORK]
    networks = [feature.present_text for feature in chosen if feature.rank == _NETWORK]
    return " ".join([*(["with " + " and ".join(words)] if words else []), *networks[-1:]])


def _features_of(location: Location, grouping: Grouping) -> Iterator[_Feature]:
    if location.endpoint is None:
        return
    for profile in dict.fromkeys(location.endpoint.profiles):
        yield _Feature(_PROFILE, f"with {grouping.profile_name(profile)}", "")
    for key, value in grouping.labels_of(location.endpoint).items():
        yield _Feature(_LABEL, f"with {label_text(key, value)}", "")
        yield _Feature(_KEY, f"that have {key}", f"without {key}")
    for network in location.address_class.networks:
        if network not in ALL_ADDRESSES:
            yield _Feature(_NETWORK, f"in {network}", f"not in {network}")
