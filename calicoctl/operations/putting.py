"""apply, create and replace: what each does with a resource and with what is stored for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from calicoctl.datastore import Entry, Guard, Write
from calicoctl.kinds.conversion import Conversion, TooLargeError, is_same, says_already, to_stored
from calicoctl.kinds.membership import joined, set_of
from calicoctl.operations.lookup import Found, kind_of
from calicoctl.operations.outcome import Action, Outcome
from calicoctl.operations.writing import Plan, Step, about, staleness
from calicoctl.resource import Located, Resource
from calicoctl.storage import StoredResource, encode


class Way(NamedTuple):
    """How a resource is put into the datastore."""

    action: Action
    """What a write is called."""
    force: bool = False
    """Write even where that loses something."""
    whole: bool = False
    """The resource was made from all that v1 shows of the existing one: what it leaves out goes."""
    joins: str | None = None
    """The set that it becomes a member of."""


def applying(*, force: bool = False, joins: str | None = None) -> Step:
    """Create what is not there and change what is; `joins` is the set that all of it becomes a member of."""

    def step(plan: Plan, item: Located) -> None:
        existing = _existing(plan, item)
        action = Action.CONFIGURED if existing else Action.CREATED
        put(plan, item, existing, Way(action, force, joins=joins))

    return step


def creating(*, skip_exists: bool = False) -> Step:
    """Create what must not be there yet."""

    def step(plan: Plan, item: Located) -> None:
        if not (existing := _existing(plan, item)):
            put(plan, item, None, Way(Action.CREATED))
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
            put(plan, item, existing, Way(Action.REPLACED, force))
        else:
            plan.conflicts.append(about(item, "does not exist (use apply or create to create it)"))

    return step


def _existing(plan: Plan, item: Located) -> Found | None:
    """The one object that a resource is to be written to, with a warning when there is another."""
    hits = plan.view.stored(item.identifier)
    if len(hits) > 1:
        keys = " and ".join(hit.entry.key for hit in hits)
        plan.warnings.append(about(item, f"is stored twice, both are in force: {keys}; the first one is used"))
    return hits[0] if hits else None


def put(plan: Plan, item: Located, existing: Found | None, way: Way) -> None:
    """Plan the write of a resource to the object that holds it, or to a new one; or say what stands in its way."""
    resource = item.resource
    assert resource is not None  # noqa: S101 - writing verbs read whole resources
    stored = existing.stored if existing else None
    if existing and stored is None:
        refuse_fault(plan, item, existing)
        return
    key = existing.entry.key if existing else _new_key(plan, item)
    if obstacle := _obstacle(plan, item, existing, key):
        plan.conflicts.append(about(item, obstacle))
    elif existing and _says_already(existing, resource, way):
        _leave(plan, item, existing.entry)
    else:
        _write(plan, item, stored or key, way)


def refuse_fault(plan: Plan, item: Located, existing: Found) -> None:
    """Refuse to write where there is something that can't be read."""
    fix = f"delete it first: calicoctl delete {item.identifier}"
    plan.refusals.append(about(item, f"{existing.entry.key} {existing.fault} ({fix})"))


def _obstacle(plan: Plan, item: Located, existing: Found | None, key: str) -> str | None:
    """Why a resource can't be stored under a key."""
    kind = kind_of(item.identifier)
    if stale := staleness(plan, item, existing):
        return stale
    if existing is None:
        holder = plan.view.holder(key, item.identifier)
        what = f"would be stored as {key}, which holds {holder} (delete that first, or choose another name)"
        return what if holder else None
    name = kind.own_name(item.resource) if item.resource else None
    place = kind.stored_as.place(key)
    return f"is stored as {place!r} and can't be renamed (delete it first)" if name and name != place else None


def _write(plan: Plan, item: Located, place: StoredResource | str, way: Way) -> None:
    """Plan the write of a resource to what is stored for it, or to a new key."""
    kind = kind_of(item.identifier)
    stored = place if isinstance(place, StoredResource) else None
    key = place.key if isinstance(place, StoredResource) else place
    assert item.resource is not None  # noqa: S101 - writing verbs read whole resources
    try:
        conversion = to_stored(kind, item.resource, key, stored, whole=way.whole)
    except TooLargeError as error:
        plan.refusals.append(about(item, str(error)))
        return
    conversion = _joined(conversion, stored, way)
    if obstacles := list(_losses(conversion, stored, way)):
        plan.refusals += (about(item, obstacle) for obstacle in obstacles)
    elif stored and is_same(stored, conversion.stored):
        _leave(plan, item, stored)
    else:
        plan.writes.append(Write(key, encode(conversion.stored, kind.stored_as), conversion.stored.revision))
        lost = tuple(f"dropped {loss}" for loss in conversion.losses)
        plan.outcomes.append(Outcome(item.identifier, way.action, item.position, conversion.notes + lost, key))


def _leave(plan: Plan, item: Located, there: Entry | StoredResource) -> None:
    """There is nothing to write."""
    plan.seen.append(Guard(there.key, there.revision))
    plan.outcomes.append(Outcome(item.identifier, Action.UNCHANGED, item.position, key=there.key))


def _losses(conversion: Conversion, stored: StoredResource | None, way: Way) -> Iterator[str]:
    """What stands in the way unless it is forced."""
    if way.force:
        return
    for loss in conversion.losses:
        yield f"would drop what v1 can't say: {loss} (--force drops it)"
    before = set_of(stored) if stored else None
    if before and way.joins not in {None, before}:
        yield f"belongs to set {before!r} (--force moves it to {way.joins!r})"


def _joined(conversion: Conversion, stored: StoredResource | None, way: Way) -> Conversion:
    """The same as a member of the set that the way names."""
    if way.joins is None:
        return conversion
    joins = stored is not None and set_of(stored) != way.joins
    notes = (*conversion.notes, f"joins set {way.joins!r}") if joins else conversion.notes
    return Conversion(joined(conversion.stored, way.joins), notes, conversion.losses)


def _says_already(existing: Found, resource: Resource, way: Way) -> bool:
    if existing.stored is None or existing.resource is None or way.joins not in (None, set_of(existing.stored)):
        return False
    return says_already(existing.kind, resource, existing.stored, existing.resource, whole=way.whole)


def _new_key(plan: Plan, item: Located) -> str:
    """The key for a new object: what the resource asks for, or one of its places by the layout of the store."""
    kind = kind_of(item.identifier)
    own = kind.own_name(item.resource) if item.resource else None
    places = kind.segments(kind.stored_name(item.identifier))
    return kind.stored_as.key(own or kind.place_new(places, plan.state.legacy))
