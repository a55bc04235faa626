"""diff: what a manifest would change in the datastore, resource by resource."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calicoctl.datastore import Entry, Write
from calicoctl.errors import NOWHERE, Problem
from calicoctl.operations.fields import differing_fields
from calicoctl.operations.lookup import View, found, kind_of
from calicoctl.operations.outcome import Action, Outcome
from calicoctl.operations.writing import look
from calicoctl.resource import Resource

if TYPE_CHECKING:
    from calicoctl.datastore import Range
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.writing import Step
    from calicoctl.resource import Located


@dataclass(frozen=True)
class Difference:
    """A resource as it is and as it would be, both in normal form; None where it is not there."""

    outcome: Outcome
    before: Resource | None
    after: Resource | None
    revision: int
    """The revision that `before` was read at; 0 where it is not there."""

    @property
    def is_none(self) -> bool:
        """Whether both say the same."""
        return self.before == self.after

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that differ, where the resource is on both sides."""
        if self.before is None or self.after is None:
            return ()
        return tuple(differing_fields(self.before.manifest(), self.after.manifest()))


def compare(
    datastore: Datastore, located: Sequence[Located], step: Step, besides: Sequence[Range] = ()
) -> tuple[list[Difference], list[Problem]]:
    """What a step would change for each resource, and what to warn of.

    A lock does not matter, since nothing is written.

    Raises:
        Conflict: the step could not be carried out.
        Refused: a resource can't be written.
    """
    plan = look(datastore, located, step, besides)
    plan.check_steps()
    notes = [
        Problem(outcome.position or NOWHERE, str(outcome.identifier), "", note)
        for outcome in plan.outcomes
        for note in outcome.notes
    ]
    return differences(plan.outcomes, plan.writes, plan.view), [*plan.warnings, *notes]


def differences(outcomes: Iterable[Outcome], writes: Iterable[Write], view: View) -> list[Difference]:
    """What writes change of the entries of a view, resource by resource."""
    by_key = {write.key: write for write in writes}

    def difference(outcome: Outcome) -> Difference:
        entry, write = view.entry(outcome.key), by_key.get(outcome.key)
        kind = kind_of(outcome.identifier)
        before = found(kind, entry).resource if entry else None
        after = before
        if write:
            after = found(kind, Entry(write.key, write.value, 0, 0)).resource if write.value is not None else None
        return Difference(outcome, before, after, entry.revision if entry else 0)

    return [difference(outcome) for outcome in outcomes if outcome.action is not Action.SKIPPED]
