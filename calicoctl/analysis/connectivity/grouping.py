"""What endpoints are put together by: their profile, a label, what is allowed to them, or nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.model.policy_set import Endpoint, PolicySet

OUTSIDE = "outside"
GROUP_BY = ("profile", "label", "class", "endpoint")


NaturalSortKey = tuple[tuple[str, int], ...]
"""The words and the numbers in a text."""


class GroupKey(NamedTuple):
    """What several endpoints go under; headings sort in the order in which they are shown."""

    rank: int
    """0 for endpoints, 1 for those that nobody has written down yet, 2 for what is no endpoint."""
    sort_key: NaturalSortKey
    text: str
    """Empty when it says nothing of its own."""


def make_group_key(text: str, rank: int = 0) -> GroupKey:
    """A heading; numbers within the text count as numbers where headings are sorted."""
    return GroupKey(rank, natural_sort_key(text), text)


def natural_sort_key(text: str) -> NaturalSortKey:
    """What texts are sorted by, so that `net9` comes before `net10`."""
    return tuple((word, int(number or 0)) for word, number in _TEXT_AND_NUMBER.findall(text))


_TEXT_AND_NUMBER = re.compile(r"([^0-9]*)([0-9]*)", re.ASCII)

OUTSIDE_KEY = make_group_key(OUTSIDE, 2)
"""The heading of everything that is no endpoint."""


class Grouping:
    """Which heading each endpoint goes under.

    Args:
        policy_set: all endpoints.
        group_by: one of `GROUP_BY`.
        label: the key of the label, with the way `label`.
        guests: endpoints that nobody has written down and that somebody asks about; each has a heading of its own.
    """

    def __init__(
        self,
        policy_set: PolicySet,
        group_by: str = "profile",
        label: str = "",
        extra_endpoints: Sequence[Endpoint] = (),
    ) -> None:
        self.group_by, self.label = group_by, label
        self._profiles = {name: str(profile.identifier) for name, profile in policy_set.profiles.items()}
        self._policy_resolver = PolicyResolver(policy_set)
        self._extra_endpoints = frozenset(extra_endpoints)
        self._names = short_names((*policy_set.endpoints, *extra_endpoints))
        self._keys: dict[str, GroupKey] = {}

    def key_of(self, endpoint: Endpoint) -> GroupKey:
        """The heading of an endpoint."""
        if endpoint in self._extra_endpoints:
            return make_group_key(endpoint.name, 1)
        text = self._text_functions[self.group_by](self, endpoint)
        if text not in self._keys:
            self._keys[text] = make_group_key(text)
        return self._keys[text]

    def labels_of(self, endpoint: Endpoint) -> Mapping[str, str]:
        """The labels that selectors see."""
        return self._policy_resolver.resolve(endpoint).labels

    def name_of(self, endpoint: Endpoint) -> str:
        """A name that no other endpoint has, as short as can be."""
        return self._names[endpoint]

    def profile_name(self, name: str) -> str:
        """What to call a profile, which need not exist."""
        return self._profiles.get(name, f"profile/{name}")

    def _by_profile(self, endpoint: Endpoint) -> str:
        if not endpoint.profiles:
            return f"{_endpoints_noun(endpoint)} without a profile"
        return " + ".join(map(self.profile_name, endpoint.profiles))

    def _by_label(self, endpoint: Endpoint) -> str:
        value = self.labels_of(endpoint).get(self.label)
        return f"{_endpoints_noun(endpoint)} without {self.label}" if value is None else label_text(self.label, value)

    def _by_class(self, _endpoint: Endpoint) -> str:
        return ""

    def _by_endpoint(self, endpoint: Endpoint) -> str:
        return self.name_of(endpoint)

    _text_functions: Mapping[str, Callable[[Grouping, Endpoint], str]] = {
        "profile": _by_profile,
        "label": _by_label,
        "class": _by_class,
        "endpoint": _by_endpoint,
    }


def label_text(key: str, value: str) -> str:
    """A label as people write it."""
    return f"{key}={value}" if value else f"{key}=''"


def short_names(endpoints: Sequence[Endpoint]) -> dict[Endpoint, str]:
    """Names that tell endpoints apart: the last part of the name, or all of it where others have the same."""
    counts = Counter(endpoint.identifier.values[-1] for endpoint in endpoints)
    counts.update((OUTSIDE, ""))  # the one would be taken for what is no endpoint, the other says nothing
    return {
        endpoint: last_part if counts[last_part := endpoint.identifier.values[-1]] == 1 else endpoint.name
        for endpoint in endpoints
    }


def _endpoints_noun(endpoint: Endpoint) -> str:
    return "host endpoints" if endpoint.host else "endpoints"
