"""Implementation of `diff --at` without manifests: the changes of all resources since a revision, by any client."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from calicoctl.datastore import Entry, SnapshotReader, Write
from calicoctl.errors import Position
from calicoctl.kinds import KINDS, kind_of_key
from calicoctl.operations.diff import ResourceDiff, diff_outcomes
from calicoctl.operations.read.lookup import StoreView, decode_entry, skipped_message
from calicoctl.operations.read.query import kind_ranges
from calicoctl.operations.write.outcome import Action, Outcome

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


def changes_since(datastore: Datastore, revision: int) -> tuple[list[ResourceDiff], list[str]]:
    """Return the changes since a revision by resource, and messages about unreadable objects, which are skipped.

    Raises:
        NotFound: the revision is in the future, or was compacted.
    """
    from calicoctl.datastore.past_revisions import PastRevision

    ranges = kind_ranges(KINDS)
    sources: tuple[SnapshotReader, ...] = (PastRevision(datastore, revision), datastore)
    before, now = (_entries_by_key(each.read(ranges).entries_by_range) for each in sources)
    changed = [key for key in sorted({*before, *now}) if _value(before.get(key)) != _value(now.get(key))]
    described = [_describe(before.get(key), now.get(key)) for key in changed]
    outcomes = [each for each in described if isinstance(each, Outcome)]
    writes = [Write(key, _value(now.get(key)), 0) for key in changed]
    diffs = diff_outcomes(outcomes, writes, StoreView(before.values()))
    return diffs, [each for each in described if isinstance(each, str)]


def _entries_by_key(entries_by_range: Iterable[Iterable[Entry]]) -> dict[str, Entry]:
    return {entry.key: entry for entries in entries_by_range for entry in entries}


def _value(entry: Entry | None) -> bytes | None:
    return entry.value if entry else None


def _describe(before: Entry | None, now: Entry | None) -> Outcome | str:
    """Return the name and the action of a change, or the message about an unreadable object."""
    entry = now or before
    kind = kind_of_key(entry.key) if entry else None
    assert entry and kind  # noqa: S101, PT018 - the ranges are those of kinds
    decoded = decode_entry(kind, entry)
    if decoded.resource is None:
        return skipped_message(decoded.unreadable)
    return Outcome(decoded.resource.identifier, Action.of_change(before, now), Position("datastore"), key=entry.key)
