"""apply, create and replace: what each does with a resource and with what is stored for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from calicoctl.conversion.stored import Conversion, RecordTooLargeError, already_stored, is_equal, to_stored
from calicoctl.datastore import Guard, Write
from calicoctl.kinds.values.set_membership import set_name, with_set
from calicoctl.operations.read.lookup import StoredEntry, kind_of
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.run import WritePlan, problem_for, stale_reason
from calicoctl.resource import LocatedResource, Resource
from calicoctl.storage import StoredResource, encode


class PutOptions(NamedTuple):
    """How a resource is put into the datastore."""

    action: Action
    """What a write is called."""
    force: bool = False
    """Write even where that loses something."""
    full_replace: bool = False
    """The resource was made from all that v1 shows of the existing one: what it leaves out goes."""
    set_name: str | None = None
    """The set that it becomes a member of."""


def find_existing(plan: WritePlan, item: LocatedResource) -> StoredEntry | None:
    """The one object that a resource is to be written to, with a warning when there is another."""
    hits = plan.view.stored_entries(item.identifier)
    if len(hits) > 1:
        keys = " and ".join(hit.entry.key for hit in hits)
        plan.warnings.append(problem_for(item, f"is stored twice, both are in force: {keys}; the first one is used"))
    return hits[0] if hits else None


def plan_put(plan: WritePlan, item: LocatedResource, existing: StoredEntry | None, options: PutOptions) -> None:
    """Plan the write of a resource to the object that holds it, or to a new one; or say what stands in its way."""
    resource = item.resource
    assert resource is not None  # noqa: S101 - writing verbs read whole resources
    stored = existing.stored if existing else None
    if existing and stored is None:
        refuse_unreadable(plan, item, existing)
        return
    key = existing.entry.key if existing else _new_key(plan, item)
    if conflict := _conflict(plan, item, existing, key):
        plan.conflicts.append(problem_for(item, conflict))
    elif existing and _already_stored(existing, resource, options):
        _plan_unchanged(plan, item, key, existing.entry.mod_revision)
    else:
        _plan_write(plan, item, stored or key, options)


def refuse_unreadable(plan: WritePlan, item: LocatedResource, existing: StoredEntry) -> None:
    """Refuse to write where there is something that can't be read."""
    fix = f"delete it first: calicoctl delete {item.identifier}"
    plan.refusals.append(problem_for(item, f"{existing.entry.key} {existing.decode_error} ({fix})"))


def _conflict(plan: WritePlan, item: LocatedResource, existing: StoredEntry | None, key: str) -> str | None:
    """Why a resource can't be stored under a key."""
    kind = kind_of(item.identifier)
    if reason := stale_reason(plan, item, existing):
        return reason
    if existing is None:
        occupant = plan.view.occupant(key, item.identifier)
        message = f"would be stored as {key}, which holds {occupant} (delete that first, or choose another name)"
        return message if occupant else None
    name = kind.requested_name(item.resource) if item.resource else None
    suffix = kind.stored_kind.key_suffix(key)
    return f"is stored as {suffix!r} and can't be renamed (delete it first)" if name and name != suffix else None


def _plan_write(plan: WritePlan, item: LocatedResource, target: StoredResource | str, options: PutOptions) -> None:
    """Plan the write of a resource to what is stored for it, or to a new key."""
    kind = kind_of(item.identifier)
    stored = target if isinstance(target, StoredResource) else None
    key = target.key if isinstance(target, StoredResource) else target
    assert item.resource is not None  # noqa: S101 - writing verbs read whole resources
    try:
        conversion = to_stored(kind, item.resource, key, stored, full_replace=options.full_replace)
    except RecordTooLargeError as error:
        plan.refusals.append(problem_for(item, str(error)))
        return
    conversion = _join_set(conversion, stored, options)
    if refusals := list(_lost_criteria(conversion, stored, options)):
        plan.refusals += (problem_for(item, obstacle) for obstacle in refusals)
    elif stored and is_equal(stored, conversion.stored):
        _plan_unchanged(plan, item, key, stored.revision)
    else:
        plan.writes.append(Write(key, encode(conversion.stored, kind.stored_kind), conversion.stored.revision))
        dropped = tuple(f"dropped {loss}" for loss in conversion.losses)
        plan.outcomes.append(Outcome(item.identifier, options.action, item.position, conversion.notes + dropped, key))


def _plan_unchanged(plan: WritePlan, item: LocatedResource, key: str, revision: int) -> None:
    """There is nothing to write."""
    plan.unchanged_guards.append(Guard(key, revision))
    plan.outcomes.append(Outcome(item.identifier, Action.UNCHANGED, item.position, key=key))


def _lost_criteria(conversion: Conversion, stored: StoredResource | None, options: PutOptions) -> Iterator[str]:
    """What stands in the way unless it is forced."""
    if options.force:
        return
    for loss in conversion.losses:
        yield f"would drop what v1 can't say: {loss} (--force drops it)"
    current_set = set_name(stored) if stored else None
    if current_set and options.set_name not in {None, current_set}:
        yield f"belongs to set {current_set!r} (--force moves it to {options.set_name!r})"


def _join_set(conversion: Conversion, stored: StoredResource | None, options: PutOptions) -> Conversion:
    """The same as a member of the set that the way names."""
    if options.set_name is None:
        return conversion
    is_new_member = stored is not None and set_name(stored) != options.set_name
    notes = (*conversion.notes, f"joins set {options.set_name!r}") if is_new_member else conversion.notes
    return Conversion(with_set(conversion.stored, options.set_name), notes, conversion.losses)


def _already_stored(existing: StoredEntry, resource: Resource, options: PutOptions) -> bool:
    if (
        existing.stored is None
        or existing.resource is None
        or options.set_name not in (None, set_name(existing.stored))
    ):
        return False
    return already_stored(
        existing.kind, resource, existing.stored, existing.resource, full_replace=options.full_replace
    )


def _new_key(plan: WritePlan, item: LocatedResource) -> str:
    """The key for a new object: what the resource asks for, or one of its places by the layout of the store."""
    kind = kind_of(item.identifier)
    requested_name = kind.requested_name(item.resource) if item.resource else None
    segments = kind.key_segments(kind.stored_name(item.identifier))
    return kind.stored_kind.key(requested_name or kind.segment_for_new(segments, plan.state.legacy_layout))
