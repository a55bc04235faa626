"""The difference between two policy sets in traffic, told: who gains or loses what, with an example and both verdicts.

::

    found = compare(before, after)
    found.none          nothing is gained, nothing is lost
    found.gained        changes, each with exact parts, an example packet, and the rules that decide on it on each side
"""

from __future__ import annotations

from dataclasses import dataclass

from calicoctl.analysis.comparison.alignment import align
from calicoctl.analysis.comparison.changes import Change
from calicoctl.analysis.comparison.difference import Difference
from calicoctl.analysis.comparison.refinement import Refinement
from calicoctl.analysis.comparison.telling import Telling
from calicoctl.analysis.model import PolicySet


@dataclass(frozen=True)
class Comparison:
    """All that is gained and lost; every packet of it is in one change."""

    changes: tuple[Change, ...]
    before: PolicySet
    """As it is judged, with the endpoints of both sides."""
    after: PolicySet
    notes: tuple[str, ...]
    """What the reader has to know about who is compared."""

    @property
    def none(self) -> bool:
        """Whether no packet is treated differently."""
        return not self.changes

    @property
    def gained(self) -> tuple[Change, ...]:
        """What is allowed after, and not before."""
        return tuple(change for change in self.changes if change.sort == "gained")

    @property
    def lost(self) -> tuple[Change, ...]:
        """What is allowed before, and not after."""
        return tuple(change for change in self.changes if change.sort == "lost")


def compare(before: PolicySet, after: PolicySet) -> Comparison:
    """What traffic is gained and lost between the endpoints of both, and with what is none."""
    aligned = align(before, after)
    refinement = Refinement(aligned)
    changes = tuple(Telling(refinement).changes(Difference(refinement).shifts()))
    return Comparison(changes, aligned.before, aligned.after, aligned.notes)
