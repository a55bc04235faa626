"""The difference between two policy sets in traffic, told: who gains or loses what, with an example and both verdicts.

::

    found = compare(before, after)
    found.none          nothing is gained, nothing is lost
    found.gained        changes, each with exact parts, an example packet, and the rules that decide on it on each side
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
    """All that is gained and lost; every packet of it is in one change."""

    changes: tuple[TrafficChange, ...]
    before: PolicySet
    """As it is judged, with the endpoints of both sides."""
    after: PolicySet
    notes: tuple[str, ...]
    """What the reader has to know about who is compared."""

    @property
    def unchanged(self) -> bool:
        """Whether no packet is treated differently."""
        return not self.changes

    @property
    def gained(self) -> tuple[TrafficChange, ...]:
        """What is allowed after, and not before."""
        return tuple(change for change in self.changes if change.kind == "gained")

    @property
    def lost(self) -> tuple[TrafficChange, ...]:
        """What is allowed before, and not after."""
        return tuple(change for change in self.changes if change.kind == "lost")


def compare_policy_sets(before: PolicySet, after: PolicySet) -> SemanticDiff:
    """What traffic is gained and lost between the endpoints of both, and with what is none."""
    aligned = align(before, after)
    refinement = Refinement(aligned)
    changes = tuple(ChangeDescriber(refinement).describe_changes(TrafficDifference(refinement).decision_changes()))
    return SemanticDiff(changes, aligned.before, aligned.after, aligned.notes)
