"""Guards of a decision that several transactions carry out: they are checked after the last one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from calicoctl.datastore import Entry, FailedGuard, Guard, GuardsFailed, Range

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


def check_decision_guards(datastore: Datastore, guards: Sequence[Guard], own_revisions: Mapping[str, int]) -> None:
    """Check that no other client has changed the keys that a decision is based on.

    A client that changes them later sees the writes of the decision.

    Args:
        datastore: the datastore.
        guards: the guards of the decision. A transaction cannot have them, because its own writes break them.
        own_revisions: written keys with the revision of the write; 0 for a deleted key.

    Raises:
        GuardsFailed: contains the failed guards.
    """
    guards = list(dict.fromkeys(guards))
    if not guards:
        return
    snapshot = datastore.read([Range(guard.key, prefix=guard.prefix, keys_only=True) for guard in guards])
    failed = [
        FailedGuard(key, guard.revision, entry)
        for guard, entries in zip(guards, snapshot.entries_by_range, strict=True)
        for key, entry in _foreign_changes(guard, entries, own_revisions)
    ]
    if failed:
        raise GuardsFailed(snapshot.revision, tuple(_with_values(datastore, failed)))


def _foreign_changes(
    guard: Guard, entries: Sequence[Entry], own_revisions: Mapping[str, int]
) -> Iterator[tuple[str, Entry | None]]:
    """Yield the keys that break a guard and were not written by this command, with their entries."""
    if guard.prefix:
        changed = (entry for entry in entries if entry.mod_revision > guard.revision)
        yield from ((each.key, each) for each in changed if own_revisions.get(each.key) != each.mod_revision)
        return
    entry = entries[0] if entries else None
    current = entry.mod_revision if entry else 0
    if current not in (guard.revision, own_revisions.get(guard.key)):
        yield guard.key, entry


def _with_values(datastore: Datastore, failed: Sequence[FailedGuard]) -> Iterator[FailedGuard]:
    """Yield the guards with the values of their entries, for messages."""
    results = datastore.read([Range(guard.key) for guard in failed]).entries_by_range
    for guard, entries in zip(failed, results, strict=True):
        yield guard._replace(current_entry=entries[0] if entries else None)
