"""Flows under two policy sets: the decisions before and after, and whether allowed packets are gained or lost."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from calicoctl.analysis.flows.end_resolver import MAX_CACHED, EndResolver
from calicoctl.analysis.flows.evaluation import FlowGroup, FlowGrouping
from calicoctl.analysis.flows.flow import Flow
from calicoctl.analysis.flows.group_decision import GroupDecider, GroupDecision
from calicoctl.analysis.flows.service_classes import ServiceClasses
from calicoctl.analysis.model.policy_set import PolicySet
from calicoctl.analysis.semantic_diff.align import align
from calicoctl.analysis.semantic_diff.refinement import Refinement

FlowChange = Literal["gained", "lost", "gained and lost", "unchanged"]
"""Change of a flow. Packets that only some interfaces allow count as allowed by these interfaces."""

_CHANGES: dict[tuple[bool, bool], FlowChange] = {
    (False, False): "unchanged",
    (True, False): "gained",
    (False, True): "lost",
    (True, True): "gained and lost",
}
"""Changes by whether packets are gained, and whether packets are lost."""


class ComparedFlow(NamedTuple):
    """A flow with the decisions of both sides."""

    flow: Flow
    change: FlowChange
    before: GroupDecision
    after: GroupDecision


class FlowComparison:
    """Comparison of flows under two policy sets, for the endpoints of both as in `compare_policy_sets`."""

    def __init__(self, before: PolicySet, after: PolicySet) -> None:
        aligned = align(before, after)
        refinement = Refinement(aligned)
        self.policy_sets = (aligned.before, aligned.after)
        """Policy sets with the compared endpoints."""
        self.notes = aligned.notes
        """Notes for the user about endpoints of one side."""
        resolver = EndResolver(aligned.before, refinement.before.classes)
        self._grouping = FlowGrouping(resolver, ServiceClasses(self.policy_sets))
        self._deciders = [GroupDecider(side) for side in (refinement.before, refinement.after)]
        self._compare_group = lru_cache(maxsize=MAX_CACHED)(self._compare)

    def compare(self, flow: Flow) -> ComparedFlow:
        """Return a flow with the decisions of both sides.

        Raises:
            FlowError: the flow cannot be evaluated.
        """
        return ComparedFlow(flow, *self._compare_group(self._grouping.group_of(flow)))

    def _compare(self, group: FlowGroup) -> tuple[FlowChange, GroupDecision, GroupDecision]:
        before, after = (decider.decide(*group) for decider in self._deciders)
        return self._change(group), before, after

    def _change(self, group: FlowGroup) -> FlowChange:
        pairs, services = group
        gained = lost = False
        for pair in pairs:
            before, after = (decider.allowed(pair, services) for decider in self._deciders)
            gained = gained or any(later - earlier for earlier, later in zip(before, after, strict=True))
            lost = lost or any(earlier - later for earlier, later in zip(before, after, strict=True))
        return _CHANGES[gained, lost]
