"""Comparison of two policy sets by the traffic that they allow.

::

    difference = compare_policy_sets(before, after)
    difference.unchanged    no traffic is gained or lost
    difference.gained       changes with exact traffic blocks, an example packet, and its deciding rules on both sides
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from calicoctl.analysis.model.policy_set import PolicySet
from calicoctl.analysis.semantic_diff.align import align
from calicoctl.analysis.semantic_diff.changes import TrafficChange
from calicoctl.analysis.semantic_diff.describe import ChangeDescriber
from calicoctl.analysis.semantic_diff.difference import CHANGE_KINDS, ChangeKind, TrafficDifference
from calicoctl.analysis.semantic_diff.refinement import Refinement
from calicoctl.analysis.semantic_diff.unevaluated import UnevaluatedChanges, find_unevaluated
from calicoctl.name_list import join_limited

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
    unevaluated_kinds: frozenset[ChangeKind] = frozenset()
    """Kinds of possible changes in addition to `changes`, which the notes describe."""

    @property
    def is_partial(self) -> bool:
        """Whether a change is not evaluated, since it concerns no compared endpoint."""
        return bool(self.unevaluated_kinds)

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
    difference = TrafficDifference(refinement)
    changes = tuple(ChangeDescriber(refinement, difference.decisions).describe_changes(difference.decision_changes()))
    unevaluated, has_placeholders = find_unevaluated(refinement), aligned.before.has_placeholders
    notes = tuple(_unevaluated_notes(unevaluated, has_placeholders=has_placeholders))
    kinds = frozenset(CHANGE_KINDS if has_placeholders and notes else ())
    return SemanticDiff(changes, aligned.before, aligned.after, (*aligned.notes, *notes), kinds)


def _unevaluated_notes(unevaluated: UnevaluatedChanges, *, has_placeholders: bool) -> Iterator[str]:
    """Yield a note for each type of change. If all endpoints are known, rules for other endpoints have no effect."""
    remedy = " (add these endpoints, or compare with datastore)" if has_placeholders else ""
    if names := unevaluated.unapplied:
        differ = "differs and applies" if len(names) == 1 else "differ and apply"
        effect = f"to no compared endpoint: the effect is not evaluated{remedy}"
        yield f"{join_limited(names, _MAX_NAMES_IN_NOTE)} {differ} {effect}"
    if has_placeholders and (names := unevaluated.unmatched):
        effect = f"in rules that select no compared endpoint: their effect is not evaluated{remedy}"
        yield f"{join_limited(names, _MAX_NAMES_IN_NOTE)} {'differs' if len(names) == 1 else 'differ'} {effect}"
