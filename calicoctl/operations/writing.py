"""Writing verbs: each plans all of its writes from one snapshot and commits them together."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from calicoctl.datastore import GuardsFailed, Range, Snapshot, Write
from calicoctl.errors import CalicoctlError, Conflict, Refused
from calicoctl.kinds import KINDS
from calicoctl.kinds.conversion import TooLargeError, is_same, to_stored
from calicoctl.operations.commit import commit
from calicoctl.operations.lookup import Found, View, kind_of, ranges_for
from calicoctl.operations.outcome import Action, Outcome, Report
from calicoctl.operations.state import RANGES, State, state_of
from calicoctl.resource import Located
from calicoctl.storage import encode

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
    writes: list[Write] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    checks: list[Callable[[], None]] = field(default_factory=list)
    """What to look at when all steps are planned; each adds conflicts."""

    def error(self) -> CalicoctlError | None:
        """Everything that stands in the way, as one error."""
        if self.conflicts:
            return Conflict(*self.conflicts, *self.refusals)
        return Refused(*self.refusals) if self.refusals else None


Step = Callable[[Plan, Located], None]


def run(
    datastore: Datastore,
    located: Sequence[Located],
    step: Step,
    besides: Sequence[Range] = (),
    *,
    atomic: bool = False,
) -> Report:
    """Plan a step for each resource and commit all of them, or nothing.

    Args:
        datastore: where to.
        located: the resources.
        step: what to do with each.
        besides: what to read as well, for the steps.
        atomic: whether to refuse what does not fit one transaction.

    Raises:
        Conflict: a resource exists already, does not exist, or others keep changing it.
        Refused: the datastore is locked, a write would lose what v1 can't say, or it is too large.
    """
    ranges = (*RANGES, *dict.fromkeys([*ranges_for([item.identifier for item in located]), *besides]))
    failed: GuardsFailed | None = None
    for _ in range(TRIES):
        plan = _planned(datastore.read(ranges), located, step)
        try:
            commit(datastore, plan.state, _levels(plan.writes), plan.view, atomic=atomic)
        except GuardsFailed as error:
            failed = error
            _log.info("others wrote meanwhile: %s", ", ".join(guard.key for guard in error.failed))
        else:
            return Report(tuple(plan.outcomes), tuple(plan.warnings))
    assert failed is not None  # noqa: S101 - the loop ends by a failed commit only
    raise _gave_up(failed)


def _planned(snapshot: Snapshot, located: Sequence[Located], step: Step) -> Plan:
    """The plan for all resources, if nothing stands in its way."""
    plan = Plan(state_of(snapshot), View(entry for entries in snapshot.found for entry in entries))
    plan.state.check_unlocked()
    for item in located:
        step(plan, item)
    for check in plan.checks:
        check()
    _check_one_key_each(plan)
    if obstacle := plan.error():
        raise obstacle
    _log.debug("at revision %d: %d keys to write", snapshot.revision, len(plan.writes))
    return plan


def _gave_up(failed: GuardsFailed) -> Conflict:
    return Conflict(
        f"others keep writing: tried {TRIES} times, nothing was written",
        *(
            f"  {guard.key}: read at revision {guard.expected}, now "
            + (f"at revision {guard.found.revision}" if guard.found else "deleted")
            for guard in failed.failed
        ),
    )


def _levels(writes: Sequence[Write]) -> list[list[Write]]:
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
            else f"two resources of this command would be stored as {key} (rename one of them)"
        )


def applying(*, force: bool = False) -> Step:
    """Create what is not there and change what is."""

    def step(plan: Plan, item: Located) -> None:
        existing = _existing(plan, item)
        _put(plan, item, existing, Action.CONFIGURED if existing else Action.CREATED, force=force)

    return step


def creating(*, skip_exists: bool = False) -> Step:
    """Create what must not be there yet."""

    def step(plan: Plan, item: Located) -> None:
        if not (existing := _existing(plan, item)):
            _put(plan, item, None, Action.CREATED)
        elif skip_exists:
            plan.outcomes.append(Outcome(item.identifier, Action.SKIPPED, item.position))
        else:
            fix = "use apply or replace to change it, --skip-exists to leave it"
            plan.conflicts.append(about(item, f"exists already, as {existing.entry.key} ({fix})"))

    return step


def replacing(*, force: bool = False) -> Step:
    """Change what has to be there."""

    def step(plan: Plan, item: Located) -> None:
        if existing := _existing(plan, item):
            _put(plan, item, existing, Action.REPLACED, force=force)
        else:
            plan.conflicts.append(about(item, "does not exist (use apply or create to create it)"))

    return step


def several(hits: Sequence[Found]) -> str:
    """What to say when a name means more than one object."""
    keys = " and ".join(hit.entry.key for hit in hits)
    names = ", ".join(hit.entry.key.rpartition("/")[2] for hit in hits)
    return f"means more than one: {keys} (name it as the store does: {names})"


def _existing(plan: Plan, item: Located) -> Found | None:
    """The one object that a resource is to be written to, with a warning when there is another."""
    hits = plan.view.stored(item.identifier)
    if len(hits) > 1:
        keys = " and ".join(hit.entry.key for hit in hits)
        plan.warnings.append(about(item, f"is stored twice, both are in force: {keys}; the first one is used"))
    return hits[0] if hits else None


def _put(plan: Plan, item: Located, existing: Found | None, action: Action, *, force: bool = False) -> None:
    resource = item.resource
    assert resource is not None  # noqa: S101 - writing verbs read whole resources
    kind = kind_of(item.identifier)
    if existing and existing.stored is None:
        fix = f"delete it first: calicoctl delete {item.identifier}"
        plan.refusals.append(about(item, f"{existing.entry.key} {existing.fault} ({fix})"))
        return
    key = existing.entry.key if existing else _new_key(plan, item)
    if existing and (name := kind.own_name(resource)) and name != kind.stored_as.place(key):
        what = f"is stored as {kind.stored_as.place(key)!r} and can't be renamed (delete it first)"
        plan.conflicts.append(about(item, what))
        return
    if not existing and (holder := plan.view.holder(key, item.identifier)):
        what = f"would be stored as {key}, which holds {holder} (delete that first, or choose another name)"
        plan.conflicts.append(about(item, what))
        return
    try:
        conversion = to_stored(kind, resource, key, existing.stored if existing else None)
    except TooLargeError as error:
        plan.refusals.append(about(item, str(error)))
        return
    if conversion.losses and not force:
        for loss in conversion.losses:
            what = f"would drop what v1 can't say: {loss} (--force drops it)"
            plan.refusals.append(about(item, what))
        return
    if existing and existing.stored and is_same(existing.stored, conversion.stored):
        plan.outcomes.append(Outcome(item.identifier, Action.UNCHANGED, item.position))
        return
    plan.writes.append(Write(key, encode(conversion.stored, kind.stored_as), conversion.stored.revision))
    lost = tuple(f"dropped {loss}" for loss in conversion.losses)
    plan.outcomes.append(Outcome(item.identifier, action, item.position, conversion.notes + lost))


def _new_key(plan: Plan, item: Located) -> str:
    """The key for a new object: what the resource asks for, or one of its places by the layout of the store."""
    kind = kind_of(item.identifier)
    own = kind.own_name(item.resource) if item.resource else None
    places = kind.segments(kind.stored_name(item.identifier))
    return kind.stored_as.key(own or kind.place_new(places, plan.state.legacy))


def about(item: Located, message: str) -> str:
    """A message about a resource, with the place that it came from."""
    return f"{item.position}: {item.identifier}: {message}" if item.position else f"{item.identifier}: {message}"
