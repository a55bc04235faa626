"""Comparison of two policy sets by the traffic that they allow.

::

    difference = compare_policy_sets(before, after)
    difference.unchanged    no traffic is gained or lost
    difference.gained       changes with exact traffic blocks, an example packet, and its deciding rules on both sides
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from calicoctl.analysis.model.policy_set import PolicySet
from calicoctl.analysis.semantic_diff.align import align
from calicoctl.analysis.semantic_diff.changes import TrafficChange
from calicoctl.analysis.semantic_diff.describe import ChangeDescriber
from calicoctl.analysis.semantic_diff.difference import TrafficDifference
from calicoctl.analysis.semantic_diff.refinement import Refinement
from calicoctl.analysis.semantic_diff.unapplied import find_unapplied
from calicoctl.name_list import join_limited
from calicoctl.resource import Identifier

_MAX_NAMES_IN_NOTE = 3


@dataclass(frozen=True)
class SemanticDiff:
    """All gained and lost traffic; each packet of it is in one change."""

    changes: tuple[TrafficChange, ...]
    before: PolicySet
    """Policy set as compared, with the endpoints of both sides."""
    after: PolicySet
    """Policy set as compared, with the endpoints of both sides."""
    notes: tuple[str, ...]
    """Endpoints and profiles of one side only, and addresses, policies and profiles that are not compared."""
    is_partial: bool = False
    """Whether a changed policy applies to no endpoint, and the endpoints are placeholders: its effect is unknown."""

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
    unapplied = find_unapplied(refinement)
    is_partial = bool(unapplied) and aligned.before.has_placeholders
    return SemanticDiff(
        changes, aligned.before, aligned.after, (*aligned.notes, *_unapplied_notes(unapplied, is_partial)), is_partial
    )


def _unapplied_notes(unapplied: Sequence[Identifier], is_partial: bool) -> Iterator[str]:
    if unapplied:
        names = join_limited(unapplied, _MAX_NAMES_IN_NOTE)
        differ = "differs and applies" if len(unapplied) == 1 else "differ and apply"
        remedy = " (add the endpoints that it selects, or compare with datastore)" if is_partial else ""
        yield f"{names} {differ} to no compared endpoint: the effect is not evaluated{remedy}"
