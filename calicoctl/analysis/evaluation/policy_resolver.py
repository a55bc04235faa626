"""Who governs an endpoint: the policies that select its labels, and the profiles that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from calicoctl.analysis.evaluation.selector_index import SelectorIndex
from calicoctl.analysis.evaluation.stages import EffectivePolicies
from calicoctl.analysis.model.policy_set import Endpoint, Policy, PolicySet, Profile, Rule


@dataclass(frozen=True, eq=False)
class EndpointClass:
    """What endpoints with the same labels and profiles have in common; there is one object for each."""

    labels: Mapping[str, str]
    """All that selectors see."""
    effective_policies: EffectivePolicies


class PolicyResolver:
    """The shapes of endpoints, each worked out once."""

    def __init__(self, policy_set: PolicySet) -> None:
        self._policy_set = policy_set
        self._index = SelectorIndex(policy.selector for policy in policy_set.policies)
        self._by_selector: dict[int, list[int]] = {}
        for number, policy in enumerate(policy_set.policies):
            self._by_selector.setdefault(self._index.numbers[policy.selector], []).append(number)
        self._endpoint_classes: dict[object, EndpointClass] = {}
        self._effective_policies_by_key: dict[object, EffectivePolicies] = {}

    def resolve(self, endpoint: Endpoint) -> EndpointClass:
        """The shape of an endpoint."""
        key = (frozenset(endpoint.labels.items()), endpoint.profiles, endpoint.host)
        endpoint_class = self._endpoint_classes.get(key)
        if endpoint_class is None:
            labels = self._policy_set.labels_of(endpoint)
            selector_numbers = self._index.matching(labels)
            numbers = sorted(number for selector in selector_numbers for number in self._by_selector[selector])
            endpoint_class = self._endpoint_classes[key] = EndpointClass(
                labels, self._effective_policies(tuple(numbers), endpoint)
            )
        return endpoint_class

    def _effective_policies(self, numbers: tuple[int, ...], endpoint: Endpoint) -> EffectivePolicies:
        """The one object for these. Profiles without rules decide nothing; one is kept, to tell it from no profile."""
        profiles = self._policy_set.profiles
        names = tuple(name for name in endpoint.profiles if name not in profiles or profiles[name].has_rules)
        key = (numbers, names or endpoint.profiles[:1], endpoint.host)
        if key not in self._effective_policies_by_key:
            policies = tuple(self._policy_set.policies[number] for number in numbers)
            self._effective_policies_by_key[key] = EffectivePolicies(policies, key[1], endpoint.host)
        return self._effective_policies_by_key[key]

    def relevant_rules(self, endpoint_classes: Iterable[EndpointClass]) -> Iterator[Rule]:
        """The rules of all policies and profiles that govern these shapes."""
        owners: dict[Policy | Profile, None] = {}
        for effective in dict.fromkeys(endpoint_class.effective_policies for endpoint_class in endpoint_classes):
            owners.update(dict.fromkeys(effective.policies))
            profiles = (self._policy_set.profiles.get(name) for name in effective.profiles)
            owners.update((profile, None) for profile in profiles if profile)
        for owner in owners:
            yield from owner.ingress
            yield from owner.egress
