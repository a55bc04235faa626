"""Implementation of `delete`: delete resources, unless a node is still referred to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from calicoctl.datastore import Range, Write
from calicoctl.errors import Problem
from calicoctl.kinds.node import NODE
from calicoctl.kinds.profile import PROFILE
from calicoctl.operations.get import run_queries
from calicoctl.operations.read.lookup import StoredEntry, StoreView, problem_for, require_single, skipped_message
from calicoctl.operations.read.query import Query, query_ranges
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.plan import PlanContext, WritePlan
from calicoctl.operations.write.references import reference_guards, reference_ranges, references_to, users_message
from calicoctl.resource import LocatedResource
from calicoctl.selector import Selector

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


@dataclass(frozen=True)
class DeletionSelection:
    """Resources that a selector or `--all` selects, as they were read. Exactly these are deleted."""

    entries: Sequence[StoredEntry]
    warnings: Sequence[str]
    """Messages about unreadable objects, which are not selected."""

    @property
    def resources(self) -> tuple[LocatedResource, ...]:
        """The names of the resources, each once."""
        names = dict.fromkeys(each.resource.identifier for each in self.entries if each.resource)
        return tuple(map(LocatedResource, names))

    def ranges(self) -> list[Range]:
        """Return the ranges that `plan_delete_selected` needs."""
        keys = [Range(each.entry.key) for each in self.entries]
        return [*keys, *reference_ranges([item.identifier for item in self.resources])]


def select_for_deletion(datastore: Datastore, queries: Sequence[Query], selector: Selector | None) -> DeletionSelection:
    """Read the resources that match queries and a selector."""
    view = StoreView.from_snapshot(datastore.read(query_ranges(queries, selector)))
    entries = run_queries(view, queries, raw_names=False, selector=selector).entries
    unreadable = tuple(skipped_message(each.unreadable) for each in entries if not each.resource)
    return DeletionSelection(tuple(each for each in entries if each.resource), unreadable)


def plan_delete_selected(
    context: PlanContext, _resources: Iterable[LocatedResource], *, selection: DeletionSelection, cascade: bool
) -> WritePlan:
    """Plan to delete the selected resources. One that has changed since it was read is a conflict."""
    deleted_keys = {each.entry.key for each in selection.entries}
    return WritePlan.combine(_plan_selected(context, each, deleted_keys, cascade=cascade) for each in selection.entries)


def _plan_selected(
    context: PlanContext, selected: StoredEntry, deleted_keys: Collection[str], *, cascade: bool
) -> WritePlan:
    assert selected.resource is not None  # noqa: S101 - unreadable objects are not selected
    item = LocatedResource(selected.resource.identifier, revision=selected.entry.mod_revision)
    current = context.view.entry(selected.entry.key)
    expected = context.current_revision(selected.entry.key, selected.entry.mod_revision)
    if current is None or current.mod_revision != expected:
        state = "no longer exists" if current is None else f"is at revision {current.mod_revision} now"
        return WritePlan(
            conflicts=(problem_for(item, f"{state}, it was shown at revision {item.revision} (run again)"),)
        )
    return _plan_one(context, item, replace(selected, entry=current), deleted_keys, cascade=cascade)


def plan_delete(
    context: PlanContext,
    resources: Iterable[LocatedResource],
    *,
    ignore_not_found: bool = False,
    raw_names: bool = False,
    cascade: bool = False,
) -> WritePlan:
    """Plan to delete resources.

    Args:
        context: the contents of the datastore.
        resources: the resources.
        ignore_not_found: whether to skip missing resources. Otherwise they are conflicts.
        raw_names: whether raw names in the store match as well.
        cascade: whether to delete the references to a node. Otherwise they are conflicts.
    """
    items = list(resources)
    targets = [_find_target(context, item, ignore_not_found=ignore_not_found, raw_names=raw_names) for item in items]
    deleted_keys = {target.entry.key for target in targets if isinstance(target, StoredEntry)}
    return WritePlan.combine(
        target if isinstance(target, WritePlan) else _plan_one(context, item, target, deleted_keys, cascade=cascade)
        for item, target in zip(items, targets, strict=True)
    )


def _find_target(
    context: PlanContext, item: LocatedResource, *, ignore_not_found: bool, raw_names: bool
) -> StoredEntry | WritePlan:
    """Return the object to delete, or a plan without a deletion."""
    find = context.view.entries_named if raw_names else context.view.stored_entries
    matches = find(item.identifier)
    stale_reason = context.stale_reason(item, matches[0] if matches else None)
    if not (matches or stale_reason) and ignore_not_found:
        return WritePlan(outcomes=(Outcome(item.identifier, Action.SKIPPED, item.position),))
    target = require_single(item, matches, stale_reason or "does not exist (--ignore-not-found skips it)")
    if isinstance(target, StoredEntry) and stale_reason:
        target = problem_for(item, stale_reason)
    return WritePlan(conflicts=(target,)) if isinstance(target, Problem) else target


def _plan_one(
    context: PlanContext, item: LocatedResource, target: StoredEntry, deleted_keys: Collection[str], *, cascade: bool
) -> WritePlan:
    """Plan the deletion of one object. A profile that is still used is deleted with a warning."""
    remaining = [each for each in references_to(item.identifier, context.view) if each.entry.key not in deleted_keys]
    is_node = item.identifier.kind == NODE.name
    notes = tuple(f"with {reference.name}" for reference in remaining) if is_node and cascade else ()
    plan = WritePlan(
        writes=(Write(target.entry.key, None, target.entry.mod_revision),),
        reference_guards=reference_guards([item.identifier], context.revision) if is_node else (),
        outcomes=(Outcome(item.identifier, Action.DELETED, item.position, notes, target.entry.key),),
    )
    if not remaining:
        return plan
    if item.identifier.kind == PROFILE.name:
        return plan._replace(warnings=(problem_for(item, users_message(remaining)),))
    if cascade:
        return plan._replace(writes=(*plan.writes, *(reference.deletion for reference in remaining)))
    message = problem_for(item, "is still used by the following (--cascade deletes exactly these)")
    return plan._replace(conflicts=(message, *(f"  {reference.name}" for reference in remaining)))
