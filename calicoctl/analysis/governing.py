"""Who governs an endpoint: the policies that select its labels, and the profiles that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from calicoctl.analysis.matching import SelectorIndex
from calicoctl.analysis.model import Endpoint, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.stages import Governance


@dataclass(frozen=True, eq=False)
class Shape:
    """What endpoints with the same labels and profiles have in common; there is one object for each."""

    labels: Mapping[str, str]
    """All that selectors see."""
    governance: Governance


class Governing:
    """The shapes of endpoints, each worked out once."""

    def __init__(self, policy_set: PolicySet) -> None:
        self._policy_set = policy_set
        self._index = SelectorIndex(policy.selector for policy in policy_set.policies)
        self._by_selector: dict[int, list[int]] = {}
        for number, policy in enumerate(policy_set.policies):
            self._by_selector.setdefault(self._index.numbers[policy.selector], []).append(number)
        self._shapes: dict[object, Shape] = {}
        self._governances: dict[object, Governance] = {}

    def shape(self, endpoint: Endpoint) -> Shape:
        """The shape of an endpoint."""
        key = (frozenset(endpoint.labels.items()), endpoint.profiles, endpoint.host)
        shape = self._shapes.get(key)
        if shape is None:
            labels = self._policy_set.labels_of(endpoint)
            matching = self._index.matching(labels)
            numbers = sorted(number for selector in matching for number in self._by_selector[selector])
            shape = self._shapes[key] = Shape(labels, self._governance(tuple(numbers), endpoint))
        return shape

    def _governance(self, numbers: tuple[int, ...], endpoint: Endpoint) -> Governance:
        """The one object for these. Profiles without rules decide nothing; one is kept, to tell it from no profile."""
        known = self._policy_set.profiles
        names = tuple(name for name in endpoint.profiles if name not in known or known[name].has_rules)
        key = (numbers, names or endpoint.profiles[:1], endpoint.host)
        if key not in self._governances:
            policies = tuple(self._policy_set.policies[number] for number in numbers)
            self._governances[key] = Governance(policies, key[1], endpoint.host)
        return self._governances[key]

    def rules(self, shapes: Iterable[Shape]) -> Iterator[Rule]:
        """The rules of all policies and profiles that govern these shapes."""
        owners: dict[Policy | Profile, None] = {}
        for governance in dict.fromkeys(shape.governance for shape in shapes):
            owners.update(dict.fromkeys(governance.policies))
            profiles = (self._policy_set.profiles.get(name) for name in governance.profiles)
            owners.update((profile, None) for profile in profiles if profile)
        for owner in owners:
            yield from owner.ingress
            yield from owner.egress
