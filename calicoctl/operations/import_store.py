"""Implementation of `import`: write resources and stored objects."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from functools import partial

from calicoctl.datastore import Entry, Guard, Range, Write
from calicoctl.errors import Problem
from calicoctl.kinds import kind_of_key
from calicoctl.operations.apply import plan_apply
from calicoctl.operations.load.stored_objects import LocatedObject
from calicoctl.operations.read.lookup import decode_entry
from calicoctl.operations.write.cluster import CLUSTER_RANGE
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.plan import PlanContext, Planner, WritePlan
from calicoctl.resource import LocatedResource
from calicoctl.storage import CorruptEntryError


def import_planner(objects: Sequence[LocatedObject], *, force: bool) -> tuple[Planner, list[Range]]:
    """Return the planner of `import`, and the additional ranges that it needs.

    Args:
        objects: the stored objects to write in addition to the resources.
        force: as in `plan_apply`.
    """
    ranges = [Range(f"{item.stored_object.key.rpartition('/')[0]}/", prefix=True) for item in objects]
    return partial(_plan_import, objects, force), list(dict.fromkeys(ranges))


def _plan_import(
    objects: Sequence[LocatedObject], force: bool, context: PlanContext, resources: Iterable[LocatedResource]
) -> WritePlan:
    """Plan to apply the resources, and to replace the stored objects that differ."""
    plans = [plan_apply(context, resources, force=force), *(_plan_object(context, item) for item in objects)]
    return WritePlan.combine(plans)


def _plan_object(context: PlanContext, item: LocatedObject) -> WritePlan:
    stored_object, position = item
    existing = context.view.entry(stored_object.key)
    identifier = stored_object.identifier
    if reason := _unreadable(existing):
        message = f"{reason} (delete the key first: etcdctl del {shlex.quote(stored_object.key)})"
        return WritePlan(refusals=(Problem(position, str(identifier), "", message),))
    try:
        value = stored_object.encode(existing.value if existing else None)
        unchanged = existing is not None and stored_object.is_equal(existing.value)
    except CorruptEntryError as error:
        message = f"{stored_object.key} {error} (delete the key first: etcdctl del {shlex.quote(stored_object.key)})"
        return WritePlan(refusals=(Problem(position, str(identifier), "", message),))
    if existing and unchanged:
        guard = Guard(existing.key, existing.mod_revision)
        outcome = Outcome(identifier, Action.UNCHANGED, position, key=existing.key)
        return WritePlan(unchanged_guards=(guard,), outcomes=(outcome,))
    if existing and existing.key == CLUSTER_RANGE.key:
        notes = ("the datastore is another cluster",)
        return WritePlan(outcomes=(Outcome(identifier, Action.KEPT, position, notes, existing.key),))
    action = Action.CONFIGURED if existing else Action.CREATED
    return WritePlan(
        writes=(Write(stored_object.key, value, existing.mod_revision if existing else 0),),
        outcomes=(Outcome(identifier, action, position, key=stored_object.key),),
    )


def _unreadable(entry: Entry | None) -> str:
    """Return key and reason if an entry is an unreadable object of a v1 kind, else an empty text."""
    kind = kind_of_key(entry.key) if entry else None
    return decode_entry(kind, entry).unreadable if kind and entry else ""
