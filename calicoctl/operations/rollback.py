"""Implementation of `rollback`: restore the resources that commands of the history changed after a revision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from calicoctl.conversion.stored_object import IPAM_PREFIX
from calicoctl.datastore import Entry, Guard, Range, Write
from calicoctl.errors import NO_POSITION, Problem
from calicoctl.kinds import kind_of_key
from calicoctl.kinds.node import NODE
from calicoctl.kinds.profile import PROFILE
from calicoctl.manifest.stored_objects import STORED_OBJECT
from calicoctl.operations.history.entry import LogEntry, LoggedChange
from calicoctl.operations.history.entry import digest as log_digest
from calicoctl.operations.read.lookup import StoreView, decode_entry, identifier_ranges, possible_keys, raw_key
from calicoctl.operations.write.cluster import CLUSTER_RANGE
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.plan import PlanContext, WritePlan, view_after_writes
from calicoctl.operations.write.references import reference_guards, reference_ranges, references_to, users_message
from calicoctl.resource import Identifier, LocatedResource
from calicoctl.storage import PREFIX


class Restoration(NamedTuple):
    """A key with the value to restore."""

    key: str
    identifier: Identifier
    value: bytes | None
    """Value before the first change; None if the key did not exist."""
    is_omitted: bool
    """Whether the history does not contain the value."""
    revision: int
    """Revision of the last change in the history."""
    digest: str
    """Digest of the value after the last change; empty if it deleted the key."""
    foreign_revision: int = 0
    """Revision of a change between those of the history that is not in the history; 0 if there is none."""

    @property
    def deletes(self) -> bool:
        """Whether the key did not exist before the first change."""
        return self.value is None and not self.is_omitted


def find_restorations(entries: Iterable[LogEntry]) -> tuple[Restoration, ...]:
    """Return the restorations that undo entries, which are in the order of their revisions."""
    found: dict[str, Restoration] = {}
    for entry in entries:
        for change in entry.changes:
            if known := found.get(change.key):
                found[change.key] = _append(known, change, entry.revision)
                continue
            found[change.key] = Restoration(
                change.key, _identify(change), change.before, change.is_omitted, entry.revision, change.digest
            )
    return tuple(found.values())


def _identify(change: LoggedChange) -> Identifier:
    """Return the name of a key. The recorded name must belong to the key: other clients can write entries."""
    kind = kind_of_key(change.key)
    if kind is None:
        return Identifier(STORED_OBJECT, (change.key[1:],))
    before = decode_entry(kind, Entry(change.key, change.before, 0, 0)).resource if change.before else None
    if before:
        return before.identifier
    name = change.identifier
    is_complete = name.kind == kind.name and len(name.values) == len(kind.identifying_fields)
    if is_complete and change.key in (*possible_keys(name), raw_key(name)):
        return name
    return Identifier(kind.name, (kind.stored_kind.key_suffix(change.key),))


def _append(known: Restoration, change: LoggedChange, revision: int) -> Restoration:
    """Return the restoration of a key with a later change, at a revision."""
    # A key that was rolled back after a failed command has a later revision with the same value.
    is_same = change.before_revision == known.revision or (
        not change.is_omitted and log_digest(change.before) == known.digest
    )
    foreign_revision = known.foreign_revision if is_same else change.before_revision or revision
    return known._replace(revision=revision, digest=change.digest, foreign_revision=foreign_revision)


def restoration_ranges(restorations: Sequence[Restoration]) -> list[Range]:
    """Return the ranges that `plan_rollback` needs."""
    deleted = [each.identifier for each in restorations if each.deletes]
    restored = [each.identifier for each in restorations if not each.deletes and kind_of_key(each.key)]
    keys = (Range(each.key) for each in restorations)
    return list(dict.fromkeys([*keys, *identifier_ranges(restored), *reference_ranges(deleted)]))


def plan_rollback(
    context: PlanContext,
    _resources: Iterable[LocatedResource],
    *,
    restorations: Sequence[Restoration],
    force: bool = False,
) -> WritePlan:
    """Plan to restore keys. A key that another client has changed since is a conflict unless `force` is set.

    Args:
        context: the contents of the datastore, with `restoration_ranges`.
        restorations: the keys and values.
        force: whether to overwrite changes that are not in the history.
    """
    deleted_keys = {each.key for each in restorations if each.deletes}
    view = context.view.with_changes(dict.fromkeys(deleted_keys))
    duplicates = tuple(filter(None, (_duplicate(view, each) for each in restorations)))
    plans = [_plan_one(context.view, each, force=force) for each in restorations]
    plan = WritePlan.combine([*plans, WritePlan(conflicts=duplicates)])
    deleted = [outcome.identifier for outcome in plan.outcomes if outcome.action is Action.DELETED]
    return WritePlan.combine([plan, _check_references(context, plan, deleted)])


def _plan_one(view: StoreView, target: Restoration, *, force: bool) -> WritePlan:
    entry = view.entry(target.key)
    current_value, revision = (entry.value, entry.mod_revision) if entry else (None, 0)
    if not target.key.startswith((PREFIX, IPAM_PREFIX)) or target.key == CLUSTER_RANGE.key:
        return _refuse(target, "the history is damaged: this key is never recorded")
    if target.is_omitted:
        return _refuse(target, "the history does not contain the previous value, which was too large")
    if target.value == current_value:
        outcome = Outcome(target.identifier, Action.UNCHANGED, key=target.key)
        return WritePlan(unchanged_guards=(Guard(target.key, revision),), outcomes=(outcome,))
    if not force and (conflict := _conflict(target, entry)):
        return WritePlan(conflicts=(Problem(NO_POSITION, str(target.identifier), "", conflict),))
    if reason := _unreadable_reason(target):
        return _refuse(target, reason)
    return WritePlan(
        writes=(Write(target.key, target.value, revision),),
        outcomes=(Outcome(target.identifier, Action.of_change(entry, target.value), key=target.key),),
    )


def _duplicate(view: StoreView, target: Restoration) -> Problem | None:
    """Return the conflict of a key to create if the resource is stored under another key."""
    if target.value is None or kind_of_key(target.key) is None or view.entry(target.key):
        return None
    others = [each.entry.key for each in view.stored_entries(target.identifier)]
    message = f"exists as {others[0]} now (delete it first)" if others else ""
    return Problem(NO_POSITION, str(target.identifier), "", message) if others else None


def _refuse(target: Restoration, reason: str) -> WritePlan:
    return WritePlan(refusals=(Problem(NO_POSITION, str(target.identifier), "", reason),))


def _conflict(target: Restoration, entry: Entry | None) -> str:
    """Return the reason why a change that is not in the history would be undone, or an empty text."""
    remedy = "(--force undoes that, too)"
    if log_digest(entry.value if entry else None) != target.digest:
        state = f"changed it at revision {entry.mod_revision}" if entry else "deleted it"
        return f"another client has {state}, after revision {target.revision} of the history {remedy}"
    if target.foreign_revision:
        return f"another client changed it between the commands, at revision {target.foreign_revision} {remedy}"
    return ""


def _unreadable_reason(target: Restoration) -> str:
    """Return the reason why a previous value is not an object that Calico reads, or an empty text."""
    kind = kind_of_key(target.key)
    if kind is None or target.value is None:
        return ""
    decoded = decode_entry(kind, Entry(target.key, target.value, 0, 0))
    return f"the previous value of {decoded.unreadable}" if decoded.unreadable else ""


def _check_references(context: PlanContext, plan: WritePlan, deleted: Sequence[Identifier]) -> WritePlan:
    """Return the conflicts and warnings for deleted resources that are in use after the rollback."""
    nodes = [identifier for identifier in deleted if identifier.kind == NODE.name]
    if not any(identifier.kind in (NODE.name, PROFILE.name) for identifier in deleted):
        return WritePlan()
    view_after = view_after_writes(context.view, plan.writes)
    conflicts = [
        Problem(NO_POSITION, str(identifier), "", f"is still used by {users[0].name}")
        for identifier in nodes
        if (users := references_to(identifier, view_after))
    ]
    warnings = [
        Problem(NO_POSITION, str(identifier), "", users_message(users))
        for identifier in deleted
        if identifier.kind == PROFILE.name and (users := references_to(identifier, view_after))
    ]
    guards = reference_guards(nodes, context.revision) if nodes else ()
    return WritePlan(reference_guards=guards, conflicts=tuple(conflicts), warnings=tuple(warnings))
