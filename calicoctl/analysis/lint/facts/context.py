"""What checks look at: a set of policies, who there is, and what is decided; each part is worked out when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property

from calicoctl.analysis.evaluation.first_match import Match
from calicoctl.analysis.evaluation.policy_resolver import EndpointClass, PolicyResolver
from calicoctl.analysis.evaluation.reachability import Reachability
from calicoctl.analysis.evaluation.selector_index import SelectorIndex
from calicoctl.analysis.lint.facts.cases import DecisionCase, DecisionCases, case_owners
from calicoctl.analysis.lint.facts.removable import RemovableRules
from calicoctl.analysis.lint.facts.rule_fields import selector_fields
from calicoctl.analysis.lint.facts.satisfiable import label_conditions, label_names
from calicoctl.analysis.model.build import placeholder_endpoint
from calicoctl.analysis.model.policy_set import Direction, Endpoint, Policy, PolicySet, Profile, Rule
from calicoctl.selector import Selector
from calicoctl.selector.nodes import Equals, Has, In, NotEquals, NotIn
from calicoctl.suggestion import suggestion

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


Labels = Mapping[str, str]


class LabelIndex:
    """The labels of everybody, as far as selectors can tell them apart.

    Args:
        everybody: the different labels that endpoints have.
        selectors: those that will be asked about most.
    """

    def __init__(self, endpoint_labels: Iterable[Labels], selectors: Iterable[Selector] = ()) -> None:
        self._endpoint_labels = list({frozenset(labels.items()): labels for labels in endpoint_labels}.values())
        self._distinct_labels: dict[tuple[str, ...], list[Labels]] = {}
        index = SelectorIndex(selectors)
        matching_numbers = frozenset[int]().union(*map(index.matching, self._endpoint_labels))
        self._matched = {selector: number in matching_numbers for selector, number in index.numbers.items()}

    @property
    def has_endpoints(self) -> bool:
        """Whether there is anybody to judge selectors by."""
        return bool(self._endpoint_labels)

    @cached_property
    def values(self) -> Mapping[str, frozenset[str]]:
        """The labels with all values that somebody has."""
        result: dict[str, set[str]] = {}
        for labels in self._endpoint_labels:
            for label, value in labels.items():
                result.setdefault(label, set()).add(value)
        return {label: frozenset(values) for label, values in result.items()}

    def distinct_labels(self, selector: Selector) -> list[Labels]:
        """What a selector can tell apart: the different labels that there are, of those that it asks for."""
        names = label_names(selector)
        if names not in self._distinct_labels:
            combinations = {tuple(labels.get(label) for label in names) for labels in self._endpoint_labels}
            self._distinct_labels[names] = [
                {label: value for label, value in zip(names, part, strict=True) if value is not None}
                for part in combinations
            ]
        return self._distinct_labels[names]

    def matches(self, selector: Selector) -> bool:
        """Whether somebody is selected."""
        if selector not in self._matched:
            self._matched[selector] = any(map(selector.matches, self.distinct_labels(selector)))
        return self._matched[selector]

    def suggestion_for(self, selector: Selector) -> str:
        """What a selector that selects nobody was most likely to ask for, in brackets; empty when nothing is near."""
        for node in label_conditions(selector):
            if node.label not in self.values:
                if hint := suggestion(node.label, sorted(self.values)):
                    return f": nobody has the label {node.label!r}{hint}"
                return f": nobody has the label {node.label!r}"
            if isinstance(node, Has | NotEquals | NotIn):
                continue
            if Selector(node).matches({}) or self.matches(Selector(node)):
                continue
            wanted_values = (
                [node.value] if isinstance(node, Equals) else sorted(node.values) if isinstance(node, In) else []
            )
            hints = (suggestion(value, sorted(self.values[node.label])) for value in wanted_values)
            return f": nobody has {node}" + next(filter(None, hints), "")
        return ": nobody has all of that"
