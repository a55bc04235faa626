"""apply --plan: exactly what a saved plan says, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from calicoctl.datastore import FailedGuard, Guard, GuardsFailed, Range
from calicoctl.errors import Conflict, Problem
from calicoctl.operations.commit import Intent, commit
from calicoctl.operations.lockout import Change, judge
from calicoctl.operations.lookup import View
from calicoctl.operations.manner import Manner
from calicoctl.operations.outcome import Action, Report
from calicoctl.operations.pruning import users_of
from calicoctl.operations.references import guards_of_references, ranges_of_references
from calicoctl.operations.rivalry import described
from calicoctl.operations.saved import SavedPlan
from calicoctl.operations.state import RANGES, State, state_of
from calicoctl.operations.writing import TRIES, after_writes, levels

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


def carry_out(datastore: Datastore, plan: SavedPlan, manner: Manner) -> Report:
    """Do exactly what a plan says.

    What it does to host endpoints is judged once more: that may be different now.

    Raises:
        Conflict: a key is not as the plan saw it, what it prunes is in use now, or the datastore is another one;
            nothing was written.
        Refused: the datastore is locked, or somebody would be locked out.
    """
    expected = [*(Guard(write.key, write.revision) for write in plan.writes), *plan.guards]
    for attempt in range(TRIES):
        intent, warnings = _intent(datastore, plan, expected, manner)
        for text in () if attempt else plan.announcements:
            manner.announce(text)
        try:
            commit(datastore, intent, manner)
        except GuardsFailed as error:
            own = {intent.state.guard.key, *(guard.key for guard in expected)}
            _check_stale(plan, [failed for failed in error.failed if failed.key in own])
        else:
            return Report(plan.outcomes, warnings, dry_run=manner.dry_run)
    raise Conflict(f"others keep writing: tried {TRIES} times, nothing was written")


def _intent(
    datastore: Datastore, plan: SavedPlan, expected: Sequence[Guard], manner: Manner
) -> tuple[Intent, tuple[Problem, ...]]:
    """What to write when everything is as the plan saw it, and what to warn of."""
    pruned = [outcome.identifier for outcome in plan.outcomes if outcome.action is Action.PRUNED]
    ranges = [*(Range(guard.key) for guard in expected), *ranges_of_references(pruned)]
    snapshot = datastore.read([*RANGES, *dict.fromkeys(ranges)])
    state = state_of(snapshot)
    state.check_unlocked()
    view = View(entry for entries in snapshot.found for entry in entries)
    _check_cluster(plan, state)
    _check_stale(plan, [*_expected_bare(plan, state), *_changed(expected, view)], _used(plan, view))
    change = Change(snapshot.revision, view, plan.writes, state.hosts)
    verdict = judge(datastore, change, (), allow=manner.allow_lockout)
    basis = [*verdict.guards, *guards_of_references(pruned, snapshot.revision)]
    return Intent(levels(plan.writes), state, view, plan.guards, basis), verdict.warnings


def _check_cluster(plan: SavedPlan, state: State) -> None:
    if plan.cluster is not None and state.guid != plan.cluster:
        here = "is empty" if state.guid is None else f"belongs to cluster {state.guid!r}"
        raise Conflict(
            f"the plan was made for cluster {plan.cluster!r}, this datastore {here}: nothing was written "
            "(make it again: calicoctl plan)"
        )


def _check_stale(plan: SavedPlan, changed: Sequence[FailedGuard], used: Sequence[str] = ()) -> None:
    """Raise Conflict when anything is not as the plan saw it, with all of that."""
    if changed or used:
        lines = (described(guard, plan.view) for guard in changed)
        raise Conflict("the plan is stale, nothing was written (make it again: calicoctl plan)", *lines, *used)


def _expected_bare(plan: SavedPlan, state: State) -> Iterator[FailedGuard]:
    """Where the plan would have initialised the datastore, and somebody else has done so meanwhile."""
    if plan.cluster is None and state.entry:
        yield FailedGuard(state.entry.key, 0, state.entry)


def _changed(expected: Sequence[Guard], view: View) -> Iterator[FailedGuard]:
    for guard in expected:
        entry = view.entry(guard.key)
        if (entry.revision if entry else 0) != guard.revision:
            yield FailedGuard(guard.key, guard.revision, entry)


def _used(plan: SavedPlan, view: View) -> list[str]:
    """What the plan prunes though something uses it that came after the plan."""
    after = after_writes(view, plan.writes)
    pruned = (outcome.identifier for outcome in plan.outcomes if outcome.action is Action.PRUNED)
    users = ((identifier, users_of(identifier, after)) for identifier in pruned)
    return [f"  {identifier}: would be pruned, is used by {names[0]} now" for identifier, names in users if names]
