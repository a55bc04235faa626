"""What a kind is: the one description of it that every verb, printer and document goes by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from calicoctl.kinds.rulechecks import Finding
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource


class Column(NamedTuple):
    """A column of `get`. `path` names a field, `show` turns its value into text; None is an absent field."""

    heading: str
    path: str
    wide: bool = False
    """Whether only `-o wide` shows it."""
    show: Callable[[Any], str] = lambda value: "" if value is None else str(value)


class V3Object(NamedTuple):
    """What a v1 resource says in v3: the fields of the spec that v1 owns, and annotations."""

    spec: dict[str, Any]
    annotations: dict[str, str]


@dataclass(frozen=True)
class Kind:
    """A v1 kind: its names, its columns, its place in the datastore, and how v1 becomes v3 and back."""

    name: str
    aliases: tuple[str, ...]
    """Further words for it on the command line, in lower case."""
    identified_by: tuple[str, ...]
    """The fields of metadata that name a resource."""
    columns: tuple[Column, ...]
    stored_as: StoredKind
    owned: tuple[str, ...]
    """The fields of the v3 spec that v1 sets the whole of. All others belong to v3 and are kept."""
    check: Callable[[Mapping[str, Any]], Iterator[Finding]]
    """Findings that the schema can't make; takes a manifest that may have other faults."""
    normal: Callable[[Mapping[str, Any]], tuple[dict[str, Any], dict[str, Any]]]
    """The normal form of metadata and spec of a valid manifest."""
    stored_name: Callable[[Identifier], str]
    """The v3 name."""
    to_v3: Callable[[Resource], V3Object]
    from_v3: Callable[[StoredResource], tuple[dict[str, Any], dict[str, Any]]]
    """Metadata and spec as far as v3 has them, in normal form."""
    segments: Callable[[str], tuple[str, ...]] = lambda name: (name,)
    """The segments of the keys that a v3 name may be stored under, the preferred one first."""
    dress: Callable[[dict[str, Any], dict[str, Any], str, bool], None] = lambda metadata, spec, segment, new: None
    """Fill in what the layout of a key wants in the stored object.

    Takes metadata, spec, the segment of the key, and whether the object is new."""
    adjust: Callable[[Mapping[str, Any], dict[str, Any]], None] = lambda existing, spec: None
    """Mend the fields of a merged v3 spec that v1 owns only in part; takes the existing spec and the merged one."""
    refit: Callable[[Mapping[str, Any], dict[str, Any]], dict[str, Any]] = lambda recorded, metadata: {
        **metadata,
        "name": recorded["name"],
    }
    """Metadata read from v3 in the words of the recorded one, after others have changed the object."""
    warn: Callable[[Resource], Iterator[Finding]] = lambda resource: iter(())
    """What is accepted but surprising."""

    def identifier(self, metadata: Mapping[str, Any]) -> Identifier:
        """What names the resource with this metadata."""
        return Identifier(self.name, tuple(str(metadata.get(field, "")) for field in self.identified_by))

    def resource(self, metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> Resource:
        """The resource with this metadata and spec, which are in normal form."""
        return Resource(self.identifier(metadata), metadata, spec)
