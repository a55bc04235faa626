"""Implementation of `delete`: delete resources, unless a node is still referred to."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from calicoctl.datastore import Write
from calicoctl.errors import Problem
from calicoctl.kinds.node import NODE
from calicoctl.kinds.profile import PROFILE
from calicoctl.operations.read.lookup import StoredEntry, problem_for, require_single
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.plan import PlanContext, WritePlan
from calicoctl.operations.write.references import reference_guards, references_to
from calicoctl.resource import LocatedResource


def plan_delete(
    context: PlanContext,
    resources: Iterable[LocatedResource],
    *,
    skip_not_exists: bool = False,
    raw_names: bool = False,
    cascade: bool = False,
) -> WritePlan:
    """Plan to delete resources.

    Args:
        context: the contents of the datastore.
        resources: the resources.
        skip_not_exists: whether to skip missing resources. Otherwise they are conflicts.
        raw_names: whether raw names in the store match as well.
        cascade: whether to delete the references to a node. Otherwise they are conflicts.
    """
    items = list(resources)
    targets = [_find_target(context, item, skip_not_exists=skip_not_exists, raw_names=raw_names) for item in items]
    deleted_keys = {target.entry.key for target in targets if isinstance(target, StoredEntry)}
    return WritePlan.combine(
        target if isinstance(target, WritePlan) else _plan_one(context, item, target, deleted_keys, cascade=cascade)
        for item, target in zip(items, targets, strict=True)
    )


def _find_target(
    context: PlanContext, item: LocatedResource, *, skip_not_exists: bool, raw_names: bool
) -> StoredEntry | WritePlan:
    """Return the object to delete, or a plan without a deletion."""
    find = context.view.entries_named if raw_names else context.view.stored_entries
    matches = find(item.identifier)
    stale_reason = context.stale_reason(item, matches[0] if matches else None)
    if not (matches or stale_reason) and skip_not_exists:
        return WritePlan(outcomes=(Outcome(item.identifier, Action.SKIPPED, item.position),))
    target = require_single(item, matches, stale_reason or "does not exist (--skip-not-exists skips it)")
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
        outcomes=(Outcome(item.identifier, Action.DELETED, item.position, notes),),
    )
    if not remaining:
        return plan
    if item.identifier.kind == PROFILE.name:
        count = f"{len(remaining)} endpoint{' still uses' if len(remaining) == 1 else 's still use'} it"
        return plan._replace(warnings=(problem_for(item, count),))
    if cascade:
        return plan._replace(writes=(*plan.writes, *(reference.deletion for reference in remaining)))
    message = problem_for(item, "is still used by the following (--cascade deletes exactly these)")
    return plan._replace(conflicts=(message, *(f"  {reference.name}" for reference in remaining)))
