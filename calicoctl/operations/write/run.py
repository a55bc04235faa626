"""Writing verbs: each plans all of its writes from one snapshot and commits them together."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from calicoctl.datastore import Entry, Guard, GuardsFailed, Range, Snapshot, Write
from calicoctl.errors import NO_POSITION, Conflict, InvalidManifest, Problem, Refused
from calicoctl.kinds import kind_of_key
from calicoctl.operations.lockout.guard import PlannedChange, check_lockout
from calicoctl.operations.read.lookup import StoredEntry, StoreView, decode_entry, identifier_ranges
from calicoctl.operations.write.batches import RestoredRevisions, RolledBack
from calicoctl.operations.write.cluster import STATE_RANGES, State, state_from_snapshot
from calicoctl.operations.write.commit import WriteSet, commit
from calicoctl.operations.write.conflicts import describe_conflict
from calicoctl.operations.write.options import DEFAULT_WRITE_OPTIONS, WriteOptions
from calicoctl.operations.write.outcome import Outcome, Report
from calicoctl.progress import with_progress
from calicoctl.resource import LocatedResource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

_log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
"""How often a command starts again when somebody else writes in between."""


@dataclass
class WritePlan:
    """What a command is going to write, what it will say, and what stands in its way."""

    state: State
    view: StoreView
    restored: RestoredRevisions = field(default_factory=dict)
    """What the tries before this one have set back."""
    revision: int = 0
    """At which everything was read."""
    writes: list[Write] = field(default_factory=list)
    unchanged_guards: list[Guard] = field(default_factory=list)
    """What was found to say already what it should."""
    unreferenced_guards: list[Guard] = field(default_factory=list)
    """What has to be as it was read, for nothing to use what is deleted."""
    outcomes: list[Outcome] = field(default_factory=list)
    announcements: list[str] = field(default_factory=list)
    """What to say before anything is written."""
    warnings: list[Problem] = field(default_factory=list)
    conflicts: list[str | Problem] = field(default_factory=list)
    refusals: list[str | Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    """What is wrong with resources that steps have made from what is stored."""
    final_checks: list[Callable[[], None]] = field(default_factory=list)
    """What to look at when all steps are planned; each adds conflicts."""

    def view_after(self, without: Collection[str] = ()) -> StoreView:
        """The entries as the writes that are planned so far will leave them, less some keys, as far as was read."""
        return view_after_writes(self.view.with_changes(dict.fromkeys(without)), self.writes)

    @property
    def change(self) -> PlannedChange:
        """What the writes change."""
        return PlannedChange(self.revision, self.view, self.writes, self.state.has_hosts)

    def check(self) -> None:
        """Raise what stands in the way, all of it as one InvalidManifest, Conflict or Refused."""
        self.state.check_unlocked()
        self.check_steps()

    def check_steps(self) -> None:
        """The same, whether the datastore is locked or not."""
        if self.problems:
            raise InvalidManifest(self.problems)
        if self.conflicts:
            raise Conflict(*self.conflicts, *self.refusals)
        if self.refusals:
            raise Refused(*self.refusals)


PlanStep = Callable[[WritePlan, LocatedResource], None]


def execute(
    datastore: Datastore,
    resources: Sequence[LocatedResource],
    step: PlanStep,
    extra_ranges: Sequence[Range] = (),
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> Report:
    """Plan a step for each resource and commit all of them, or nothing.

    Args:
        datastore: where to.
        resources: the resources.
        step: what to do with each.
        extra_ranges: what to read as well, for the steps.
        options: how to write.

    Raises:
        Conflict: a resource exists already, does not exist, or others keep changing it.
        Refused: the datastore is locked, a write would lose what v1 can't say, or lock somebody out, or is too large.
        InvalidManifest: what a step has made of a stored resource is not valid.
    """
    ranges = _ranges_to_read(resources, extra_ranges)
    conflicts: list[str] = []
    restored: RestoredRevisions = {}
    for _ in range(MAX_ATTEMPTS):
        plan = _make_plan(
            datastore.read(ranges), with_progress(resources, "planning", options.progress), step, restored
        )
        plan.check()
        lockout_check = check_lockout(datastore, plan.change, resources, allow_lockout=options.allow_lockout)
        for text in plan.announcements:
            options.notify(text)
        try:
            write_set = WriteSet(
                by_dependency(plan.writes),
                plan.state,
                plan.view,
                plan.unchanged_guards,
                (*lockout_check.guards, *plan.unreferenced_guards),
            )
            commit(datastore, write_set, options)
        except GuardsFailed as error:
            conflicts = [describe_conflict(guard, plan.view) for guard in error.failed_guards]
            _log.info("others wrote meanwhile:%s", "".join(conflicts))
            restored.update(error.restored if isinstance(error, RolledBack) else {})
        else:
            return Report(tuple(plan.outcomes), (*plan.warnings, *lockout_check.warnings), options.dry_run)
    raise Conflict(f"others keep writing: tried {MAX_ATTEMPTS} times, nothing was written", *conflicts)


def plan_only(
    datastore: Datastore, resources: Sequence[LocatedResource], step: PlanStep, extra_ranges: Sequence[Range] = ()
) -> WritePlan:
    """Plan a step for each resource, as `execute` does; what stands in the way is left to `Plan.check`."""
    return _make_plan(datastore.read(_ranges_to_read(resources, extra_ranges)), resources, step, {})


def _ranges_to_read(resources: Sequence[LocatedResource], extra_ranges: Sequence[Range]) -> tuple[Range, ...]:
    return (*STATE_RANGES, *dict.fromkeys([*identifier_ranges([item.identifier for item in resources]), *extra_ranges]))


def _make_plan(
    snapshot: Snapshot, resources: Iterable[LocatedResource], step: PlanStep, restored: RestoredRevisions
) -> WritePlan:
    """The plan for all resources."""
    view = StoreView(entry for entries in snapshot.entries_by_range for entry in entries)
    plan = WritePlan(state_from_snapshot(snapshot), view, restored, snapshot.revision)
    for item in resources:
        step(plan, item)
    for check in plan.final_checks:
        check()
    _check_unique_keys(plan)
    _log.debug("at revision %d: %d keys to write", snapshot.revision, len(plan.writes))
    return plan


def view_after_writes(view: StoreView, writes: Iterable[Write]) -> StoreView:
    """The entries as writes will leave them."""
    return view.with_changes(
        {
            write.key: None if write.value is None else Entry(write.key, write.value, 0, write.revision)
            for write in writes
        }
    )


def by_dependency(writes: Sequence[Write]) -> list[list[Write]]:
    """The writes by the levels of their kinds: what others depend on first, and last where it is deleted."""
    levels: dict[int, list[Write]] = {}
    for write in writes:
        kind = kind_of_key(write.key)
        level = kind.dependency_level if kind else 0
        levels.setdefault(-level if write.value is None else level, []).append(write)
    return [levels[level] for level in sorted(levels)]


def _check_unique_keys(plan: WritePlan) -> None:
    """Two v1 names can become one v3 name; nothing may overwrite the other."""
    counts = Counter(write.key for write in plan.writes)
    for key in sorted(key for key, count in counts.items() if count > 1):
        deleted = any(write.key == key and write.value is None for write in plan.writes)
        plan.conflicts.append(
            f"two of the names mean {key} (name it once)"
            if deleted
            else f"{_resource_names(plan, key)} of this command would both be stored as {key} (rename one of them)"
        )


def _resource_names(plan: WritePlan, key: str) -> str:
    """The resources that are to be written to a key."""
    kind = kind_of_key(key)
    assert kind is not None  # noqa: S101 - plans write resources only
    entries = [Entry(key, write.value, 0, 0) for write in plan.writes if write.key == key and write.value is not None]
    resources = (decode_entry(kind, entry).resource for entry in entries)
    return " and ".join(str(resource.identifier) for resource in resources if resource)


def ambiguous_message(hits: Sequence[StoredEntry]) -> str:
    """What to say when a name means more than one object."""
    keys = " and ".join(hit.entry.key for hit in hits)
    names = ", ".join(hit.entry.key.rpartition("/")[2] for hit in hits)
    return f"means more than one: {keys} (name it as the store does: {names})"


def stale_reason(plan: WritePlan, item: LocatedResource, existing: StoredEntry | None) -> str | None:
    """Why a manifest that names the revision it was read at is out of date, or None.

    What this command itself has written and set back is as it was.
    """
    revision = item.revision
    while existing and revision and (existing.entry.key, revision) in plan.restored:
        revision = plan.restored[existing.entry.key, revision]
    if revision is None or (existing and existing.entry.mod_revision == revision):
        return None
    state = f"is at revision {existing.entry.mod_revision} now" if existing else "does not exist any more"
    return f"{state}, the manifest is of revision {item.revision} (get it again and change that)"


def problem_for(item: LocatedResource, message: str) -> Problem:
    """A message about a resource, with the place that it came from."""
    return Problem(item.position or NO_POSITION, str(item.identifier), "", message)
