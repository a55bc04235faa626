"""Placeholder endpoints for policies without any endpoint or profile: one for each case that selectors distinguish.

Checks whose findings hold for every possible endpoint can use them: a rule never matches, or has no effect. A finding
that needs only one endpoint, such as an equal order of two policies, would be about labels that may not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from calicoctl.analysis.evaluation.selector_index import SelectorIndex
from calicoctl.analysis.lint.facts.rule_fields import selector_fields
from calicoctl.analysis.lint.facts.satisfiable import sample_label_sets
from calicoctl.analysis.model.build import DEFAULT_ALLOW_PROFILE
from calicoctl.analysis.model.placeholder import placeholder_endpoint
from calicoctl.analysis.model.policy_set import PolicySet
from calicoctl.kinds.profile import BUILT_IN_PROFILE
from calicoctl.selector import Selector

_MAX_LABEL_SETS: Final = 2_000
"""Maximum number of combinations of label values to try."""
_MAX_ENDPOINTS: Final = 200
"""Maximum number of combinations that selectors distinguish: the evaluation compares each with each."""


def with_possible_endpoints(policy_set: PolicySet) -> PolicySet | None:
    """Return a set with placeholders for all possible workload endpoints; None if they are too many or not needed.

    A profile decides on the packets that no policy decides, so each combination of labels has two endpoints: without
    a profile, all of these packets are denied, and with the other one, all are allowed. Host endpoints have no
    placeholders, so a policy for some of their traffic only excludes the evaluation.
    """
    policies = policy_set.policies
    if (
        policy_set.endpoints
        or not policies
        or not all(each.is_normal and not each.applies_on_forward for each in policies)
    ):
        return None
    selectors = list(_selectors(policy_set))
    label_sets = sample_label_sets(selectors, _MAX_LABEL_SETS)
    if label_sets is None:
        return None
    index = SelectorIndex(selectors)
    distinct: dict[frozenset[int], Mapping[str, str]] = {}
    for labels in label_sets:
        distinct.setdefault(index.matching(labels), labels)
    if len(distinct) > _MAX_ENDPOINTS:
        return None
    endpoints = [
        placeholder_endpoint(profile, labels, f"an endpoint with {labels}")
        for labels in distinct.values()
        for profile in ("", BUILT_IN_PROFILE)
    ]
    return replace(policy_set, endpoints=tuple(endpoints), profiles={BUILT_IN_PROFILE: DEFAULT_ALLOW_PROFILE})


def _selectors(policy_set: PolicySet) -> Iterator[Selector]:
    for policy in policy_set.policies:
        yield policy.selector
        yield from (field.selector for field in selector_fields(policy))
