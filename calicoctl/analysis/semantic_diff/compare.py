"""Comparison of two policy sets by the traffic that they allow.

::

    difference = compare_policy_sets(before, after)
    difference.unchanged    no traffic is gained or lost
    difference.gained       changes with exact traffic blocks, an example packet, and its deciding rules on both sides
"""

from __future__ import annotations

from dataclasses import dataclass

from calicoctl.analysis.model.policy_set import PolicySet
from calicoctl.analysis.semantic_diff.align import align
from calicoctl.analysis.semantic_diff.changes import TrafficChange
from calicoctl.analysis.semantic_diff.describe import ChangeDescriber
from calicoctl.analysis.semantic_diff.difference import TrafficDifference
from calicoctl.analysis.semantic_diff.refinement import Refinement


@dataclass(frozen=True)
class SemanticDiff:
    """All gained and lost traffic; each packet of it is in one change."""

    changes: tuple[TrafficChange, ...]
    before: PolicySet
    """Policy set as compared, with the endpoints of both sides."""
    after: PolicySet
    """Policy set as compared, with the endpoints of both sides."""
    notes: tuple[str, ...]
    """Endpoints and profiles of one side only, and addresses that are not compared."""

    @property
    def unchanged(self) -> bool:
        """Whether both sides allow the same traffic."""
        return not self.changes

    @property
    def gained(self) -> tuple[TrafficChange, ...]:
        """Traffic allowed after the change and not before."""
        return tuple(change for change in self.changes if change.kind == "gained")

    @property
    def lost(self) -> tuple[TrafficChange, ...]:
        """Traffic allowed before the change and not after."""
        return tuple(change for change in self.changes if change.kind == "lost")


def compare_policy_sets(before: PolicySet, after: PolicySet) -> SemanticDiff:
    """Return the traffic gained and lost between the endpoints of both sides, and between them and non-endpoints."""
    aligned = align(before, after)
    refinement = Refinement(aligned)
    changes = tuple(ChangeDescriber(refinement).describe_changes(TrafficDifference(refinement).decision_changes()))
    return SemanticDiff(changes, aligned.before, aligned.after, aligned.notes)
