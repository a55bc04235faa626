"""What checks look at: a set of policies, who there is, and what is decided; each part is worked out when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from calicoctl.analysis.build import placeholder_endpoint
from calicoctl.analysis.firstmatch import Match
from calicoctl.analysis.governing import EndpointClass, PolicyResolver
from calicoctl.analysis.lint.cases import DecisionCase, DecisionCases, case_owners
from calicoctl.analysis.lint.fields import selector_fields
from calicoctl.analysis.lint.known import LabelIndex
from calicoctl.analysis.lint.spare import RemovableRules
from calicoctl.analysis.model import Direction, Endpoint, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.relation import Reachability

_MAX_PLACEHOLDER_LOCATIONS = 20_000
"""So many places may be taken by endpoints that stand in for profiles beside those that there are."""


class LintContext:
    """A set of policies, with an endpoint for each profile that none has: nobody knows whether one will come.

    Args:
        policy_set: what is checked.
    """

    def __init__(self, policy_set: PolicySet) -> None:
        self.input_policy_set = policy_set
        used_names = {name for endpoint in policy_set.endpoints for name in endpoint.profiles}
        unused = [profile for name, profile in policy_set.profiles.items() if name not in used_names]
        self.unused_profiles = () if policy_set.has_placeholders else tuple(unused)
        """The profiles that no endpoint has; none when no endpoints are known."""
        placeholders = [
            placeholder_endpoint(profile.name, name=f"an endpoint of {profile.identifier}") for profile in unused
        ]
        self.labels_only = (
            not policy_set.has_placeholders
            and len(placeholders) * _count_networks(policy_set) > _MAX_PLACEHOLDER_LOCATIONS
        )
        """Whether those are too many to stand anywhere: then they are known by their labels only."""
        if self.labels_only:
            placeholders = [replace(endpoint, addresses=()) for endpoint in placeholders]
        self.policy_set = replace(policy_set, endpoints=(*policy_set.endpoints, *placeholders))

    @cached_property
    def reachability(self) -> Reachability:
        """Who can talk to whom."""
        return Reachability(self.policy_set)

    @cached_property
    def endpoints_by_class(self) -> Mapping[EndpointClass, list[Endpoint]]:
        """The endpoints by what they have in common."""
        result: dict[EndpointClass, list[Endpoint]] = {}
        resolver: PolicyResolver = self.reachability.address_space.policy_resolver
        for endpoint in self.policy_set.endpoints:
            result.setdefault(resolver.resolve(endpoint), []).append(endpoint)
        return result

    @cached_property
    def label_index(self) -> LabelIndex:
        """The labels of endpoints."""
        selectors = [policy.selector for policy in self.input_policy_set.policies]
        selectors += (asked.selector for owner in self.owners for asked in selector_fields(owner))
        return LabelIndex((endpoint_class.labels for endpoint_class in self.endpoints_by_class), selectors)

    @cached_property
    def cases(self) -> DecisionCases:
        """All that is decided."""
        return DecisionCases(self.reachability)

    @cached_property
    def matches_by_rule(self) -> Mapping[Rule, Mapping[DecisionCase, list[Match]]]:
        """What each rule is the first to match, in which case."""
        return self.cases.matches_by_rule()

    @cached_property
    def cases_by_owner(self) -> Mapping[tuple[Policy | Profile, Direction], list[DecisionCase]]:
        """The cases in which each policy and profile is asked, by direction."""
        result: dict[tuple[Policy | Profile, Direction], list[DecisionCase]] = {}
        for case in self.cases.cases:
            for owner in dict.fromkeys(case_owners(case)):
                result.setdefault((owner, case.direction), []).append(case)
        return result

    @cached_property
    def removable(self) -> RemovableRules:
        """What could be taken out."""
        return RemovableRules(self.policy_set, self.cases, self.matches_by_rule, self.cases_by_owner)

    @property
    def owners(self) -> tuple[Policy | Profile, ...]:
        """All policies and profiles."""
        return (*self.input_policy_set.policies, *self.input_policy_set.profiles.values())


def _count_networks(policy_set: PolicySet) -> int:
    """How many networks there are that tell addresses apart."""
    owners: tuple[Policy | Profile, ...] = (*policy_set.policies, *policy_set.profiles.values())
    sides = (
        side for owner in owners for rule in (*owner.ingress, *owner.egress) for side in (rule.source, rule.destination)
    )
    return len({net for side in sides for net in (*side.networks, *side.not_networks)})
