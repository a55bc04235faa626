"""Context of the checks: a policy set with its evaluation; each part is computed on first access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from calicoctl.analysis.evaluation.policy_resolver import EndpointClass, PolicyResolver
from calicoctl.analysis.evaluation.reachability import Reachability
from calicoctl.analysis.lint.facts.cases import DecisionCases
from calicoctl.analysis.lint.facts.half_open import HalfOpenTraffic, find_half_open
from calicoctl.analysis.lint.facts.label_index import LabelIndex
from calicoctl.analysis.lint.facts.node_traffic import NodeMatch, node_matches
from calicoctl.analysis.lint.facts.removable import RemovableRules, find_removable
from calicoctl.analysis.lint.facts.rule_fields import selector_fields
from calicoctl.analysis.model.placeholder import placeholder_of_profile
from calicoctl.analysis.model.policy_set import Endpoint, Policy, PolicySet, PolicySource, Profile, Rule
from calicoctl.analysis.sets.addresses import Network
from calicoctl.resource import FieldPath, Identifier
from calicoctl.selector import Selector

_MAX_PLACEHOLDER_LOCATIONS = 20_000
"""Maximum number of placeholder endpoints times networks; with more, placeholders have no addresses."""


class LintContext:
    """Policy set with a placeholder endpoint for each profile without endpoints: one may be created later.

    Args:
        policy_set: the policy set to check.
        evaluated: the set with further endpoints to evaluate instead.
    """

    def __init__(self, policy_set: PolicySet, evaluated: PolicySet | None = None) -> None:
        self.input_policy_set = policy_set
        policy_set = evaluated or policy_set
        used_names = {name for endpoint in policy_set.endpoints for name in endpoint.profiles}
        unused = [profile for name, profile in policy_set.profiles.items() if name not in used_names]
        self.unused_profiles = () if policy_set.has_placeholders else tuple(unused)
        """Profiles without endpoints; empty if there are no endpoints at all."""
        placeholders = list(map(placeholder_of_profile, unused))
        self.labels_only = (
            not policy_set.has_placeholders
            and len(placeholders) * len(_networks(policy_set)) > _MAX_PLACEHOLDER_LOCATIONS
        )
        """Whether there are too many placeholders to give them addresses, so that only their labels are known."""
        if self.labels_only:
            placeholders = [replace(endpoint, addresses=()) for endpoint in placeholders]
        self.policy_set = replace(policy_set, endpoints=(*policy_set.endpoints, *placeholders))

    @cached_property
    def reachability(self) -> Reachability:
        """Evaluation of the policy set with its placeholders."""
        return Reachability(self.policy_set)

    @cached_property
    def cases(self) -> DecisionCases:
        """Decisions for all address classes of endpoints."""
        return DecisionCases(self.reachability)

    @cached_property
    def removable(self) -> RemovableRules:
        """Rules and policies without effect."""
        return find_removable(self.policy_set, self.cases)

    @cached_property
    def half_open(self) -> Mapping[Rule, HalfOpenTraffic]:
        """Rules that allow traffic which all endpoints at the other end deny."""
        rules = (rule for _, rule in self.rules)
        return dict(find_half_open(rules, self.cases, self.removable.takeovers, self.reachability.classes))

    @cached_property
    def node_matches(self) -> tuple[NodeMatch, ...]:
        """Matches of all classes on nodes with host endpoints."""
        return tuple(node_matches(self.reachability))

    @cached_property
    def untracked_policies(self) -> frozenset[Identifier]:
        """Identifiers of the untracked policies."""
        return frozenset(policy.identifier for policy in self.policy_set.policies if policy.untracked)

    def is_deletable(self, rule: Rule) -> bool:
        """Return whether a finding suggests to delete the rule."""
        removable, half_open = self.removable, self.half_open.get(rule)
        return rule in removable.dead or rule in removable.rules or bool(half_open and half_open.is_all)

    @cached_property
    def endpoints_by_class(self) -> Mapping[EndpointClass, list[Endpoint]]:
        """Endpoints with equal labels and policies."""
        result: dict[EndpointClass, list[Endpoint]] = {}
        resolver: PolicyResolver = self.reachability.policy_resolver
        for endpoint in self.policy_set.endpoints:
            result.setdefault(resolver.resolve(endpoint), []).append(endpoint)
        return result

    @cached_property
    def label_index(self) -> LabelIndex:
        """Labels of all endpoints."""
        selectors = [policy.selector for policy in self.input_policy_set.policies]
        selectors += (field.selector for owner in self.input_policy_set.rule_owners for field in selector_fields(owner))
        return LabelIndex((endpoint_class.labels for endpoint_class in self.endpoints_by_class), selectors)

    @cached_property
    def peer_label_index(self) -> LabelIndex:
        """Labels of all endpoints and network sets, which selectors of rules match."""
        if not self.policy_set.network_sets:
            return self.label_index
        endpoint_labels = (endpoint_class.labels for endpoint_class in self.endpoints_by_class)
        return LabelIndex((*endpoint_labels, *map(self.policy_set.labels_of, self.policy_set.network_sets)))

    @property
    def rules(self) -> Iterator[tuple[Policy | Profile, Rule]]:
        """All rules, each with its policy or profile."""
        for owner in self.input_policy_set.rule_owners:
            yield from ((owner, rule) for rule in owner.all_rules)

    @property
    def positive_selectors(self) -> Iterator[tuple[PolicySource, FieldPath, Selector]]:
        """Selectors of all policies and rules, except `notSelector` and tags, each with its resource and field."""
        for policy in self.input_policy_set.policies:
            yield policy.origin, ("spec", "selector"), policy.selector
        for owner in self.input_policy_set.rule_owners:
            for field in selector_fields(owner):
                if field.field == "selector":
                    yield owner.origin, field.path, field.selector


def _networks(policy_set: PolicySet) -> set[Network]:
    """Return the distinct networks in all rules."""
    rules = (rule for owner in policy_set.rule_owners for rule in owner.all_rules)
    sides = (side for rule in rules for side in (rule.source, rule.destination))
    return {network for side in sides for network in (*side.networks, *side.not_networks)}
