"""What others changed while a command was at work, in words."""

from __future__ import annotations

from calicoctl.datastore import Entry, FailedGuard
from calicoctl.kinds import KINDS, Kind
from calicoctl.operations.fields import differing_fields
from calicoctl.operations.lookup import View, found
from calicoctl.resource import Resource


def described(guard: FailedGuard, before: View) -> str:
    """A line about an entry that is not as it was read: its name, both revisions, and what differs."""
    kind = next((kind for kind in KINDS if guard.key.startswith(kind.stored_as.prefix)), None)
    was = before.entry(guard.key)
    name = _name(kind, was or guard.found)
    then = f"read at revision {guard.expected}" if guard.expected else "was not there"
    now = f"at revision {guard.found.revision}" if guard.found else "deleted"
    fields = _differing(kind, was, guard.found)
    return f"  {name}{guard.key}: {then}, now {now}" + (f" ({', '.join(fields)} differ)" if fields else "")


def _name(kind: Kind | None, entry: Entry | None) -> str:
    resource = found(kind, entry).resource if kind and entry else None
    return f"{resource.identifier}: " if resource else ""


def _differing(kind: Kind | None, one: Entry | None, other: Entry | None) -> list[str]:
    """The fields of the v1 forms of two entries that differ."""
    if kind is None or one is None or other is None:
        return []
    was, now = (found(kind, entry).resource for entry in (one, other))
    return [] if was is None or now is None else differing(was, now)


def differing(was: Resource, now: Resource) -> list[str]:
    """The fields in which two resources differ, as users write them."""
    return list(differing_fields(was.manifest(), now.manifest())) or ["what v1 can't say"]
