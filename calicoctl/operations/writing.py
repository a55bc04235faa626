"""Writing verbs: each plans all of its writes from one snapshot and commits them together."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from calicoctl.datastore import Entry, Guard, GuardsFailed, Range, Snapshot, Write
from calicoctl.errors import NOWHERE, Conflict, InvalidManifest, Problem, Refused
from calicoctl.kinds import KINDS
from calicoctl.operations.batches import Restored, Undone
from calicoctl.operations.commit import Intent, commit
from calicoctl.operations.lockout import Change, judge
from calicoctl.operations.lookup import Found, View, found, ranges_for
from calicoctl.operations.manner import AS_USUAL, Manner
from calicoctl.operations.outcome import Outcome, Report
from calicoctl.operations.progress import counted
from calicoctl.operations.rivalry import described
from calicoctl.operations.state import RANGES, State, state_of
from calicoctl.resource import Located

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

_log = logging.getLogger(__name__)

TRIES = 5
"""How often a command starts again when somebody else writes in between."""


@dataclass
class Plan:
    """What a command is going to write, what it will say, and what stands in its way."""

    state: State
    view: View
    restored: Restored = field(default_factory=dict)
    """What the tries before this one have set back."""
    revision: int = 0
    """At which everything was read."""
    writes: list[Write] = field(default_factory=list)
    seen: list[Guard] = field(default_factory=list)
    """What was found to say already what it should."""
    unused: list[Guard] = field(default_factory=list)
    """What has to be as it was read, for nothing to use what is deleted."""
    outcomes: list[Outcome] = field(default_factory=list)
    announcements: list[str] = field(default_factory=list)
    """What to say before anything is written."""
    warnings: list[Problem] = field(default_factory=list)
    conflicts: list[str | Problem] = field(default_factory=list)
    refusals: list[str | Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    """What is wrong with resources that steps have made from what is stored."""
    checks: list[Callable[[], None]] = field(default_factory=list)
    """What to look at when all steps are planned; each adds conflicts."""

    def after(self, without: Collection[str] = ()) -> View:
        """The entries as the writes that are planned so far will leave them, less some keys, as far as was read."""
        return after_writes(self.view.after(dict.fromkeys(without)), self.writes)

    @property
    def change(self) -> Change:
        """What the writes change."""
        return Change(self.revision, self.view, self.writes, self.state.hosts)

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


Step = Callable[[Plan, Located], None]


def run(
    datastore: Datastore,
    located: Sequence[Located],
    step: Step,
    besides: Sequence[Range] = (),
    manner: Manner = AS_USUAL,
) -> Report:
    """Plan a step for each resource and commit all of them, or nothing.

    Args:
        datastore: where to.
        located: the resources.
        step: what to do with each.
        besides: what to read as well, for the steps.
        manner: how to write.

    Raises:
        Conflict: a resource exists already, does not exist, or others keep changing it.
        Refused: the datastore is locked, a write would lose what v1 can't say, or lock somebody out, or is too large.
        InvalidManifest: what a step has made of a stored resource is not valid.
    """
    ranges = _ranges(located, besides)
    rivals: list[str] = []
    restored: Restored = {}
    for _ in range(TRIES):
        plan = _planned(datastore.read(ranges), counted(located, "planning", manner.progress), step, restored)
        plan.check()
        verdict = judge(datastore, plan.change, located, allow=manner.allow_lockout)
        for text in plan.announcements:
            manner.announce(text)
        try:
            intent = Intent(levels(plan.writes), plan.state, plan.view, plan.seen, (*verdict.guards, *plan.unused))
            commit(datastore, intent, manner)
        except GuardsFailed as error:
            rivals = [described(guard, plan.view) for guard in error.failed]
            _log.info("others wrote meanwhile:%s", "".join(rivals))
            restored.update(error.restored if isinstance(error, Undone) else {})
        else:
            return Report(tuple(plan.outcomes), (*plan.warnings, *verdict.warnings), manner.dry_run)
    raise Conflict(f"others keep writing: tried {TRIES} times, nothing was written", *rivals)


def look(datastore: Datastore, located: Sequence[Located], step: Step, besides: Sequence[Range] = ()) -> Plan:
    """Plan a step for each resource, as `run` does; what stands in the way is left to `Plan.check`."""
    return _planned(datastore.read(_ranges(located, besides)), located, step, {})


def _ranges(located: Sequence[Located], besides: Sequence[Range]) -> tuple[Range, ...]:
    return (*RANGES, *dict.fromkeys([*ranges_for([item.identifier for item in located]), *besides]))


def _planned(snapshot: Snapshot, located: Iterable[Located], step: Step, restored: Restored) -> Plan:
    """The plan for all resources."""
    view = View(entry for entries in snapshot.found for entry in entries)
    plan = Plan(state_of(snapshot), view, restored, snapshot.revision)
    for item in located:
        step(plan, item)
    for check in plan.checks:
        check()
    _check_one_key_each(plan)
    _log.debug("at revision %d: %d keys to write", snapshot.revision, len(plan.writes))
    return plan


def after_writes(view: View, writes: Iterable[Write]) -> View:
    """The entries as writes will leave them."""
    return view.after(
        {
            write.key: None if write.value is None else Entry(write.key, write.value, 0, write.revision)
            for write in writes
        }
    )


def levels(writes: Sequence[Write]) -> list[list[Write]]:
    """The writes by the levels of their kinds: what others depend on first, and last where it is deleted."""
    levels: dict[int, list[Write]] = {}
    for write in writes:
        level = next((kind.level for kind in KINDS if write.key.startswith(kind.stored_as.prefix)), 0)
        levels.setdefault(-level if write.value is None else level, []).append(write)
    return [levels[level] for level in sorted(levels)]


def _check_one_key_each(plan: Plan) -> None:
    """Two v1 names can become one v3 name; nothing may overwrite the other."""
    counts = Counter(write.key for write in plan.writes)
    for key in sorted(key for key, count in counts.items() if count > 1):
        deleted = any(write.key == key and write.value is None for write in plan.writes)
        plan.conflicts.append(
            f"two of the names mean {key} (name it once)"
            if deleted
            else f"{_names(plan, key)} of this command would both be stored as {key} (rename one of them)"
        )


def _names(plan: Plan, key: str) -> str:
    """The resources that are to be written to a key."""
    kind = next(kind for kind in KINDS if key.startswith(kind.stored_as.prefix))
    entries = [Entry(key, write.value, 0, 0) for write in plan.writes if write.key == key and write.value is not None]
    resources = (found(kind, entry).resource for entry in entries)
    return " and ".join(str(resource.identifier) for resource in resources if resource)


def several(hits: Sequence[Found]) -> str:
    """What to say when a name means more than one object."""
    keys = " and ".join(hit.entry.key for hit in hits)
    names = ", ".join(hit.entry.key.rpartition("/")[2] for hit in hits)
    return f"means more than one: {keys} (name it as the store does: {names})"


def staleness(plan: Plan, item: Located, existing: Found | None) -> str | None:
    """Why a manifest that names the revision it was read at is out of date, or None.

    What this command itself has written and set back is as it was.
    """
    revision = item.revision
    while existing and revision and (existing.entry.key, revision) in plan.restored:
        revision = plan.restored[existing.entry.key, revision]
    if revision is None or (existing and existing.entry.revision == revision):
        return None
    now = f"is at revision {existing.entry.revision} now" if existing else "does not exist any more"
    return f"{now}, the manifest is of revision {item.revision} (get it again and change that)"


def about(item: Located, message: str) -> Problem:
    """A message about a resource, with the place that it came from."""
    return Problem(item.position or NOWHERE, str(item.identifier), "", message)
