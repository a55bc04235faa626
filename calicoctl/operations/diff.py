"""Implementation of `diff`: the changes of a write, by resource."""

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
    from calicoctl.operations.write.plan import Planner
    from calicoctl.resource import LocatedResource


@dataclass(frozen=True)
class ResourceDiff:
    """Normal forms of a resource before and after a write; None if it does not exist."""

    outcome: Outcome
    before: Resource | None
    after: Resource | None
    revision: int
    """Revision of `before`; 0 if it does not exist."""

    @property
    def unchanged(self) -> bool:
        """Whether both forms are equal."""
        return self.before == self.after

    @property
    def fields(self) -> tuple[str, ...]:
        """Paths of the fields that differ; empty if the resource exists on one side only."""
        if self.before is None or self.after is None:
            return ()
        return tuple(field_differences(self.before.manifest(), self.after.manifest()))


def diff_resources(
    datastore: Datastore, resources: Sequence[LocatedResource], planner: Planner, extra_ranges: Sequence[Range] = ()
) -> tuple[list[ResourceDiff], list[Problem]]:
    """Return the changes of a planned write by resource, and its warnings. A lock of the datastore is ignored.

    Raises:
        Conflict: a conflict prevents the write.
        Refused: a resource cannot be written.
    """
    context, plan = plan_only(datastore, resources, planner, extra_ranges)
    notes = [
        Problem(outcome.position or NO_POSITION, str(outcome.identifier), "", note)
        for outcome in plan.outcomes
        for note in outcome.notes
    ]
    return diff_outcomes(plan.outcomes, plan.writes, context.view), [*plan.warnings, *notes]


def diff_outcomes(outcomes: Iterable[Outcome], writes: Iterable[Write], view: StoreView) -> list[ResourceDiff]:
    """Return the changes of writes to the entries of a view, by resource. Skipped resources are omitted."""
    by_key = {write.key: write for write in writes}

    def diff_outcome(outcome: Outcome) -> ResourceDiff:
        entry, write = view.entry(outcome.key), by_key.get(outcome.key)
        kind = kind_of(outcome.identifier)
        after = before = decode_entry(kind, entry).resource if entry else None
        if write:
            value = write.value
            after = None if value is None else decode_entry(kind, Entry(write.key, value, 0, 0)).resource
        return ResourceDiff(outcome, before, after, entry.mod_revision if entry else 0)

    return [diff_outcome(outcome) for outcome in outcomes if outcome.action is not Action.SKIPPED]
