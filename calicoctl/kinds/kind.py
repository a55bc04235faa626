"""Base class of the kinds: names, columns, validation, conversion and storage of a v1 resource."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from calicoctl.kinds.column import SET_COLUMN, Column
from calicoctl.kinds.field_table import FieldTable
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.names import has_qualifier, is_subdomain, stored_name_problem
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource


class V3Object(NamedTuple):
    """v3 form of a v1 resource."""

    spec: dict[str, Any]
    """Fields of the v3 spec that v1 sets."""
    annotations: Mapping[str, str] = {}
    labels: Mapping[str, str] | None = None
    """All labels of the object; None if v1 does not set labels of this kind."""


class Kind(ABC):
    """A v1 kind. Each kind has one instance, which is a member of `calicoctl.kinds.KINDS`.

    A resource has two forms here. The *normal form* is what calicoctl 1.6.5 prints for the manifest. The *v3 form* is
    stored. Methods `..._from_v3` return the normal form as far as v3 has the values.
    """

    # Names.

    name: str
    aliases: tuple[str, ...]
    """Other names of the kind on the command line, in lower case."""
    identifying_fields: tuple[str, ...]
    """Fields of metadata that identify a resource."""
    value_normalizers: Mapping[str, Callable[[str], str]] = {}
    """Identifying field to the function that returns its normal form. The functions raise ValueError."""

    stored_only_fields: tuple[str, ...] = ()
    """Fields of metadata that only resources of the datastore have: names that v1 manifests cannot choose."""

    def identifier(self, metadata: Mapping[str, Any]) -> Identifier:
        """Return the identifier of the resource with this metadata."""
        return Identifier(self.name, tuple([str(metadata.get(name, "")) for name in self.identifying_fields]))

    def resource(self, metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> Resource:
        """Return the resource with this metadata and spec, both in normal form."""
        return Resource(self.identifier(metadata), metadata, spec)

    def implied_fields(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """Return identifying fields, with those added that follow from the others."""
        return values

    def generate_name(self) -> str | None:
        """Return a name for a new resource without one; None if the manifest must name the resource."""
        return None

    # Display.

    columns: tuple[Column, ...]
    """Columns of `get`; `SET_COLUMN` is added."""

    def sort_key(self, identifier: Identifier) -> Any:
        """Return the key that lists are sorted by: the order of etcd keys in Calico 1.6, with `/` as `%2f`."""
        return "/".join(identifier.values).replace("/", "%2f").encode()

    # Validation.

    def check(self, manifest: Mapping[str, Any]) -> Iterator[FieldFinding]:
        """Yield findings that a JSON Schema cannot make. The manifest may have been rejected by the schema."""
        metadata, spec = manifest.get("metadata"), manifest.get("spec")
        if isinstance(metadata, dict):
            findings = list(self.check_metadata(metadata))
            yield from findings or self._check_derived_name(metadata)
        if isinstance(spec, dict):
            yield from self.check_spec(spec)

    def _check_derived_name(self, metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
        """Yield a finding if v3 rejects the name that the object would have in the datastore."""
        values = [metadata.get(field, "") for field in self.identifying_fields]
        if self.value_normalizers or not values[-1] or not all(isinstance(value, str) for value in values):
            return  # names that are made of addresses are valid
        if problem := stored_name_problem(self.stored_name(self.identifier(metadata))):
            yield ("metadata", self.identifying_fields[-1]), problem

    def check_metadata(self, metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
        """Yield the findings of `check` for metadata."""
        return iter(())

    def check_spec(self, spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
        """Yield the findings of `check` for a spec."""
        return iter(())

    def warn(self, metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
        """Yield warnings for metadata of a valid manifest: values that are accepted and have a surprising effect."""
        return iter(())

    # Conversion.

    spec_fields: FieldTable
    v3_identifying_fields: tuple[str, ...] = ()
    """Fields of the v3 spec that are metadata in v1."""
    renamed_fields: dict[tuple[str, ...], tuple[str, ...]] = {}
    """v1 path to v3 path of fields that are at another place in v3. `owned_fields` are fields of the v3 spec that v1
    sets completely; all other fields are v3-only and are kept. Both are completed from `spec_fields`."""
    owned_fields: tuple[str, ...]

    def __init__(self) -> None:
        self.columns = (*self.columns, SET_COLUMN)
        self.owned_fields = (*self.v3_identifying_fields, *self.spec_fields.v3_names)
        self.renamed_fields = dict(self.renamed_fields)
        for name, v3_name in self.spec_fields.renamed.items():
            self.renamed_fields["spec", name] = ("spec", v3_name)

    def normalize(self, manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return metadata and spec of a valid manifest in normal form."""
        return self.normalize_metadata(manifest["metadata"]), self.normalize_spec(manifest.get("spec", {}))

    @abstractmethod
    def normalize_metadata(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Return the normal form of metadata."""

    def normalize_spec(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Return the normal form of a spec."""
        return self.spec_fields.normalize(spec)

    @abstractmethod
    def to_v3(self, resource: Resource) -> V3Object:
        """Return the v3 form of a resource."""

    def from_v3(self, stored: StoredResource) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return metadata and spec of an object in normal form, as far as v3 has them."""
        return self.metadata_from_v3(stored), self.spec_from_v3(stored.spec)

    @abstractmethod
    def metadata_from_v3(self, stored: StoredResource) -> dict[str, Any]:
        """Return the normal form of the metadata of an object."""

    def spec_from_v3(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Return the normal form of a v3 spec."""
        return self.spec_fields.from_v3(spec)

    def restore_recorded_metadata(self, recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
        """Return `metadata`, read from a changed object, with those recorded values that are still true."""
        return {**metadata, "name": recorded["name"]}

    def default_from_existing(self, resource: Resource, existing: Resource) -> Resource:
        """Return the resource with fields of the existing one that other tools set and the manifest omits."""
        return resource

    def identify_by_stored_name(self, stored: StoredResource, resource: Resource) -> Resource:
        """Return the v1 form of an object that shares its identifier with another one, with its name in the datastore.

        Only kinds with `find_by_content` have such objects.
        """
        return resource

    def check_v3(self, spec: Mapping[str, Any]) -> Iterator[str]:
        """Yield the rules of Calico 3 that a v3 spec breaks because v1 and v3-only fields contradict each other."""
        return iter(())

    def unrepresentable(self, stored: StoredResource) -> Iterator[str]:
        """Yield descriptions of v3-only fields that change the effect of the object."""
        return iter(())

    def set_v3_defaults(self, metadata: dict[str, Any], spec: dict[str, Any]) -> None:
        """Set the defaults that Calico's calicoctl 3 sets when it stores a v3 manifest."""

    def keep_v3_fields(self, existing: Mapping[str, Any], spec: dict[str, Any]) -> None:
        """Correct fields of `spec` that v1 sets only in part. `existing` is the v3 spec before the write."""

    # Storage.

    stored_kind: StoredKind
    is_namespaced: bool = False
    """Whether keys have a namespace before the name."""
    find_by_content: bool = False
    """Whether v3 tools store resources of the kind under any name: find them by the fields of the object."""
    dependency_level: int = 0
    """Level of the kind in the order of writes. Lower levels are written first and deleted last."""
    extra_fields: Mapping[str, Any] = {}
    """Fields of a new v3 object in addition to metadata and spec, such as `status`."""

    @abstractmethod
    def stored_name(self, identifier: Identifier) -> str:
        """Return the v3 name of a resource."""

    def requested_name(self, resource: Resource) -> str | None:
        """Return the v3 name that the resource itself specifies."""
        return None

    def is_unique_name(self, identifier: Identifier, name: str) -> bool:
        """Whether only this identifier can have the v3 name."""
        return has_qualifier(".".join(identifier.values), name)

    def name_from_key(self, key_name: str, value: bytes) -> str | None:
        """Return the displayed name of an object without decoding it; None if the value must be decoded."""
        return None

    def key_segments(self, name: str) -> tuple[str, ...]:
        """Return the last parts of the keys that may hold a v3 name, the preferred one first."""
        return (name,)

    def segment_for_new(self, segments: tuple[str, ...], legacy: bool) -> str:
        """Return the one of `key_segments` for a new object; `legacy` is the layout of Calico 3.31 and earlier."""
        return segments[0]

    def set_layout_metadata(self, metadata: dict[str, Any], spec: dict[str, Any], segment: str, is_new: bool) -> None:
        """Set the fields of an object that the layout of its key requires."""


def check_stored_name(path: tuple[str, ...], name: Any, v3_name: Callable[[str], str]) -> Iterator[FieldFinding]:
    """Yield a finding if v3 cannot represent the name. `v3_name` returns the v3 form of a v1 name."""
    if isinstance(name, str) and name and not is_subdomain(v3_name(name)):
        yield path, f"{name!r} has no letter or digit (choose another name)"


def v3_only_fields(kind: Kind, spec: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> Iterator[str]:
    """Yield the fields of a v3 spec that v1 does not have, and that have another value than none and the default.

    Args:
        kind: the kind of the object.
        spec: the stored v3 spec.
        defaults: values that Calico 3 sets in new objects.
    """
    for field, value in spec.items():
        if field not in kind.owned_fields and value and value != (defaults or {}).get(field):
            yield field
