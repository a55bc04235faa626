"""Run of a write: read, plan, check for a lockout, commit, and retry if another client changed the datastore."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.datastore import GuardsFailed, Range
from calicoctl.errors import CalicoctlError, Conflict, Problem
from calicoctl.operations.lockout.guard import check_lockout
from calicoctl.operations.read.lookup import StoreView, identifier_ranges
from calicoctl.operations.write.batches import RestoredRevisions, RolledBack
from calicoctl.operations.write.cluster import STATE_RANGES, State
from calicoctl.operations.write.commit import WriteSet, commit
from calicoctl.operations.write.conflicts import describe_conflict
from calicoctl.operations.write.options import DEFAULT_WRITE_OPTIONS, WriteOptions
from calicoctl.operations.write.outcome import Report
from calicoctl.operations.write.plan import PlanContext, Planner, WritePlan, by_dependency, unreadable_warnings
from calicoctl.operations.write.pool_overlaps import check_pool_overlaps
from calicoctl.progress import with_progress
from calicoctl.resource import LocatedResource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

_log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
"""Attempts of a command whose guards fail because other clients write at the same time."""


class PreparedWrite(NamedTuple):
    """Checked write, ready to commit, with the report of its success."""

    write_set: WriteSet
    report: Report
    announcements: Sequence[str]
    """Texts to print before the write."""


def execute(
    datastore: Datastore,
    resources: Sequence[LocatedResource],
    planner: Planner,
    extra_ranges: Sequence[Range] = (),
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> Report:
    """Plan and commit the write of all resources, or of none.

    Args:
        datastore: the datastore to write to.
        resources: the resources.
        planner: plans the write from the resources and the contents of the datastore.
        extra_ranges: ranges that the planner needs in addition to those of the resources.
        options: the options of the user.

    Raises:
        Conflict: a resource exists already, does not exist, or other clients keep changing it.
        Refused: the datastore is locked; or the write would lose fields that v1 cannot represent, cause a lockout, or
            exceed the limits of etcd.
        InvalidManifest: a resource that was computed from a stored one is not valid.
    """

    def prepare(restored: RestoredRevisions) -> PreparedWrite:
        context = _read_context(datastore, resources, extra_ranges, restored)
        context.state.check_unlocked()
        plan = _make_plan(planner, context, with_progress(resources, "planning", options.progress))
        return _prepare(datastore, resources, context, plan, options)

    return commit_with_retries(datastore, prepare, options)


def _prepare(
    datastore: Datastore,
    resources: Sequence[LocatedResource],
    context: PlanContext,
    plan: WritePlan,
    options: WriteOptions,
) -> PreparedWrite:
    """Check a plan for a lockout, and return it as a write."""
    _log.debug("at revision %d: %d keys to write", context.revision, len(plan.writes))
    change = context.change(plan.writes)
    lockout_check = check_lockout(datastore, change, resources, options)
    write_set = WriteSet(
        by_dependency(plan.writes),
        context.state,
        context.view,
        plan.unchanged_guards,
        (*lockout_check.guards, *plan.reference_guards),
    )
    warnings = tuple(dict.fromkeys((*plan.warnings, *lockout_check.warnings)))
    report = Report(plan.outcomes, warnings, options.dry_run)
    return PreparedWrite(write_set, report, plan.announcements)


def commit_with_retries(
    datastore: Datastore,
    prepare: Callable[[RestoredRevisions], PreparedWrite],
    options: WriteOptions,
    check_failure: Callable[[PreparedWrite, GuardsFailed], None] = lambda prepared, error: None,
) -> Report:
    """Prepare and commit a write, and retry both if a guard fails.

    Args:
        datastore: the datastore to write to.
        prepare: reads the datastore and returns the write; called with the keys that earlier attempts rolled back.
        options: the options of the user.
        check_failure: called after each failed attempt; raises an exception if a retry cannot succeed.

    Raises:
        Conflict: other clients keep writing.
    """
    conflicts: list[str] = []
    restored: RestoredRevisions = {}
    announced: set[str] = set()
    for _ in range(MAX_ATTEMPTS):
        prepared = prepare(restored)
        for text in prepared.announcements:
            if text not in announced:
                options.notify(text)
        announced.update(prepared.announcements)
        try:
            commit(datastore, prepared.write_set, options)
        except GuardsFailed as error:
            check_failure(prepared, error)
            conflicts = [describe_conflict(guard, prepared.write_set.view) for guard in error.failed_guards]
            _log.info("the datastore was changed concurrently:%s", "".join(conflicts))
            restored.update(error.restored if isinstance(error, RolledBack) else {})
        else:
            return prepared.report
    raise Conflict(f"other clients keep writing: tried {MAX_ATTEMPTS} times, nothing was written", *conflicts)


class Preview(NamedTuple):
    """A write that `execute` would make, with the contents of the datastore that it is based on."""

    context: PlanContext
    plan: WritePlan
    warnings: tuple[Problem, ...]


def preview(
    datastore: Datastore,
    resources: Sequence[LocatedResource],
    planner: Planner,
    extra_ranges: Sequence[Range] = (),
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> Preview:
    """Plan and check a write as `execute` does, without writing. A lock of the datastore is ignored.

    Raises:
        Conflict, Refused, InvalidManifest: as `execute`.
    """
    context = _read_context(datastore, resources, extra_ranges, {})
    plan = _make_plan(planner, context, resources)
    prepared = _prepare(datastore, resources, context, plan, options)
    commit(datastore, prepared.write_set, options._replace(dry_run=True))  # checks the sizes
    return Preview(context, plan, prepared.report.warnings)


def _make_plan(planner: Planner, context: PlanContext, resources: Iterable[LocatedResource]) -> WritePlan:
    """Return the plan of a planner; raise an exception if anything prevents the write."""
    plan = check_pool_overlaps(planner(context, resources), context.view, context.revision)
    try:
        plan.check()
    except CalicoctlError as error:
        error.warnings = (*error.warnings, *unreadable_warnings(context.view, error.lines))
        raise
    written_keys = [write.key for write in plan.writes]
    return plan._replace(warnings=(*plan.warnings, *unreadable_warnings(context.view, written_keys)))


def _read_context(
    datastore: Datastore,
    resources: Sequence[LocatedResource],
    extra_ranges: Sequence[Range],
    restored: Mapping[tuple[str, int], int],
) -> PlanContext:
    """Read what a plan needs.

    Raises:
        InvalidManifest: a manifest has problems that the stored resource does not have.
    """
    ranges = dict.fromkeys([*identifier_ranges([item.identifier for item in resources]), *extra_ranges])
    snapshot = datastore.read((*STATE_RANGES, *ranges))
    view = StoreView.from_snapshot(snapshot)
    if any(item.deferred_problems for item in resources):
        from calicoctl.operations.write.deferred_problems import check_deferred_problems

        check_deferred_problems(view, resources)
    return PlanContext(State.from_snapshot(snapshot), view, snapshot.revision, restored)
