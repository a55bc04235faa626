"""Plan of a write: planners compute it from the contents of the datastore, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from calicoctl.datastore import Entry, Guard, Write
from calicoctl.errors import NO_POSITION, Conflict, InvalidManifest, Problem, Refused
from calicoctl.kinds import kind_of_key
from calicoctl.operations.history.recorder import HistoryOptions, HistoryRecorder, NamedAction
from calicoctl.operations.lockout.guard import PlannedChange
from calicoctl.operations.read.lookup import StoredEntry, StoreView, skipped_message
from calicoctl.operations.write.cluster import CLUSTER_RANGE, State
from calicoctl.operations.write.conflicts import duplicate_key_messages
from calicoctl.operations.write.outcome import Outcome
from calicoctl.printable import escape_unprintable
from calicoctl.resource import LocatedResource


class PlanContext(NamedTuple):
    """Contents of the datastore that a plan is made for."""

    state: State
    view: StoreView
    revision: int = 0
    """Revision of the contents."""
    restored: Mapping[tuple[str, int], int] = {}
    """Keys that earlier attempts of this command have rolled back, see `RestoredRevisions`."""
    history_keys: Sequence[Entry] = ()
    """Entries of `recorder.history_ranges`."""

    def stale_reason(self, item: LocatedResource, existing: StoredEntry | None) -> str | None:
        """Return the reason why the `resourceVersion` of a manifest is out of date, or None."""
        if item.revision is None:
            return None
        actual = existing.entry.mod_revision if existing else 0
        if existing and actual == self.current_revision(existing.entry.key, item.revision):
            return None
        state = f"is at revision {actual} now" if existing else "no longer exists"
        return f"{state}, the manifest has revision {item.revision} (get it again and edit the result)"

    def current_revision(self, key: str, revision: int) -> int:
        """Return the revision of a key that is unchanged since a revision: earlier attempts can have rolled it back."""
        while (key, revision) in self.restored:
            revision = self.restored[key, revision]
        return revision

    def change(self, writes: Sequence[Write]) -> PlannedChange:
        """Return the writes as input of the lockout check."""
        return PlannedChange(self.revision, self.view, writes, self.state.has_hosts)

    def recorder(
        self, options: HistoryOptions | None, writes: Iterable[Write], outcomes: Iterable[Outcome]
    ) -> HistoryRecorder | None:
        """Return the record of writes in the history; None if it is off or not permitted."""
        if options is None or not options.is_permitted:
            return None
        names = {each.key: NamedAction(each.identifier, each.action.value) for each in outcomes if each.key}
        keys = {write.key for write in writes} - {CLUSTER_RANGE.key}
        return HistoryRecorder(options, self.history_keys, self.view, names, keys)


class WritePlan(NamedTuple):
    """Planned writes for some resources with their outcomes, and everything that prevents the write."""

    writes: tuple[Write, ...] = ()
    unchanged_guards: tuple[Guard, ...] = ()
    """Guards of resources that need no write."""
    reference_guards: tuple[Guard, ...] = ()
    """Guards against new references to resources that are deleted, and against new IP pools."""
    outcomes: tuple[Outcome, ...] = ()
    announcements: tuple[str, ...] = ()
    """Texts to print before the write."""
    warnings: tuple[Problem, ...] = ()
    conflicts: tuple[str | Problem, ...] = ()
    refusals: tuple[str | Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Validation errors of resources that were computed from stored ones."""
    restored_keys: tuple[str, ...] = ()
    """Keys of an export. IP pools of an export may overlap with each other: they did in its datastore."""

    @classmethod
    def combine(cls, plans: Iterable[WritePlan]) -> WritePlan:
        """Return one plan with the contents of all, in their order."""
        return cls(*(tuple(chain.from_iterable(field)) for field in zip(*plans, strict=True)))

    def check(self) -> None:
        """Raise InvalidManifest, Conflict or Refused if anything prevents the write, with all reasons."""
        if self.problems:
            raise InvalidManifest(self.problems)
        if conflicts := (*self.conflicts, *duplicate_key_messages(self.writes)):
            raise Conflict(*conflicts, *self.refusals)
        if self.refusals:
            raise Refused(*self.refusals)


Planner = Callable[[PlanContext, Iterable[LocatedResource]], WritePlan]
"""Plans the write of some resources. Planners read nothing and write nothing."""


def unreadable_warnings(view: StoreView, named: Iterable[str] = ()) -> tuple[Problem, ...]:
    """Return a warning for each unreadable object that a plan has met, except those whose keys other texts contain."""
    texts = "\n".join(named)
    entries = (each for each in view.unreadable_entries() if escape_unprintable(each.entry.key) not in texts)
    return tuple(Problem(NO_POSITION, message=skipped_message(each.unreadable)) for each in entries)


def view_after_writes(view: StoreView, writes: Iterable[Write], deleted_keys: Collection[str] = ()) -> StoreView:
    """Return the view after writes and deletions."""
    written = {
        write.key: None if write.value is None else Entry(write.key, write.value, 0, write.revision) for write in writes
    }
    return view.with_changes({**dict.fromkeys(deleted_keys), **written})


def by_dependency(writes: Iterable[Write]) -> list[list[Write]]:
    """Return the writes by dependency level: a resource is written after, and deleted before, those it depends on."""
    levels: dict[int, list[Write]] = {}
    for write in writes:
        kind = kind_of_key(write.key)
        level = kind.dependency_level if kind else 0
        levels.setdefault(-level if write.value is None else level, []).append(write)
    return [levels[level] for level in sorted(levels)]
