"""Planned write of one resource: to the object that stores it, or to a new one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from calicoctl.conversion.stored import AnnotationsTooLargeError, Conversion, already_stored, is_equal, to_stored
from calicoctl.datastore import Guard, Write
from calicoctl.kinds.values import set_membership
from calicoctl.operations.read.lookup import StoredEntry, kind_of, problem_for
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.plan import PlanContext, WritePlan
from calicoctl.operations.write.set_moves import move_notes, refused_moves
from calicoctl.resource import LocatedResource, Resource
from calicoctl.storage import StoredResource, encode


class PutOptions(NamedTuple):
    """Options of a write."""

    action: Action
    """Action to report if the resource is written."""
    force: bool = False
    """Whether to write even if fields that v1 cannot represent are lost, or the resource belongs to another set."""
    full_replace: bool = False
    """Whether the resource was made from the v1 form of the stored one, so that missing fields are removed."""
    join_set: str | None = None
    """Set to add the resource to."""


def find_existing(context: PlanContext, item: LocatedResource) -> tuple[StoredEntry | None, WritePlan]:
    """Return the object to write a resource to, and a plan with a warning if there is another one."""
    matches = context.view.stored_entries(item.identifier)
    if len(matches) <= 1:
        return (matches[0] if matches else None), WritePlan()
    keys = " and ".join(match.entry.key for match in matches)
    warning = problem_for(item, f"is stored twice, both are in force: {keys}; the first one is used")
    return matches[0], WritePlan(warnings=(warning,))


def plan_put(
    context: PlanContext, item: LocatedResource, existing: StoredEntry | None, options: PutOptions
) -> WritePlan:
    """Plan the write of a resource.

    An unchanged resource is guarded, not written. Fields that v1 cannot represent are kept from the stored object.

    Args:
        context: the contents of the datastore.
        item: the resource.
        existing: the object that stores the resource; None creates one.
        options: the options of the write.
    """
    resource = item.resource
    assert resource is not None  # noqa: S101 - commands that write load complete resources
    stored = existing.stored if existing else None
    if existing and stored is None:
        return refuse_unreadable(item, existing)
    key = existing.entry.key if existing else _new_key(context, item, resource)
    if conflict := context.stale_reason(item, existing) or _conflict(context, item, resource, existing, key):
        return WritePlan(conflicts=(problem_for(item, conflict),))
    if existing and _already_stored(existing, resource, options):
        return _plan_unchanged(item, key, existing.entry.mod_revision)
    return _plan_write(item, resource, key, stored, options)


def refuse_unreadable(item: LocatedResource, existing: StoredEntry) -> WritePlan:
    """Return a plan that refuses to overwrite an unreadable object."""
    fix = f"delete it first: calicoctl delete {item.identifier}"
    return WritePlan(refusals=(problem_for(item, f"{existing.unreadable} ({fix})"),))


def _conflict(
    context: PlanContext, item: LocatedResource, resource: Resource, existing: StoredEntry | None, key: str
) -> str | None:
    """Return the reason why a resource cannot be stored under a key, or None."""
    kind = kind_of(item.identifier)
    if existing is None:
        occupant = context.view.conflicting_owner(key, item.identifier)
        message = f"would be stored as {key}, which holds {occupant} (delete that first, or choose another name)"
        return message if occupant else None
    name, suffix = kind.requested_name(resource), kind.stored_kind.key_suffix(key)
    return f"is stored as {suffix!r} and cannot be renamed (delete it first)" if name and name != suffix else None


def _plan_write(
    item: LocatedResource, resource: Resource, key: str, stored: StoredResource | None, options: PutOptions
) -> WritePlan:
    kind = kind_of(item.identifier)
    try:
        conversion = to_stored(kind, resource, key, stored, full_replace=options.full_replace)
    except AnnotationsTooLargeError as error:
        return WritePlan(refusals=(problem_for(item, str(error)),))
    if stored and conversion.contradictions and not is_equal(stored, conversion.stored):
        return WritePlan(refusals=tuple(problem_for(item, text) for text in conversion.contradictions))
    conversion = _join_set(conversion, stored, options)
    if not options.force and (losses := tuple(_refused_losses(conversion, stored, options))):
        return WritePlan(refusals=tuple(problem_for(item, loss) for loss in losses))
    if stored and is_equal(stored, conversion.stored):
        return _plan_unchanged(item, key, stored.revision)
    notes = (*conversion.notes, *(f"dropped {loss}" for loss in conversion.losses))
    return WritePlan(
        writes=(Write(key, encode(conversion.stored, kind.stored_kind), conversion.stored.revision),),
        outcomes=(Outcome(item.identifier, options.action, item.position, notes, key),),
    )


def _plan_unchanged(item: LocatedResource, key: str, revision: int) -> WritePlan:
    return WritePlan(
        unchanged_guards=(Guard(key, revision),),
        outcomes=(Outcome(item.identifier, Action.UNCHANGED, item.position, key=key),),
    )


def _refused_losses(conversion: Conversion, stored: StoredResource | None, options: PutOptions) -> Iterator[str]:
    """Yield the reasons to refuse a write without `--force`."""
    for loss in conversion.losses:
        yield f"would drop a field that v1 cannot represent: {loss} (--force drops it)"
    if stored and options.join_set is not None:
        yield from refused_moves(set_membership.set_name(stored), options.join_set)


def _join_set(conversion: Conversion, stored: StoredResource | None, options: PutOptions) -> Conversion:
    """Return the conversion with the object added to the set of the options."""
    if options.join_set is None:
        return conversion
    notes = move_notes(set_membership.set_name(stored), options.join_set) if stored else ()
    member = set_membership.with_set(conversion.stored, options.join_set)
    return conversion._replace(stored=member, notes=(*conversion.notes, *notes))


def _already_stored(existing: StoredEntry, resource: Resource, options: PutOptions) -> bool:
    stored = existing.stored
    if stored is None or existing.resource is None:
        return False
    if options.join_set not in (None, set_membership.set_name(stored)):
        return False
    return already_stored(existing.kind, resource, stored, existing.resource, full_replace=options.full_replace)


def _new_key(context: PlanContext, item: LocatedResource, resource: Resource) -> str:
    """Return the key of a new object: from the requested name, else from the layout of the datastore."""
    kind = kind_of(item.identifier)
    segments = kind.key_segments(kind.stored_name(item.identifier))
    segment = kind.requested_name(resource) or kind.segment_for_new(segments, context.state.legacy_layout)
    return kind.stored_kind.key(segment)
