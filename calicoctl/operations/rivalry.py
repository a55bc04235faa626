"""What others changed while a command was at work, in words."""

from __future__ import annotations

from calicoctl.datastore import Entry, FailedGuard
from calicoctl.kinds import KINDS, Kind
from calicoctl.operations.fields import field_differences
from calicoctl.operations.lookup import StoreView, decode_entry
from calicoctl.resource import Resource


def describe_conflict(guard: FailedGuard, before: StoreView) -> str:
    """A line about an entry that is not as it was read: its name, both revisions, and what differs."""
    kind = next((kind for kind in KINDS if guard.key.startswith(kind.stored_kind.prefix)), None)
    previous = before.entry(guard.key)
    name = _resource_prefix(kind, previous or guard.current_entry)
    expected_text = f"read at revision {guard.expected_revision}" if guard.expected_revision else "was not there"
    actual_text = f"at revision {guard.current_entry.mod_revision}" if guard.current_entry else "deleted"
    fields = _changed_entry_fields(kind, previous, guard.current_entry)
    return f"  {name}{guard.key}: {expected_text}, now {actual_text}" + (
        f" ({', '.join(fields)} differ)" if fields else ""
    )


def _resource_prefix(kind: Kind | None, entry: Entry | None) -> str:
    resource = decode_entry(kind, entry).resource if kind and entry else None
    return f"{resource.identifier}: " if resource else ""


def _changed_entry_fields(kind: Kind | None, old_entry: Entry | None, new_entry: Entry | None) -> list[str]:
    """The fields of the v1 forms of two entries that differ."""
    if kind is None or old_entry is None or new_entry is None:
        return []
    old, new = (decode_entry(kind, entry).resource for entry in (old_entry, new_entry))
    return [] if old is None or new is None else changed_fields(old, new)


def changed_fields(old: Resource, new: Resource) -> list[str]:
    """The fields in which two resources differ, as users write them."""
    return list(field_differences(old.manifest(), new.manifest())) or ["what v1 can't say"]
