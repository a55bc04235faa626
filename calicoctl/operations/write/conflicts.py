"""What others changed while a command was at work, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from calicoctl.datastore import Entry, FailedGuard
from calicoctl.kinds import Kind, kind_of_key
from calicoctl.operations.read.lookup import StoreView, decode_entry
from calicoctl.resource import Resource


def describe_conflict(guard: FailedGuard, before: StoreView) -> str:
    """A line about an entry that is not as it was read: its name, both revisions, and what differs."""
    kind = kind_of_key(guard.key)
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


def field_differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """The paths at which two values differ, such as `spec.ingress[0].action`; lists of other length as a whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys((*old, *new)):
            yield from field_differences(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (old_item, new_item) in enumerate(zip(old, new, strict=True)):
            yield from field_differences(old_item, new_item, f"{path}[{index}]")
    elif old != new:
        yield path
