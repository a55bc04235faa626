"""Flows under two policy sets: the decisions before and after, and whether allowed packets are gained or lost."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from calicoctl.analysis.evaluation.first_match import services_with
from calicoctl.analysis.flows.end_resolver import MAX_CACHED, EndResolver
from calicoctl.analysis.flows.evaluation import FlowGroup, FlowGrouping
from calicoctl.analysis.flows.flow import Flow
from calicoctl.analysis.flows.group_decision import ClassPair, GroupDecider, GroupDecision
from calicoctl.analysis.flows.service_classes import ServiceClasses
from calicoctl.analysis.model.policy_set import PolicySet
from calicoctl.analysis.semantic_diff.align import align
from calicoctl.analysis.semantic_diff.decision_pair import DecidedTraffic
from calicoctl.analysis.semantic_diff.difference import CHANGE_KINDS, ChangeKind
from calicoctl.analysis.semantic_diff.refinement import Refinement
from calicoctl.analysis.semantic_diff.side_decisions import SideDecisions
from calicoctl.analysis.sets.services import ServiceSet

FlowChange = Literal["gained", "lost", "gained and lost", "unchanged"]
"""Change of a flow. It is gained or lost if packets are, through one interface of the nodes at least."""

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
        self._decisions = SideDecisions(refinement)
        sides = (refinement.before, refinement.after)
        self._deciders = [GroupDecider(*each) for each in zip(sides, self._decisions.evaluators, strict=True)]
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
        gained, lost = (any(self._is_changed(pair, services, kind) for pair in pairs) for kind in CHANGE_KINDS)
        return _CHANGES[gained, lost]

    def _is_changed(self, pair: ClassPair, services: ServiceSet, kind: ChangeKind) -> bool:
        """Whether some packets between two classes are gained or lost."""
        source, destination = pair
        egress = self._decisions.pair(source, "egress")
        ingress = self._decisions.pair(destination, "ingress")
        if not (egress.depends_on_interface or ingress.depends_on_interface):
            before, after = (decider.allowed(pair, services) for decider in self._deciders)
            return bool(after - before if kind == "gained" else before - after)
        arriving = (ingress.after if kind == "gained" else ingress.before).allowed
        return _has_common(egress.decided_traffic(kind), destination, services & services_with(arriving, source)) or (
            _has_common(ingress.decided_traffic(kind), source, services & services_with(egress.kept, destination))
        )


def _has_common(traffic: Iterable[DecidedTraffic], peer: int, services: ServiceSet) -> bool:
    return any(each.peers >> peer & 1 and each.services & services for each in traffic)
