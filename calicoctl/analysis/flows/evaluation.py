"""Evaluation of flows one by one, in bounded memory: each distinct end is resolved once, each group decided once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_space import build_address_space
from calicoctl.analysis.flows.end_resolver import MAX_CACHED, EndPart, EndResolver
from calicoctl.analysis.flows.flow import Flow, FlowError
from calicoctl.analysis.flows.group_decision import ClassPair, GroupDecider, GroupDecision
from calicoctl.analysis.flows.service_classes import ServiceClasses
from calicoctl.analysis.model.policy_set import PolicySet
from calicoctl.analysis.sets.services import ServiceSet

FlowGroup = tuple[tuple[ClassPair, ...], ServiceSet]
"""Pairs of address classes, and services: everything that decides on a flow."""


class DecidedFlow(NamedTuple):
    """A flow with the decision on it."""

    flow: Flow
    decision: GroupDecision


class FlowGrouping:
    """Assigns flows to groups.

    Args:
        resolver: resolver of their ends.
        service_classes: classes of their services.
    """

    def __init__(self, resolver: EndResolver, service_classes: ServiceClasses) -> None:
        self._resolver = resolver
        self._service_classes = service_classes
        self._versions = tuple(each.version for each in resolver.classes)

    def group_of(self, flow: Flow) -> FlowGroup:
        """Return the group of a flow. It has no pair if the flow is of an endpoint to itself.

        Raises:
            FlowError: an end is unknown, or the ends have no common IP version.
        """
        sources, destinations = self._resolver.resolve(flow.source), self._resolver.resolve(flow.destination)
        pairs = tuple(dict.fromkeys(self._pairs(sources, destinations)))
        if not pairs and not self._has_common_version(sources, destinations):
            raise FlowError(
                f"{flow.source.text} and {flow.destination.text} have no common IP version (write addresses of one)"
            )
        return pairs, self._service_classes.services_of(flow)

    def _pairs(self, sources: Iterable[EndPart], destinations: Iterable[EndPart]) -> Iterator[ClassPair]:
        """Yield the pairs of classes without the traffic of an endpoint to itself."""
        for source, sender in sources:
            for destination, receiver in destinations:
                is_self_traffic = sender is not None and sender is receiver
                if self._versions[source] == self._versions[destination] and not is_self_traffic:
                    yield source, destination

    def _has_common_version(self, sources: Iterable[EndPart], destinations: Iterable[EndPart]) -> bool:
        ends = ({self._versions[part.address_class] for part in end} for end in (sources, destinations))
        return bool(next(ends) & next(ends))


class FlowEvaluation:
    """Evaluation of flows under one policy set."""

    def __init__(self, policy_set: PolicySet) -> None:
        address_space = build_address_space(policy_set)
        resolver = EndResolver(policy_set, address_space.classes)
        self._grouping = FlowGrouping(resolver, ServiceClasses([policy_set]))
        decider = GroupDecider(address_space)
        self._decide_group = lru_cache(maxsize=MAX_CACHED)(decider.decide)

    def decide(self, flow: Flow) -> DecidedFlow:
        """Return a flow with the decision on it.

        Raises:
            FlowError: the flow cannot be evaluated.
        """
        return DecidedFlow(flow, self._decide_group(*self._grouping.group_of(flow)))
