"""apply --plan: exactly what a saved plan says, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from calicoctl.datastore import FailedGuard, Guard, GuardsFailed, Range
from calicoctl.errors import Conflict, Problem
from calicoctl.operations.lockout.guard import PlannedChange, check_lockout
from calicoctl.operations.plan import SavedPlan
from calicoctl.operations.prune import references_to
from calicoctl.operations.read.lookup import StoreView
from calicoctl.operations.write.cluster import STATE_RANGES, State, state_from_snapshot
from calicoctl.operations.write.commit import WriteSet, commit
from calicoctl.operations.write.conflicts import describe_conflict
from calicoctl.operations.write.options import WriteOptions
from calicoctl.operations.write.outcome import Action, Report
from calicoctl.operations.write.references import reference_guards, reference_ranges
from calicoctl.operations.write.run import MAX_ATTEMPTS, by_dependency, view_after_writes

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


def apply_plan(datastore: Datastore, plan: SavedPlan, options: WriteOptions) -> Report:
    """Do exactly what a plan says.

    What it does to host endpoints is judged once more: that may be different now.

    Raises:
        Conflict: a key is not as the plan saw it, what it prunes is in use now, or the datastore is another one;
            nothing was written.
        Refused: the datastore is locked, or somebody would be locked out.
    """
    expected = [*(Guard(write.key, write.revision) for write in plan.writes), *plan.guards]
    for attempt in range(MAX_ATTEMPTS):
        write_set, warnings = _writes_of(datastore, plan, expected, options)
        for text in () if attempt else plan.announcements:
            options.notify(text)
        try:
            commit(datastore, write_set, options)
        except GuardsFailed as error:
            guarded_keys = {write_set.state.guard.key, *(guard.key for guard in expected)}
            _check_stale(plan, [failed for failed in error.failed_guards if failed.key in guarded_keys])
        else:
            return Report(plan.outcomes, warnings, dry_run=options.dry_run)
    raise Conflict(f"others keep writing: tried {MAX_ATTEMPTS} times, nothing was written")


def _writes_of(
    datastore: Datastore, plan: SavedPlan, expected: Sequence[Guard], options: WriteOptions
) -> tuple[WriteSet, tuple[Problem, ...]]:
    """What to write when everything is as the plan saw it, and what to warn of."""
    pruned = [outcome.identifier for outcome in plan.outcomes if outcome.action is Action.PRUNED]
    ranges = [*(Range(guard.key) for guard in expected), *reference_ranges(pruned)]
    snapshot = datastore.read([*STATE_RANGES, *dict.fromkeys(ranges)])
    state = state_from_snapshot(snapshot)
    state.check_unlocked()
    view = StoreView(entry for entries in snapshot.entries_by_range for entry in entries)
    _check_cluster(plan, state)
    _check_stale(plan, [*_unexpected_cluster(plan, state), *_changed_guards(expected, view)], _in_use(plan, view))
    change = PlannedChange(snapshot.revision, view, plan.writes, state.has_hosts)
    lockout_check = check_lockout(datastore, change, (), allow_lockout=options.allow_lockout)
    decision_guards = [*lockout_check.guards, *reference_guards(pruned, snapshot.revision)]
    return WriteSet(by_dependency(plan.writes), state, view, plan.guards, decision_guards), lockout_check.warnings


def _check_cluster(plan: SavedPlan, state: State) -> None:
    if plan.cluster is not None and state.guid != plan.cluster:
        actual = "is empty" if state.guid is None else f"belongs to cluster {state.guid!r}"
        raise Conflict(
            f"the plan was made for cluster {plan.cluster!r}, this datastore {actual}: nothing was written "
            "(make it again: calicoctl plan)"
        )


def _check_stale(plan: SavedPlan, changed: Sequence[FailedGuard], users: Sequence[str] = ()) -> None:
    """Raise Conflict when anything is not as the plan saw it, with all of that."""
    if changed or users:
        lines = (describe_conflict(guard, plan.view) for guard in changed)
        raise Conflict("the plan is stale, nothing was written (make it again: calicoctl plan)", *lines, *users)


def _unexpected_cluster(plan: SavedPlan, state: State) -> Iterator[FailedGuard]:
    """Where the plan would have initialised the datastore, and somebody else has done so meanwhile."""
    if plan.cluster is None and state.cluster_entry:
        yield FailedGuard(state.cluster_entry.key, 0, state.cluster_entry)


def _changed_guards(expected: Sequence[Guard], view: StoreView) -> Iterator[FailedGuard]:
    for guard in expected:
        entry = view.entry(guard.key)
        if (entry.mod_revision if entry else 0) != guard.revision:
            yield FailedGuard(guard.key, guard.revision, entry)


def _in_use(plan: SavedPlan, view: StoreView) -> list[str]:
    """What the plan prunes though something uses it that came after the plan."""
    view_after = view_after_writes(view, plan.writes)
    pruned = (outcome.identifier for outcome in plan.outcomes if outcome.action is Action.PRUNED)
    users = ((identifier, references_to(identifier, view_after)) for identifier in pruned)
    return [f"  {identifier}: would be pruned, is used by {names[0]} now" for identifier, names in users if names]
