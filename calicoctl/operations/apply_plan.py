"""Implementation of `apply --plan`: exactly what a saved plan shows, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from calicoctl.datastore import FailedGuard, Guard, GuardsFailed, Range
from calicoctl.errors import Conflict
from calicoctl.operations.apply import plan_apply
from calicoctl.operations.lockout.guard import check_lockout
from calicoctl.operations.plan import NotAPlanError, SavedPlan, is_shown_outcome, plan_pruned
from calicoctl.operations.read.lookup import StoreView, identifier_ranges
from calicoctl.operations.write.cluster import State
from calicoctl.operations.write.commit import WriteSet
from calicoctl.operations.write.conflicts import describe_conflict
from calicoctl.operations.write.context import read_context
from calicoctl.operations.write.deferred_problems import check_deferred_problems
from calicoctl.operations.write.options import WriteOptions
from calicoctl.operations.write.outcome import Report
from calicoctl.operations.write.plan import (
    PlanContext,
    WritePlan,
    by_dependency,
    unreadable_warnings,
    view_after_writes,
)
from calicoctl.operations.write.pool_overlaps import check_pool_overlaps, pool_ranges
from calicoctl.operations.write.references import reference_guards, reference_ranges, references_to
from calicoctl.operations.write.run import PreparedWrite, commit_with_retries

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore
    from calicoctl.resource import Identifier


def apply_plan(datastore: Datastore, plan: SavedPlan, options: WriteOptions) -> Report:
    """Write exactly the changes of a saved plan.

    The lockout check runs again, because the result may have changed since the plan was made.

    Raises:
        Conflict: a key has changed since the plan was made, a resource to prune is in use now, a new IP pool overlaps
            with another one now, or the plan was made for another datastore. Nothing was written.
        Refused: the datastore is locked, or the write would cause a lockout.
    """

    def check_failure(prepared: PreparedWrite, error: GuardsFailed) -> None:
        guarded_keys = {prepared.write_set.state.guard.key, *(guard.key for guard in plan.expected)}
        _check_stale(plan, [failed for failed in error.failed_guards if failed.key in guarded_keys])

    return commit_with_retries(datastore, lambda _restored: _prepare(datastore, plan, options), options, check_failure)


def _prepare(datastore: Datastore, plan: SavedPlan, options: WriteOptions) -> PreparedWrite:
    """Check that the datastore has not changed since the plan was made, and that the write causes no lockout."""
    context = _read_context(datastore, plan, options)
    context.state.check_unlocked()
    _check_cluster(plan, context.state)
    _check_changes(plan, context)
    derived = _derive(plan, context)
    lockout_check = check_lockout(datastore, context.change(derived.writes), (), options)
    guards = (*lockout_check.guards, *reference_guards(plan.pruned, context.revision), *derived.reference_guards)
    recorder = context.recorder(options.history, derived.writes, plan.outcomes)
    levels = by_dependency(derived.writes)
    write_set = WriteSet(levels, context.state, context.view, plan.unchanged_guards, guards, recorder)
    warnings = dict.fromkeys((*derived.warnings, *lockout_check.warnings, *unreadable_warnings(context.view)))
    report = Report(plan.outcomes, tuple(warnings), options.dry_run)
    return PreparedWrite(write_set, report, plan.announcements)


def _read_context(datastore: Datastore, plan: SavedPlan, options: WriteOptions) -> PlanContext:
    ranges = [
        *(Range(guard.key) for guard in plan.expected),
        *identifier_ranges([item.identifier for item in plan.items]),
        *reference_ranges(plan.pruned),
        *pool_ranges(plan.outcomes),
    ]
    return read_context(datastore, tuple(dict.fromkeys(ranges)), options)


def _check_changes(plan: SavedPlan, context: PlanContext) -> None:
    """Raise Conflict if the datastore is not as it was when the plan was made."""
    view = context.view
    changed = [*_unexpected_cluster(plan, context.state), *_changed_guards(plan.expected, view)]
    pool_check = check_pool_overlaps(WritePlan(plan.writes, outcomes=plan.outcomes), view, context.revision)
    overlaps = [f"  {conflict}" for conflict in pool_check.conflicts]
    _check_stale(plan, changed, [*_users_of_pruned(plan.pruned, view_after_writes(view, plan.writes)), *overlaps])
    for each in plan.resources:
        entry = view.entry(each.outcome.key)
        if each.before is not None and entry and entry.value != each.before:
            raise Conflict(
                f"{each.outcome.identifier}: the plan has another value than the datastore at the same revision: "
                "nothing was written (make it again: calicoctl plan)"
            )


def _derive(plan: SavedPlan, context: PlanContext) -> WritePlan:
    """Return the write of the resources of a plan, as `apply` plans it.

    Raises:
        Conflict: the result is not the one that the plan shows. Nothing was written.
        Refused, InvalidManifest: as for `apply`.
    """
    check_deferred_problems(context.view, plan.items)
    applied = plan_apply(context, plan.items, force=plan.force, set_name=plan.set_name)
    try:
        pruned = [plan_pruned(each, context.view, plan.set_name) for each in plan.resources]
    except NotAPlanError as error:
        raise Conflict(f"{error}: nothing was written") from None
    derived = check_pool_overlaps(WritePlan.combine([applied, *pruned]), context.view, context.revision)
    derived.check()
    shown = {outcome.identifier: outcome for outcome in plan.outcomes}
    others = [each for each in derived.outcomes if not is_shown_outcome(each, shown[each.identifier])]
    _check_stale(plan, (), [f"  {each.identifier}: would be {each.action.value}, as {each.key}" for each in others])
    return derived


def _check_cluster(plan: SavedPlan, state: State) -> None:
    if plan.cluster is not None and state.guid != plan.cluster:
        actual = "is empty" if state.guid is None else f"belongs to cluster {state.guid!r}"
        raise Conflict(
            f"the plan was made for cluster {plan.cluster!r}, this datastore {actual}: nothing was written "
            "(make it again: calicoctl plan)"
        )


def _check_stale(plan: SavedPlan, changed: Sequence[FailedGuard], conflicts: Sequence[str] = ()) -> None:
    """Raise Conflict with all changed keys and new conflicts: users, overlaps of a pool, and other outcomes."""
    if changed or conflicts:
        lines = (describe_conflict(guard, plan.view) for guard in changed)
        raise Conflict("the plan is stale, nothing was written (make it again: calicoctl plan)", *lines, *conflicts)


def _unexpected_cluster(plan: SavedPlan, state: State) -> Iterator[FailedGuard]:
    """Yield the cluster object if the datastore was bare when the plan was made and is initialised now."""
    if plan.cluster is None and state.cluster_entry:
        yield FailedGuard(state.cluster_entry.key, 0, state.cluster_entry)


def _changed_guards(expected: Sequence[Guard], view: StoreView) -> Iterator[FailedGuard]:
    for guard in expected:
        entry = view.entry(guard.key)
        if (entry.mod_revision if entry else 0) != guard.revision:
            yield FailedGuard(guard.key, guard.revision, entry)


def _users_of_pruned(pruned: Sequence[Identifier], view_after: StoreView) -> list[str]:
    """Return a line for each resource to prune that is in use now."""
    references = ((identifier, references_to(identifier, view_after)) for identifier in pruned)
    return [
        f"  {identifier}: would be pruned, is used by {users[0].name} now" for identifier, users in references if users
    ]
