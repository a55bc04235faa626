"""What tells some endpoints from others: a profile, a label, a network, the lack of one, or several together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.bitsets import bitset
from calicoctl.analysis.connectivity.grouping import Grouping, label_text
from calicoctl.analysis.connectivity.pieces import Spot
from calicoctl.analysis.parties import EVERYWHERE

_PROFILE, _LABEL, _NETWORK, _KEY = range(4)
_TOGETHER = 3
"""So many features at most stand together in a name."""


class Feature(NamedTuple):
    """Something that can be said of somebody."""

    rank: int
    having: str
    lacking: str
    """What can be said of those who have it not; empty when that says little."""


def distinguishing(shares: Sequence[Sequence[Spot]], by: Grouping) -> list[str]:
    """What all of each share has and nobody in another one; or what only it lacks; or nothing."""
    counts = [Counter(feature for spot in share for feature in _features(spot, by)) for share in shares]
    total = sum(counts, Counter[Feature]())
    size = sum(map(len, shares))
    by_count: dict[int, list[Feature]] = {}
    for feature, count in total.items():
        if feature.lacking:
            by_count.setdefault(count, []).append(feature)
    found: list[str] = []
    for share, own in zip(shares, counts, strict=True):
        choice = [(one.rank, one.having) for one, count in own.items() if count == len(share) == total[one]]
        rest = by_count.get(size - len(share), ())
        choice = choice or [(one.rank, one.lacking) for one in rest if not own[one]]
        found.append(min(choice)[1] if choice else "")
    common = [
        [] if name else [one for one, count in own.items() if count == len(share) and one.rank != _KEY]
        for name, own, share in zip(found, counts, shares, strict=True)
    ]
    holders = _holders(shares, {one for those in common for one in those}, by)
    return [
        name or _together(sorted(those, key=lambda one: (total[one], one)), holders, len(share))
        for name, those, share in zip(found, common, shares, strict=True)
    ]


def _holders(shares: Sequence[Sequence[Spot]], wanted: Iterable[Feature], by: Grouping) -> Mapping[Feature, int]:
    """Who has each of these features, as sets of numbers."""
    found: dict[Feature, list[int]] = {feature: [] for feature in wanted}
    if found:
        for number, spot in enumerate(spot for share in shares for spot in share):
            for feature in _features(spot, by):
                if feature in found:
                    found[feature].append(number)
    return {feature: bitset(numbers) for feature, numbers in found.items()}


def _together(common: Sequence[Feature], holders: Mapping[Feature, int], size: int) -> str:
    """A few features, the rarest first, that nobody has together but those who are meant."""
    chosen: list[Feature] = []
    left = -1
    for feature in common:
        fewer = left & holders[feature]
        if fewer != left:
            left = fewer
            chosen.append(feature)
        if left.bit_count() == size or len(chosen) == _TOGETHER:
            break
    if not chosen or left.bit_count() != size:
        return ""
    words = [one.having.removeprefix("with ") for one in sorted(chosen) if one.rank != _NETWORK]
    nets = [one.having for one in chosen if one.rank == _NETWORK]
    return " ".join([*(["with " + " and ".join(words)] if words else []), *nets[-1:]])


def _features(spot: Spot, by: Grouping) -> Iterator[Feature]:
    if spot.endpoint is None:
        return
    for profile in dict.fromkeys(spot.endpoint.profiles):
        yield Feature(_PROFILE, f"with {by.profile(profile)}", "")
    for key, value in by.labels_of(spot.endpoint).items():
        yield Feature(_LABEL, f"with {label_text(key, value)}", "")
        yield Feature(_KEY, f"that have {key}", f"without {key}")
    for net in spot.group.networks:
        if net not in EVERYWHERE:
            yield Feature(_NETWORK, f"in {net}", f"not in {net}")
