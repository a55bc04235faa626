"""diff: what a manifest would change in the datastore, resource by resource."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calicoctl.datastore import Entry, Write
from calicoctl.errors import NO_POSITION, Problem
from calicoctl.operations.read.lookup import StoreView, decode_entry, kind_of
from calicoctl.operations.write.conflicts import field_differences
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.run import plan_only
from calicoctl.resource import Resource

if TYPE_CHECKING:
    from calicoctl.datastore import Range
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.write.run import PlanStep
    from calicoctl.resource import LocatedResource


@dataclass(frozen=True)
class ResourceDiff:
    """A resource as it is and as it would be, both in normal form; None where it is not there."""

    outcome: Outcome
    before: Resource | None
    after: Resource | None
    revision: int
    """The revision that `before` was read at; 0 where it is not there."""

    @property
    def unchanged(self) -> bool:
        """Whether both say the same."""
        return self.before == self.after

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that differ, where the resource is on both sides."""
        if self.before is None or self.after is None:
            return ()
        return tuple(field_differences(self.before.manifest(), self.after.manifest()))


def diff_resources(
    datastore: Datastore, resources: Sequence[LocatedResource], step: PlanStep, extra_ranges: Sequence[Range] = ()
) -> tuple[list[ResourceDiff], list[Problem]]:
    """What a step would change for each resource, and what to warn of.

    A lock does not matter, since nothing is written.

    Raises:
        Conflict: the step could not be carried out.
        Refused: a resource can't be written.
    """
    plan = plan_only(datastore, resources, step, extra_ranges)
    plan.check_steps()
    notes = [
        Problem(outcome.position or NO_POSITION, str(outcome.identifier), "", note)
        for outcome in plan.outcomes
        for note in outcome.notes
    ]
    return diff_outcomes(plan.outcomes, plan.writes, plan.view), [*plan.warnings, *notes]


def diff_outcomes(outcomes: Iterable[Outcome], writes: Iterable[Write], view: StoreView) -> list[ResourceDiff]:
    """What writes change of the entries of a view, resource by resource."""
    by_key = {write.key: write for write in writes}

    def diff_outcome(outcome: Outcome) -> ResourceDiff:
        entry, write = view.entry(outcome.key), by_key.get(outcome.key)
        kind = kind_of(outcome.identifier)
        before = decode_entry(kind, entry).resource if entry else None
        after = before
        if write:
            after = (
                decode_entry(kind, Entry(write.key, write.value, 0, 0)).resource if write.value is not None else None
            )
        return ResourceDiff(outcome, before, after, entry.mod_revision if entry else 0)

    return [diff_outcome(outcome) for outcome in outcomes if outcome.action is not Action.SKIPPED]
