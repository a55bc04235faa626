"""Run of a write: read, plan, check for a lockout, commit, and retry if another client changed the datastore."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.backoff import Backoff
from calicoctl.datastore import GuardsFailed, Range
from calicoctl.deadline import Deadline
from calicoctl.errors import CalicoctlError, Conflict, PermissionDenied, Problem
from calicoctl.operations.lockout.guard import check_lockout
from calicoctl.operations.read.lookup import identifier_ranges
from calicoctl.operations.write.batches import RolledBack
from calicoctl.operations.write.commit import WriteSet, commit
from calicoctl.operations.write.conflicts import describe_conflict
from calicoctl.operations.write.context import read_context, with_history_warning, without_history
from calicoctl.operations.write.options import DEFAULT_WRITE_OPTIONS, WriteOptions
from calicoctl.operations.write.outcome import Report
from calicoctl.operations.write.plan import PlanContext, Planner, WritePlan, by_dependency, unreadable_warnings
from calicoctl.operations.write.pool_overlaps import check_pool_overlaps
from calicoctl.operations.write.rollback import RestoredRevisions
from calicoctl.progress import with_progress
from calicoctl.resource import LocatedResource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

_log = logging.getLogger(__name__)

_MIN_ATTEMPTS = 5
"""Minimum number of attempts of a command whose guards fail because other clients write at the same time, also if a
single attempt takes longer than `--timeout`."""


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
        context = _read_context(datastore, resources, extra_ranges, restored, options)
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
        context.recorder(options.history, plan.writes, plan.outcomes),
    )
    warnings = tuple(dict.fromkeys((*plan.warnings, *lockout_check.warnings)))
    report = Report(plan.outcomes, warnings, options.dry_run)
    return PreparedWrite(write_set, report, plan.announcements)


class _Announcer:
    """Announces each text once, also if several attempts have it."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._announced: set[str] = set()

    def announce(self, texts: Iterable[str]) -> None:
        """Announce those of the texts that are new."""
        for text in texts:
            if text not in self._announced:
                self._notify(text)
                self._announced.add(text)


def commit_with_retries(
    datastore: Datastore,
    prepare: Callable[[RestoredRevisions], PreparedWrite],
    options: WriteOptions,
    check_failure: Callable[[PreparedWrite, GuardsFailed], None] = lambda prepared, error: None,
) -> Report:
    """Prepare and commit a write, and retry both until the timeout of the datastore if a guard fails.

    Each attempt is planned again, so a retry never overwrites what the decision of the user is based on.

    Args:
        datastore: the datastore to write to.
        prepare: reads the datastore and returns the write; called with the keys that earlier attempts rolled back.
        options: the options of the user.
        check_failure: called after each failed attempt; raises an exception if a retry cannot succeed.

    Raises:
        Conflict: other clients keep writing.
    """
    try:
        return _commit_with_retries(datastore, prepare, options, check_failure)
    except PermissionDenied:
        if not without_history(options.history):
            raise
    report = _commit_with_retries(datastore, prepare, options, check_failure)
    return with_history_warning(report)


def _commit_with_retries(
    datastore: Datastore,
    prepare: Callable[[RestoredRevisions], PreparedWrite],
    options: WriteOptions,
    check_failure: Callable[[PreparedWrite, GuardsFailed], None],
) -> Report:
    """Prepare and commit a write as `commit_with_retries`, with the record in the history if it is on."""
    restored: RestoredRevisions = {}
    announcer = _Announcer(options.notify)
    deadline, backoff = Deadline.after(datastore.timeout), None
    for attempt in itertools.count(1):
        started = time.monotonic()
        prepared = prepare(restored)
        announcer.announce(prepared.announcements)
        try:
            commit(datastore, prepared.write_set, options)
        except GuardsFailed as error:
            check_failure(prepared, error)
            if attempt >= _MIN_ATTEMPTS and deadline.has_passed:
                raise _contention(attempt, prepared, error) from error
            _log.info("the datastore was changed concurrently:%s", "".join(_describe_conflicts(prepared, error)))
            restored.update(error.restored if isinstance(error, RolledBack) else {})
            # Random pauses: clients that retry immediately make each other fail.
            backoff = backoff or Backoff(deadline, time.monotonic() - started)
            backoff.pause()
        else:
            return prepared.report
    raise AssertionError  # the loop has no end


def _contention(attempts: int, prepared: PreparedWrite, error: GuardsFailed) -> Conflict:
    message = f"other clients keep writing: tried {attempts} times, nothing was written"
    return Conflict(message, *_describe_conflicts(prepared, error))


def _describe_conflicts(prepared: PreparedWrite, error: GuardsFailed) -> list[str]:
    return [describe_conflict(guard, prepared.write_set.view) for guard in error.failed_guards]


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
    context = _read_context(datastore, resources, extra_ranges, {}, options)
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
    options: WriteOptions,
) -> PlanContext:
    """Read what a plan needs.

    Raises:
        InvalidManifest: a manifest has problems that the stored resource does not have.
    """
    ranges = dict.fromkeys([*identifier_ranges([item.identifier for item in resources]), *extra_ranges])
    context = read_context(datastore, tuple(ranges), options, restored)
    if any(item.deferred_problems for item in resources):
        from calicoctl.operations.write.deferred_problems import check_deferred_problems

        check_deferred_problems(context.view, resources)
    return context
