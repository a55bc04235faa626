"""Implementation of `diff`: the changes of a write, by resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calicoctl.datastore import Entry, Write
from calicoctl.errors import NO_POSITION, Problem
from calicoctl.operations.read.lookup import StoredEntry, StoreView, decode_entry, kind_of
from calicoctl.operations.write.conflicts import field_differences
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.resource import Resource

if TYPE_CHECKING:
    from calicoctl.operations.write.run import Preview


@dataclass(frozen=True)
class ResourceDiff:
    """Normal forms of a resource before and after a write; None if it does not exist."""

    outcome: Outcome
    before: Resource | None
    after: Resource | None
    revision: int
    """Revision of `before`; 0 if it does not exist."""

    unchanged: bool
    """Whether nothing is written."""
    hidden_fields: tuple[str, ...] = ()
    """Paths of the fields of the stored object that differ if the manifests are equal, such as `metadata.uid`."""

    @property
    def before_set(self) -> str | None:
        """Set of the resource before the write."""
        return self.before.set_name if self.before else None

    @property
    def after_set(self) -> str | None:
        """Set of the resource after the write."""
        return self.after.set_name if self.after else None

    @property
    def fields(self) -> tuple[str, ...]:
        """Paths of the fields that differ, and `set`; empty if the resource exists on one side only."""
        if self.before is None or self.after is None:
            return ()
        fields = field_differences(self.before.manifest(), self.after.manifest())
        return (*fields, *(["set"] if self.before_set != self.after_set else []), *self.hidden_fields)


def diff_plan(preview: Preview) -> tuple[list[ResourceDiff], list[Problem]]:
    """Return the changes of a planned write by resource, and its warnings. A lock of the datastore is a warning."""
    context, plan = preview.context, preview.plan
    notes = [
        Problem(outcome.position or NO_POSITION, str(outcome.identifier), "", note)
        for outcome in plan.outcomes
        for note in outcome.notes
    ]
    locks = [Problem(NO_POSITION, message=lock)] if (lock := context.state.lock_message) else []
    return diff_outcomes(plan.outcomes, plan.writes, context.view), [*locks, *preview.warnings, *notes]


def diff_outcomes(outcomes: Iterable[Outcome], writes: Iterable[Write], view: StoreView) -> list[ResourceDiff]:
    """Return the changes of writes to the entries of a view, by resource. Skipped resources are omitted."""
    by_key = {write.key: write for write in writes}
    return [
        _diff_outcome(outcome, by_key.get(outcome.key), view.entry(outcome.key))
        for outcome in outcomes
        if outcome.action is not Action.SKIPPED
    ]


def _diff_outcome(outcome: Outcome, write: Write | None, entry: Entry | None) -> ResourceDiff:
    kind = kind_of(outcome.identifier)
    before = decode_entry(kind, entry) if entry else None
    after = before
    if write:
        after = None if write.value is None else decode_entry(kind, Entry(write.key, write.value, 0, 0))
    return ResourceDiff(
        outcome,
        before.resource if before else None,
        after.resource if after else None,
        entry.mod_revision if entry else 0,
        unchanged=write is None,
        hidden_fields=tuple(_hidden_fields(before, after)),
    )


def _hidden_fields(before: StoredEntry | None, after: StoredEntry | None) -> Iterator[str]:
    """Yield the paths of the stored object that differ if neither the manifest nor the set does."""
    if before is after or not (before and before.stored and before.resource):
        return
    if not (after and after.stored and after.resource):
        return
    if before.resource == after.resource and before.resource.set_name == after.resource.set_name:
        for part in ("metadata", "spec"):
            yield from field_differences(getattr(before.stored, part), getattr(after.stored, part), part)
