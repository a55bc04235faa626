"""Policies and profiles that apply to endpoints, as in Felix (`calc/policy_resolver.go`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from calicoctl.analysis.evaluation.selector_index import SelectorIndex
from calicoctl.analysis.evaluation.stages import EffectivePolicies
from calicoctl.analysis.model.host_interface import ALL_INTERFACES
from calicoctl.analysis.model.policy_set import Endpoint, Policy, PolicySet, Profile, Rule


@dataclass(frozen=True, eq=False)
class EndpointClass:
    """Labels and policies of all endpoints with equal labels and profiles; one instance for each combination."""

    labels: Mapping[str, str]
    """Labels that selectors match, with those of the profiles."""
    effective_policies: EffectivePolicies


class PolicyResolver:
    """Resolver of the policies and profiles that apply to endpoints; results are cached."""

    def __init__(self, policy_set: PolicySet) -> None:
        self._policy_set = policy_set
        self._index = SelectorIndex(policy.selector for policy in policy_set.policies)
        self._by_selector: dict[int, list[int]] = {}
        for number, policy in enumerate(policy_set.policies):
            self._by_selector.setdefault(self._index.numbers[policy.selector], []).append(number)
        self._endpoint_classes: dict[object, EndpointClass] = {}
        self._effective_policies_by_key: dict[object, EffectivePolicies] = {}

    def resolve(self, endpoint: Endpoint) -> EndpointClass:
        """Return the labels and policies of an endpoint."""
        is_default = endpoint.interface_name == ALL_INTERFACES
        key = (frozenset(endpoint.labels.items()), endpoint.profiles, endpoint.host, is_default)
        endpoint_class = self._endpoint_classes.get(key)
        if endpoint_class is None:
            labels = self._policy_set.labels_of(endpoint)
            selector_numbers = self._index.matching(labels)
            numbers = sorted(number for selector in selector_numbers for number in self._by_selector[selector])
            if is_default:  # Felix ignores untracked policy of such a host endpoint (dataplane/linux/endpoint_mgr.go)
                numbers = [number for number in numbers if not self._policy_set.policies[number].untracked]
            endpoint_class = self._endpoint_classes[key] = EndpointClass(
                labels, self._effective_policies(tuple(numbers), endpoint)
            )
        return endpoint_class

    def _effective_policies(self, numbers: tuple[int, ...], endpoint: Endpoint) -> EffectivePolicies:
        """Return the only instance. It omits profiles without rules, but keeps one: no profile is another default."""
        profiles = self._policy_set.profiles
        names = tuple(name for name in endpoint.profiles if name not in profiles or profiles[name].has_rules)
        key = (numbers, names or endpoint.profiles[:1], endpoint.host)
        if key not in self._effective_policies_by_key:
            policies = tuple(self._policy_set.policies[number] for number in numbers)
            self._effective_policies_by_key[key] = EffectivePolicies(policies, key[1], endpoint.host)
        return self._effective_policies_by_key[key]

    def relevant_rules(self, endpoint_classes: Iterable[EndpointClass]) -> Iterator[Rule]:
        """Yield the rules of all policies and profiles that apply to some endpoints."""
        owners: dict[Policy | Profile, None] = {}
        for effective in dict.fromkeys(endpoint_class.effective_policies for endpoint_class in endpoint_classes):
            owners.update(dict.fromkeys(effective.policies))
            profiles = (self._policy_set.profiles.get(name) for name in effective.profiles)
            owners.update((profile, None) for profile in profiles if profile)
        for owner in owners:
            yield from owner.all_rules
