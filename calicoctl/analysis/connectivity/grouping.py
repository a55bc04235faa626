"""Group keys of endpoints: profile, label, connectivity class or name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, Endpoint, PolicySet
from calicoctl.analysis.peers.peer import OUTSIDE

NaturalSortKey = tuple[tuple[str, int], ...]
"""Words and numbers of a text."""


class GroupKey(NamedTuple):
    """Common property of the endpoints of a group; keys sort in the order of the output."""

    rank: int
    """0 for endpoints, 1 for endpoints that do not exist yet, 2 for external addresses."""
    sort_key: NaturalSortKey
    text: str
    """Empty if endpoints are grouped by connectivity class."""

    @property
    def group_name(self) -> str:
        """Name of a group that contains all endpoints with the key."""
        return self.text or "every endpoint"


def make_group_key(text: str, rank: int = 0) -> GroupKey:
    """Return a group key that sorts by rank, then naturally by its text."""
    return GroupKey(rank, natural_sort_key(text), text)


def natural_sort_key(text: str) -> NaturalSortKey:
    """Return a sort key that compares numbers in the text by value: `net9` precedes `net10`."""
    return tuple((word, int(number or 0)) for word, number in _TEXT_AND_NUMBER.findall(text))


_TEXT_AND_NUMBER = re.compile(r"([^0-9]*)([0-9]*)", re.ASCII)

OUTSIDE_KEY = make_group_key(OUTSIDE, 2)
"""Group key of all external addresses."""


class Grouping:
    """Group key of each endpoint, and short names.

    Args:
        policy_set: all endpoints, profiles and policies.
        group_by: `profile`, `label`, `class` or `endpoint`.
        label: key of the label if `group_by` is `label`.
        extra_endpoints: endpoints that do not exist yet; each has a separate group key.
    """

    def __init__(
        self,
        policy_set: PolicySet,
        group_by: str = "profile",
        label: str = "",
        extra_endpoints: Sequence[Endpoint] = (),
    ) -> None:
        self.group_by, self.label = group_by, label
        self._policy_set = policy_set
        self._profiles = {name: str(profile.identifier) for name, profile in policy_set.profiles.items()}
        self._policy_resolver = PolicyResolver(policy_set)
        self._extra_endpoints = frozenset(extra_endpoints)
        self._names = _short_names((*policy_set.endpoints, *extra_endpoints))
        self._keys: dict[str, GroupKey] = {}

    def with_extra_endpoints(self, endpoints: Iterable[Endpoint]) -> Grouping:
        """Return the same grouping with more endpoints that do not exist yet."""
        return Grouping(self._policy_set, self.group_by, self.label, (*self._extra_endpoints, *endpoints))

    def key_of(self, endpoint: Endpoint) -> GroupKey:
        """Return the group key of an endpoint."""
        if endpoint in self._extra_endpoints:
            return make_group_key(endpoint.name, 1)
        text = self._text_functions[self.group_by](self, endpoint)
        if text not in self._keys:
            self._keys[text] = make_group_key(text)
        return self._keys[text]

    def labels_of(self, endpoint: Endpoint) -> Mapping[str, str]:
        """Return the labels that selectors match, including those from profiles."""
        return self._policy_resolver.resolve(endpoint).labels

    def directions_without_policy(self, endpoint: Endpoint) -> tuple[Direction, ...]:
        """Return the directions of an endpoint to which no policy applies, so that its profiles decide."""
        policies = self._policy_resolver.resolve(endpoint).effective_policies.policies
        normal = [policy for policy in policies if policy.is_normal]
        return tuple(direction for direction in DIRECTIONS if not any(direction in each.types for each in normal))

    def name_of(self, endpoint: Endpoint) -> str:
        """Return the short name of an endpoint; it is unique."""
        return self._names[endpoint]

    def profile_name(self, name: str) -> str:
        """Return the display name of a profile, which need not exist."""
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
    """Return a label as text; an empty value is shown as `''`."""
    return f"{key}={value}" if value else f"{key}=''"


def _short_names(endpoints: Sequence[Endpoint]) -> dict[Endpoint, str]:
    """Return the last part of the name of each endpoint, or the full name if the last part is not unique."""
    counts = Counter(endpoint.identifier.values[-1] for endpoint in endpoints)
    counts.update((OUTSIDE, ""))  # `outside` denotes external addresses, and an empty name would not be visible
    return {
        endpoint: last_part if counts[last_part := endpoint.identifier.values[-1]] == 1 else endpoint.name
        for endpoint in endpoints
    }


def _endpoints_noun(endpoint: Endpoint) -> str:
    return "host endpoints" if endpoint.host else "endpoints"
