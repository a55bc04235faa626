"""Implementation of `set`: the sets of the datastore, and changes of their members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from calicoctl.datastore import Guard, Write
from calicoctl.errors import Problem
from calicoctl.kinds import KINDS
from calicoctl.kinds.values import set_membership
from calicoctl.operations.read.lookup import MISSING_MESSAGE, StoredEntry, StoreView, problem_for, require_single
from calicoctl.operations.read.query import kind_ranges
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.plan import PlanContext, WritePlan
from calicoctl.operations.write.put import refuse_unreadable
from calicoctl.operations.write.set_moves import move_notes, refused_moves
from calicoctl.resource import Identifier, LocatedResource
from calicoctl.storage import StoredResource, encode

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

MEMBER_RANGES = tuple(kind_ranges(KINDS))
"""Ranges of all resources that can be members of a set."""


def read_sets(datastore: Datastore) -> dict[str, tuple[Identifier, ...]]:
    """Return the members of each set, in the order of the names of the sets, and of kinds and keys."""
    view = StoreView.from_snapshot(datastore.read(MEMBER_RANGES))
    sets: dict[str, list[Identifier]] = {}
    for kind in KINDS:
        for each in view.entries_of_kind(kind):
            if each.resource and each.resource.set_name:
                sets.setdefault(each.resource.set_name, []).append(each.resource.identifier)
    return {name: tuple(sets[name]) for name in sorted(sets)}


def plan_join(context: PlanContext, resources: Iterable[LocatedResource], set_name: str, *, force: bool) -> WritePlan:
    """Plan to add stored resources to a set. Members of another set are refused unless `force` is set."""

    def plan_one(item: LocatedResource) -> WritePlan:
        existing = _find(context, item)
        if isinstance(existing, WritePlan):
            return existing
        entry, stored = existing
        refusals = () if force else refused_moves(set_membership.set_name(stored), set_name)
        if problems := tuple(problem_for(item, text) for text in refusals):
            return WritePlan(refusals=problems)
        return _plan_write(item, entry, stored, set_membership.with_set(stored, set_name))

    return WritePlan.combine(map(plan_one, resources))


def plan_leave(context: PlanContext, resources: Iterable[LocatedResource], set_name: str | None) -> WritePlan:
    """Plan to remove stored resources from their sets. A resource that is not a member of `set_name` is a conflict."""

    def plan_one(item: LocatedResource) -> WritePlan:
        existing = _find(context, item)
        if isinstance(existing, WritePlan):
            return existing
        entry, stored = existing
        current = set_membership.set_name(stored)
        if set_name not in (None, current):
            state = f"belongs to set {current!r}" if current else "belongs to no set"
            return WritePlan(conflicts=(problem_for(item, f"{state}, not to {set_name!r}"),))
        return _plan_write(item, entry, stored, set_membership.without_set(stored) if current else stored)

    return WritePlan.combine(map(plan_one, resources))


def unknown_set_message(name: str, sets: Mapping[str, object]) -> str:
    """Return the message for a set without members."""
    return f"set {name!r} not found ({'sets are ' + ', '.join(sets) if sets else 'the datastore has no set'})"


def _find(context: PlanContext, item: LocatedResource) -> tuple[StoredEntry, StoredResource] | WritePlan:
    """Return the object that stores a resource, or a plan with the reason why it cannot be changed."""
    entry = require_single(item, context.view.entries_named(item.identifier), MISSING_MESSAGE)
    if isinstance(entry, Problem):
        return WritePlan(conflicts=(entry,))
    return refuse_unreadable(item, entry) if entry.stored is None else (entry, entry.stored)


def _plan_write(item: LocatedResource, entry: StoredEntry, old: StoredResource, new: StoredResource) -> WritePlan:
    key, revision = entry.entry.key, entry.entry.mod_revision
    notes = tuple(move_notes(set_membership.set_name(old), set_membership.set_name(new)))
    if not notes:
        outcome = Outcome(item.identifier, Action.UNCHANGED, item.position, key=key)
        return WritePlan(unchanged_guards=(Guard(key, revision),), outcomes=(outcome,))
    return WritePlan(
        writes=(Write(key, encode(new, entry.kind.stored_kind), revision),),
        outcomes=(Outcome(item.identifier, Action.CONFIGURED, item.position, notes, key),),
    )
