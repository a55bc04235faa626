"""Descriptions of endpoints that do not exist yet: selector, profiles and networks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from calicoctl.analysis.exposure.decision_diagram import Diagram, both
from calicoctl.analysis.exposure.exposed_services import NewKind
from calicoctl.analysis.exposure.expression import selector_text
from calicoctl.analysis.exposure.label_space import LabelSpace
from calicoctl.analysis.exposure.new_addresses import NewAddresses
from calicoctl.analysis.exposure.new_end import NO_PROFILE
from calicoctl.analysis.model.policy_set import Profile
from calicoctl.analysis.peers.address_names import NetworkExpression
from calicoctl.name_list import join_limited

_MAX_PROFILES = 3
"""Maximum number of profiles in a name."""


@dataclass(frozen=True, eq=False)
class NewEndpoints:
    """All endpoints that do not exist yet with labels that a selector matches, some profiles and some addresses."""

    name: str
    selector: str
    """Selector for the labels, including those from the profile."""
    profiles: tuple[str, ...] | None
    """Profiles as `profile/NAME`; None if the profile does not matter."""
    without_profile: bool
    """Whether endpoints without a profile are included."""
    networks: NetworkExpression | None
    """Networks of the addresses; None if the address does not matter."""


class NewEndpointDescriber:
    """Makes descriptions, and drops what no endpoint can have: a profile whose labels contradict the selector.

    Args:
        profiles: all profiles by name in the datastore.
        labels: labels that the selectors distinguish.
        addresses: addresses of new endpoints.
    """

    def __init__(self, profiles: Mapping[str, Profile], labels: LabelSpace, addresses: NewAddresses) -> None:
        self._names = {name: str(profile.identifier) for name, profile in profiles.items()}
        self._keys = {
            NO_PROFILE: frozenset[str](),
            **{name: frozenset(profile.labels.keys() & labels.levels.keys()) for name, profile in profiles.items()},
        }
        self._labels = labels
        self._addresses = addresses
        self._possible: dict[tuple[Diagram, frozenset[str]], bool] = {}
        self._by_kind: dict[tuple[NewKind, int], NewEndpoints | None] = {}
        self._descriptions: dict[object, NewEndpoints | None] = {}
        self._selectors: dict[Diagram, str] = {}

    def describe(self, kind: NewKind, version: int) -> NewEndpoints | None:
        """Return the only description of a kind of endpoints; None if no endpoint can be of the kind.

        Raises:
            ExposureLimit: the selector would be too long.
        """
        if (kind, version) not in self._by_kind:
            self._by_kind[kind, version] = self._describe(kind, version)
        return self._by_kind[kind, version]

    def _describe(self, kind: NewKind, version: int) -> NewEndpoints | None:
        any_address = kind.addresses == self._addresses.all(version)
        possible = frozenset(name for name in self._keys if self._is_possible(kind.labels, name))
        profiles = kind.profiles & possible
        key = (kind.labels, profiles, 0 if any_address else kind.addresses)
        if key not in self._descriptions:
            self._descriptions[key] = (
                self._make(kind, profiles, possible, any_address=any_address) if profiles else None
            )
        return self._descriptions[key]

    def _is_possible(self, labels: Diagram, profile: str) -> bool:
        """Whether an endpoint with a profile can have some labels: it can change their values, but not remove them."""
        key = (labels, self._keys[profile])
        if key not in self._possible:
            required = self._labels.having(self._keys[profile])
            self._possible[key] = self._labels.builder.apply(both, labels, required) is not False
        return self._possible[key]

    def _make(
        self, kind: NewKind, profiles: frozenset[str], possible: frozenset[str], *, any_address: bool
    ) -> NewEndpoints:
        if kind.labels not in self._selectors:
            self._selectors[kind.labels] = selector_text(self._labels, kind.labels)
        selector = self._selectors[kind.labels]
        networks = None if any_address else self._addresses.expression(kind.addresses)
        named = None if profiles == possible else self._sorted_names(profiles)
        excluded = self._sorted_names(possible - profiles)
        name = "".join(
            (
                "any new endpoint" if selector == "all()" and named is None else "new endpoint",
                str(networks or ""),
                "" if named is None else _profile_words(named, excluded, NO_PROFILE in profiles),
                "" if selector == "all()" else f" with {selector}",
            )
        )
        return NewEndpoints(name, selector, named, NO_PROFILE in profiles, networks)

    def _sorted_names(self, profiles: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(self._names[name] for name in profiles if name != NO_PROFILE))


def _profile_words(named: tuple[str, ...], excluded: tuple[str, ...], without_profile: bool) -> str:
    """Return the profiles of endpoints as text; the excluded ones if all others are included."""
    if not named:
        return " without a profile"
    if not excluded:
        return " with a profile"
    if without_profile and len(excluded) < len(named):
        return f" without {_join(excluded)}"
    return (" without a profile or of " if without_profile else " of ") + _join(named)


def _join(names: tuple[str, ...]) -> str:
    return join_limited(names, _MAX_PROFILES, separator=" or ", last_separator=" or ")
