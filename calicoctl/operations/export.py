"""Implementation of `export`: the contents of a datastore as v1 resources and stored objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from calicoctl.conversion.stored import to_stored
from calicoctl.conversion.stored_object import IPAM_PREFIX, StoredObject, from_value
from calicoctl.datastore import Range
from calicoctl.errors import Problem
from calicoctl.kinds import KINDS, kind_of_key
from calicoctl.manifest import Document, Source
from calicoctl.manifest.plain import mapping_node
from calicoctl.manifest.stored_objects import STORED_OBJECT
from calicoctl.operations.load.stored_objects import rejection_reason
from calicoctl.operations.read.lookup import StoredEntry, decode_entry
from calicoctl.printable import escape_unprintable
from calicoctl.progress import Progress, no_progress, with_progress
from calicoctl.resource import Resource
from calicoctl.schema.validate import validate
from calicoctl.storage import PREFIX, CorruptEntryError, StoredResource, encode

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

EXPORTED_KINDS = (*(kind.name for kind in KINDS), STORED_OBJECT)
_EXPORTED_PREFIXES = (PREFIX, IPAM_PREFIX)
_NO_SOURCE = Source("", "")


class Export(NamedTuple):
    """Contents of a datastore."""

    documents: Mapping[str, Sequence[Mapping[str, Any]]]
    """Documents by kind. The last kind is `storedObject`."""
    warnings: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Resources that are not part of the export."""


def export_datastore(datastore: Datastore, progress: Progress = no_progress) -> Export:
    """Read the whole datastore at one revision.

    A resource is exported as a v1 document if `apply` of the document to an empty datastore stores the same object,
    except for uid and creationTimestamp. All other objects are exported as stored objects.
    """
    snapshot = datastore.read([Range(prefix, prefix=True) for prefix in _EXPORTED_PREFIXES])
    entries = [entry for entries in snapshot.entries_by_range for entry in entries]
    resources: list[Resource] = []
    objects: list[StoredObject] = []
    warnings: list[str] = []
    for entry in with_progress(entries, "exporting", progress):
        kind = kind_of_key(entry.key)
        stored_entry = decode_entry(kind, entry) if kind else None
        try:
            stored_object = from_value(entry.key, entry.value)
        except CorruptEntryError as error:
            warnings.append(f"{escape_unprintable(entry.key)} {error}: not exported")
            continue
        if stored_entry and stored_entry.unreadable:  # import rejects it
            warnings.append(f"{entry.key}: not exported: {stored_entry.decode_error}")
            continue
        if resource := stored_entry and _v1_form(stored_entry, stored_object):
            resources.append(resource)
        elif reason := rejection_reason(stored_object):
            warnings.append(f"{entry.key}: not exported: {reason}")
            continue
        else:
            objects.append(stored_object)
        warnings += _secret_warnings(stored_object)
    return Export(group_documents(resources, objects), tuple(warnings))


def group_documents(resources: Iterable[Resource], objects: Iterable[StoredObject] = ()) -> dict[str, list[Any]]:
    """Return the documents by kind, in the order of `get`. Kinds without documents are omitted."""
    listed = list(resources)
    groups: dict[str, list[Any]] = {}
    for kind in KINDS:
        members = [resource for resource in listed if resource.kind == kind.name]
        members.sort(key=lambda resource: kind.sort_key(resource.identifier))
        groups[kind.name] = [resource.manifest() for resource in members]
    groups[STORED_OBJECT] = [stored_object.manifest() for stored_object in objects]
    return {name: documents for name, documents in groups.items() if documents}


def _v1_form(entry: StoredEntry, stored_object: StoredObject) -> Resource | None:
    """Return the v1 resource of an entry; None if its manifest does not restore the object in an empty datastore."""
    resource, key = entry.resource, entry.entry.key
    if resource is None:
        return None
    result = validate([Document(_NO_SOURCE, mapping_node(resource.manifest()))])
    if result.problems or [item.resource for item in result.resources] != [resource]:
        return None
    restored = _restore(entry, resource)
    if restored is None or restored.key != key:
        return None
    is_restored = from_value(key, encode(restored, entry.kind.stored_kind)).is_equal(stored_object)
    return resource if is_restored else None


def _restore(entry: StoredEntry, resource: Resource) -> StoredResource | None:
    """Return the object that `apply` of the resource creates in an empty datastore; None if v1 rejects its values."""
    kind = entry.kind
    try:
        segments = kind.key_segments(kind.stored_name(resource.identifier))
        segment = kind.requested_name(resource) or kind.segment_for_new(segments, False)
        return to_stored(kind, resource, kind.stored_kind.key(segment), None).stored
    except ValueError:
        return None


def _secret_warnings(stored_object: StoredObject) -> Iterator[str]:
    """Yield a warning about the password of a BGP peer. Its secret is in Kubernetes, not in the datastore."""
    spec = stored_object.content.get("spec")
    password = spec.get("password") if isinstance(spec, dict) else None
    if password:
        yield f"{stored_object.identifier}: refers to a password in a Kubernetes secret, which is not exported"
