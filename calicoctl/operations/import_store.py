"""Implementation of `import`: write resources and stored objects."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from calicoctl.conversion.stored_object import StoredObject, from_value
from calicoctl.datastore import Entry, Guard, Range, Write
from calicoctl.errors import Problem
from calicoctl.kinds import kind_of_key
from calicoctl.operations.apply import plan_apply
from calicoctl.operations.load.stored_objects import LocatedObject
from calicoctl.operations.prune import PruneOptions, plan_prune, set_ranges
from calicoctl.operations.read.lookup import decode_entry
from calicoctl.operations.write.cluster import CLUSTER_RANGE
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.plan import PlanContext, Planner, WritePlan
from calicoctl.operations.write.set_moves import move_notes, refused_moves
from calicoctl.resource import LocatedResource
from calicoctl.storage import CorruptEntryError


class ImportOptions(NamedTuple):
    """Options of `import`."""

    force: bool = False
    """Whether to write even if fields that v1 cannot represent are lost, or an object changes its set."""
    set_name: str | None = None
    """Set to add the objects of v1 kinds to; None keeps the sets of resources, and the sets of the export."""
    prune: PruneOptions | None = None
    """Deletion of the other members of the set; None deletes none."""


def import_planner(objects: Sequence[LocatedObject], options: ImportOptions) -> tuple[Planner, list[Range]]:
    """Return the planner of `import`, and the additional ranges that it needs.

    Args:
        objects: the stored objects to write in addition to the resources.
        options: the options of the user.
    """
    ranges = [Range(f"{item.stored_object.key.rpartition('/')[0]}/", prefix=True) for item in objects]
    ranges += [] if options.prune is None else set_ranges()
    return partial(_plan_import, objects, options), list(dict.fromkeys(ranges))


def _plan_import(
    objects: Sequence[LocatedObject],
    options: ImportOptions,
    context: PlanContext,
    resources: Iterable[LocatedResource],
) -> WritePlan:
    """Plan to apply the resources, to replace the stored objects that differ, and to prune the set."""
    applied = plan_apply(context, resources, force=options.force, set_name=options.set_name)
    plan = WritePlan.combine([applied, *(_plan_object(context, item, options) for item in objects)])
    plan = plan._replace(restored_keys=tuple(outcome.key for outcome in plan.outcomes))
    return WritePlan.combine([plan, plan_prune(context, plan, options.prune)]) if options.prune else plan


def _plan_object(context: PlanContext, item: LocatedObject, options: ImportOptions) -> WritePlan:
    stored_object = _join_set(item.stored_object, options.set_name)
    existing = context.view.entry(stored_object.key)
    if reason := _unreadable(existing):
        return _refuse(item, [f"{reason} ({_delete_hint(stored_object)})"])
    try:
        current = from_value(existing.key, existing.value) if existing else None
        value = stored_object.encode(existing.value if existing else None)
    except CorruptEntryError as error:
        return _refuse(item, [f"{stored_object.key} {error} ({_delete_hint(stored_object)})"])
    write = Write(stored_object.key, value, existing.mod_revision if existing else 0)
    if current and stored_object.is_equal(current):
        guard = Guard(write.key, write.revision)
        return WritePlan(unchanged_guards=(guard,), outcomes=(_outcome(item, Action.UNCHANGED),))
    if current and write.key == CLUSTER_RANGE.key:
        return WritePlan(outcomes=(_outcome(item, Action.KEPT, "the datastore is another cluster"),))
    refusals = dict.fromkeys(_refused_moves(item.stored_object, current, stored_object))
    if refusals and not options.force:
        return _refuse(item, refusals)
    notes = move_notes(current.set_name, stored_object.set_name) if current else ()
    action = Action.CONFIGURED if current else Action.CREATED
    return WritePlan(writes=(write,), outcomes=(_outcome(item, action, *notes),))


def _join_set(stored_object: StoredObject, set_name: str | None) -> StoredObject:
    """Return the object as a member of the set. Objects of kinds without v1 form are never members."""
    is_resource = kind_of_key(stored_object.key) is not None
    return stored_object.with_set(set_name) if set_name is not None and is_resource else stored_object


def _refused_moves(exported: StoredObject, current: StoredObject | None, new: StoredObject) -> Iterator[str]:
    """Yield the reasons to refuse a write without `--force`: it would take an object from its set.

    Args:
        exported: the object of the manifest.
        current: the object in the datastore.
        new: the object to store.
    """
    yield from refused_moves(exported.set_name, new.set_name)
    if current:
        yield from refused_moves(current.set_name, new.set_name)


def _outcome(item: LocatedObject, action: Action, *notes: str) -> Outcome:
    return Outcome(item.stored_object.identifier, action, item.position, notes, item.stored_object.key)


def _refuse(item: LocatedObject, reasons: Iterable[str]) -> WritePlan:
    name = str(item.stored_object.identifier)
    return WritePlan(refusals=tuple(Problem(item.position, name, "", reason) for reason in reasons))


def _delete_hint(stored_object: StoredObject) -> str:
    return f"delete the key first: etcdctl del {shlex.quote(stored_object.key)}"


def _unreadable(entry: Entry | None) -> str:
    """Return key and reason if an entry is an unreadable object of a v1 kind, else an empty text."""
    kind = kind_of_key(entry.key) if entry else None
    return decode_entry(kind, entry).unreadable if kind and entry else ""
