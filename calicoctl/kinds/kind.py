"""What a kind is: the one description of it that every verb, printer and document goes by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from calicoctl.kinds.names import has_qualifier
from calicoctl.kinds.rulechecks import Finding
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource


class Column(NamedTuple):
    """A column of `get`. `path` names a field, `show` turns its value into text; None is an absent field."""

    heading: str
    path: str
    wide: bool = False
    """Whether only `-o wide` shows it."""
    custom: bool = False
    """Whether only `-o custom-columns=` shows it."""
    show: Callable[[Any], str] = lambda value: "" if value is None else str(value)


def shown_labels(labels: Mapping[str, str] | None) -> str:
    """Labels in a cell: `role=database,tier=data`."""
    return ",".join(f"{key}={text}" for key, text in sorted((labels or {}).items()))


class V3Object(NamedTuple):
    """What a v1 resource says in v3: the fields of the spec that v1 owns, annotations, and labels."""

    spec: dict[str, Any]
    annotations: dict[str, str]
    labels: Mapping[str, str] | None = None
    """All labels of the object; None where labels are none of v1's business."""


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
    shown_names: Callable[[StoredResource], Mapping[str, Any]] | None = None
    """The identifying fields of what `from_v3` gives, where these are found quicker alone: for thousands of objects."""
    scanned: bool = False
    """Whether resources are found by what they hold: v3 tools store them under names of their own."""
    level: int = 0
    """What resources of the kind depend on has a lower level: it is written before them, and deleted after."""
    own_name: Callable[[Resource], str | None] = lambda resource: None
    """The name in the store that the resource itself asks for."""
    unmistakable: Callable[[Identifier, str], bool] = lambda identifier, name: has_qualifier(
        ".".join(identifier.values), name
    )
    """Whether a v3 name can belong to this identifier only."""
    plain_name: Callable[[str, bytes], str | None] = lambda place, value: None
    """The name by which an object without a record is shown, from its place and its value as bytes.

    None where the value has to be decoded. Of thousands of objects the names are known at once this way."""
    segments: Callable[[str], tuple[str, ...]] = lambda name: (name,)
    """The segments of the keys that a v3 name may be stored under, the preferred one first."""
    place_new: Callable[[tuple[str, ...], bool], str] = lambda places, legacy: places[0]
    """Which of the places a new object goes to; the flag tells a store of Calico 3.31 or earlier."""
    new_name: Callable[[], str] | None = None
    """Makes a name for a resource that `create` is given without one."""
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
    complete: Callable[[Resource, Resource], Resource] = lambda resource, existing: resource
    """The resource with what it leaves to others taken from the existing one."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of a new v3 object, such as `status`."""
    normal_values: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    """The normal forms of identifying fields that have more than one spelling; they raise ValueError."""
    implied: Callable[[Mapping[str, str]], Mapping[str, str]] = lambda values: values
    """Identifying fields with those that follow from the others."""
    order: Callable[[Identifier], Any] = lambda identifier: "/".join(identifier.values).replace("/", "%2f").encode()
    """What resources are listed by: the order of Calico 1.6, which kept `/` as `%2f` in its keys."""
    beyond: Callable[[StoredResource], Iterator[str]] = lambda stored: iter(())
    """What an object says that v1 can't: what is shown of it is not the whole truth."""
    warn: Callable[[Resource], Iterator[Finding]] | None = None
    """What is accepted but surprising, where a kind has such."""
    fill_in: Callable[[dict[str, Any], dict[str, Any]], None] = lambda metadata, spec: None
    """Fill in what Calico's tools fill in when they store a v3 manifest; takes its metadata and spec."""
    moved: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    """Fields of v1 that stand elsewhere in v3, and where."""

    def identifier(self, metadata: Mapping[str, Any]) -> Identifier:
        """What names the resource with this metadata."""
        return Identifier(self.name, tuple([str(metadata.get(name, "")) for name in self.identified_by]))

    def resource(self, metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> Resource:
        """The resource with this metadata and spec, which are in normal form."""
        return Resource(self.identifier(metadata), metadata, spec)
