"""Messages about conflicts: with another client, with the revision in a manifest, or within a command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from calicoctl.datastore import Entry, FailedGuard, Write
from calicoctl.kinds import kind_of_key
from calicoctl.operations.read.lookup import StoreView, decode_entry
from calicoctl.resource import Resource


def describe_conflict(guard: FailedGuard, before: StoreView) -> str:
    """Return a line about an entry that another client changed: its name, both revisions, and the changed fields."""
    previous = before.entry(guard.key)
    old, new = _decode(guard.key, previous), _decode(guard.key, guard.current_entry)
    named = old if previous else new
    name = f"{named.identifier}: " if named else ""
    expected_text = f"read at revision {guard.expected_revision}" if guard.expected_revision else "did not exist"
    actual_text = f"at revision {guard.current_entry.mod_revision}" if guard.current_entry else "deleted"
    fields = f" (changed: {', '.join(changed_fields(old, new))})" if old and new else ""
    if previous and guard.current_entry and previous.value == guard.current_entry.value:
        fields = " (written again without a change)"
    return f"  {name}{guard.key}: {expected_text}, now {actual_text}{fields}"


def _decode(key: str, entry: Entry | None) -> Resource | None:
    kind = kind_of_key(key)
    return decode_entry(kind, entry).resource if kind and entry else None


def changed_fields(old: Resource, new: Resource) -> list[str]:
    """Return the paths of the v1 fields in which two versions of a resource differ."""
    return list(field_differences(old.manifest(), new.manifest())) or ["fields that v1 cannot represent"]


def field_differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Yield the paths at which two values differ, such as `spec.ingress[0].action`.

    Lists of different lengths differ as a whole.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys((*old, *new)):
            yield from field_differences(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (old_item, new_item) in enumerate(zip(old, new, strict=True)):
            yield from field_differences(old_item, new_item, f"{path}[{index}]")
    elif old != new:
        yield path


def duplicate_key_messages(writes: Sequence[Write]) -> Iterator[str]:
    """Yield a message for each key with several writes: different v1 names can have the same v3 name."""
    counts = Counter(write.key for write in writes)
    for key in sorted(key for key, count in counts.items() if count > 1):
        values = [write.value for write in writes if write.key == key]
        if None in values:
            yield f"several names refer to {key} (name it once)"
        else:
            resources = (_decode(key, Entry(key, value, 0, 0)) for value in values if value is not None)
            names = " and ".join(str(resource.identifier) for resource in resources if resource)
            yield f"{names} of this command would both be stored as {key} (rename one of them)"
