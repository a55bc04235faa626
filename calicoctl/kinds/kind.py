"""What a kind is: the one description of it that every verb, printer and document goes by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.names import has_qualifier
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource


class Column(NamedTuple):
    """A column of `get`. `path` names a field, `format_value` turns its value into text; None is an absent field."""

    heading: str
    path: str
    wide_only: bool = False
    """Whether only `-o wide` shows it."""
    custom_only: bool = False
    """Whether only `-o custom-columns=` shows it."""
    format_value: Callable[[Any], str] = lambda value: "" if value is None else str(value)


def format_labels(labels: Mapping[str, str] | None) -> str:
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
    identifying_fields: tuple[str, ...]
    """The fields of metadata that name a resource."""
    columns: tuple[Column, ...]
    stored_kind: StoredKind
    owned_fields: tuple[str, ...]
    """The fields of the v3 spec that v1 sets the whole of. All others belong to v3 and are kept."""
    check: Callable[[Mapping[str, Any]], Iterator[FieldFinding]]
    """Findings that the schema can't make; takes a manifest that may have other faults."""
    normalize: Callable[[Mapping[str, Any]], tuple[dict[str, Any], dict[str, Any]]]
    """The normal form of metadata and spec of a valid manifest."""
    stored_name: Callable[[Identifier], str]
    """The v3 name."""
    to_v3: Callable[[Resource], V3Object]
    from_v3: Callable[[StoredResource], tuple[dict[str, Any], dict[str, Any]]]
    """Metadata and spec as far as v3 has them, in normal form."""
    identity_from_v3: Callable[[StoredResource], Mapping[str, Any]] | None = None
    """The identifying fields of what `from_v3` gives, where these are found quicker alone: for thousands of objects."""
    find_by_content: bool = False
    """Whether resources are found by what they hold: v3 tools store them under names of their own."""
    dependency_level: int = 0
    """What resources of the kind depend on has a lower level: it is written before them, and deleted after."""
    requested_name: Callable[[Resource], str | None] = lambda resource: None
    """The name in the store that the resource itself asks for."""
    is_unique_name: Callable[[Identifier, str], bool] = lambda identifier, name: has_qualifier(
        ".".join(identifier.values), name
    )
    """Whether a v3 name can belong to this identifier only."""
    name_from_key: Callable[[str, bytes], str | None] = lambda place, value: None
    """The name by which an object without a record is shown, from its place and its value as bytes.

    None where the value has to be decoded. Of thousands of objects the names are known at once this way."""
    key_segments: Callable[[str], tuple[str, ...]] = lambda name: (name,)
    """The segments of the keys that a v3 name may be stored under, the preferred one first."""
    segment_for_new: Callable[[tuple[str, ...], bool], str] = lambda places, legacy: places[0]
    """Which of the places a new object goes to; the flag tells a store of Calico 3.31 or earlier."""
    generate_name: Callable[[], str] | None = None
    """Makes a name for a resource that `create` is given without one."""
    set_layout_metadata: Callable[[dict[str, Any], dict[str, Any], str, bool], None] = (
        lambda metadata, spec, segment, new: None
    )
    """Fill in what the layout of a key wants in the stored object.

    Takes metadata, spec, the segment of the key, and whether the object is new."""
    keep_v3_fields: Callable[[Mapping[str, Any], dict[str, Any]], None] = lambda existing, spec: None
    """Mend the fields of a merged v3 spec that v1 owns only in part; takes the existing spec and the merged one."""
    restore_recorded_metadata: Callable[[Mapping[str, Any], dict[str, Any]], dict[str, Any]] = (
        lambda recorded, metadata: {
            **metadata,
            "name": recorded["name"],
        }
    )
    """Metadata read from v3 in the words of the recorded one, after others have changed the object."""
    default_from_existing: Callable[[Resource, Resource], Resource] = lambda resource, existing: resource
    """The resource with what it leaves to others taken from the existing one."""
    extra_fields: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of a new v3 object, such as `status`."""
    value_normalizers: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    """The normal forms of identifying fields that have more than one spelling; they raise ValueError."""
    implied_fields: Callable[[Mapping[str, str]], Mapping[str, str]] = lambda values: values
    """Identifying fields with those that follow from the others."""
    sort_key: Callable[[Identifier], Any] = lambda identifier: "/".join(identifier.values).replace("/", "%2f").encode()
    """What resources are listed by: the order of Calico 1.6, which kept `/` as `%2f` in its keys."""
    unrepresentable: Callable[[StoredResource], Iterator[str]] = lambda stored: iter(())
    """What an object says that v1 can't: what is shown of it is not the whole truth."""
    warn: Callable[[Resource], Iterator[FieldFinding]] | None = None
    """What is accepted but surprising, where a kind has such."""
    set_v3_defaults: Callable[[dict[str, Any], dict[str, Any]], None] = lambda metadata, spec: None
    """Fill in what Calico's tools fill in when they store a v3 manifest; takes its metadata and spec."""
    renamed_fields: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    """Fields of v1 that stand elsewhere in v3, and where."""

    def identifier(self, metadata: Mapping[str, Any]) -> Identifier:
        """What names the resource with this metadata."""
        return Identifier(self.name, tuple([str(metadata.get(name, "")) for name in self.identifying_fields]))

    def resource(self, metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> Resource:
        """The resource with this metadata and spec, which are in normal form."""
        return Resource(self.identifier(metadata), metadata, spec)
