"""The kind hostEndpoint: an interface of a node to which policy applies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from calicoctl.kinds.column import Column, format_labels, format_list
from calicoctl.kinds.field_table import FieldConversion, FieldTable, without_empty
from calicoctl.kinds.kind import Kind, V3Object
from calicoctl.kinds.node import check_node_name
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.names import (
    has_qualifier,
    is_subdomain,
    normalize_name,
    v3_node_name,
    v3_profile_name,
    with_qualifier,
)
from calicoctl.kinds.values.networks import normalize_addresses
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource


def _profiles_to_v3(names: Iterable[str]) -> list[str]:
    return [v3_profile_name(name) for name in names]


PROFILES_FIELD = FieldConversion("profiles", "profiles", to_v3=_profiles_to_v3)
"""The field `profiles` of hostEndpoints and workloadEndpoints."""


def _full_name(identifier: Identifier) -> str:
    node, name = identifier.values
    return f"{v3_node_name(node)}.{name}"


class _HostEndpoint(Kind):
    name = "hostEndpoint"
    aliases = ("hostendpoints", "hep", "heps")
    identifying_fields = ("node", "name")
    columns = (
        Column("NODE", "metadata.node"),
        Column("NAME", "metadata.name"),
        Column("INTERFACE", "spec.interfaceName", wide_only=True),
        Column("IPS", "spec.expectedIPs", wide_only=True, format_value=format_list),
        Column("PROFILES", "spec.profiles", wide_only=True, format_value=format_list),
        Column("LABELS", "metadata.labels", custom_only=True, format_value=format_labels),
    )
    stored_kind = StoredKind("HostEndpoint", "hostendpoints")
    find_by_content = True
    dependency_level = 1
    spec_fields = FieldTable(
        FieldConversion("interfaceName", "interfaceName"),
        FieldConversion("expectedIPs", "expectedIPs", normalize=normalize_addresses),
        PROFILES_FIELD,
    )
    v3_identifying_fields = ("node",)
    renamed_fields = {("metadata", "node"): ("spec", "node")}

    def check_metadata(self, metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
        return check_node_name(("metadata", "node"), metadata.get("node"))

    def check_spec(self, spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
        if not spec.get("interfaceName") and not spec.get("expectedIPs"):
            yield ("spec",), "interfaceName or expectedIPs is required"
        yield from check_profile_names(spec)

    def normalize_metadata(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        return without_empty({field: metadata.get(field) for field in ("name", "node", "labels")})

    def to_v3(self, resource: Resource) -> V3Object:
        metadata = resource.metadata
        spec = {"node": v3_node_name(metadata.get("node", "")), **self.spec_fields.to_v3(resource.spec)}
        return V3Object(spec, labels=metadata.get("labels", {}))

    def metadata_from_v3(self, stored: StoredResource) -> dict[str, Any]:
        node = str(stored.spec.get("node") or "")
        name = stored.segment.removeprefix(f"{node}.")
        return without_empty({"name": name, "node": node, "labels": stored.metadata.get("labels")})

    def restore_recorded_metadata(self, recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
        return restore_endpoint_metadata(recorded, metadata)

    def default_from_existing(self, resource: Resource, existing: Resource) -> Resource:
        """Return the endpoint with existing labels that have a domain prefix: Calico and its tools set these."""
        calico_labels = {
            key: text
            for key, text in existing.metadata.get("labels", {}).items()
            if "." in key.partition("/")[0] and "/" in key
        }
        labels = {**calico_labels, **resource.metadata.get("labels", {})}
        return Resource(resource.identifier, {**resource.metadata, **without_empty({"labels": labels})}, resource.spec)

    def identify_by_stored_name(self, stored: StoredResource, resource: Resource) -> Resource:
        return self.resource({**resource.metadata, "name": stored.segment}, resource.spec)

    def unrepresentable(self, stored: StoredResource) -> Iterator[str]:
        if stored.spec.get("ports"):
            yield "has named ports"
        if stored.spec.get("interfaceName") == "*":
            yield "applies to all interfaces of its node"

    def stored_name(self, identifier: Identifier) -> str:
        full_name = _full_name(identifier)
        return with_qualifier(full_name, normalize_name(full_name))

    def is_unique_name(self, identifier: Identifier, name: str) -> bool:
        return has_qualifier(_full_name(identifier), name)


def check_profile_names(spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
    """Yield findings for profiles of an endpoint whose names v3 cannot represent."""
    profiles = spec.get("profiles")
    for index, name in enumerate(profiles if isinstance(profiles, list) else ()):
        if isinstance(name, str) and name and not is_subdomain(v3_profile_name(name)):
            yield ("spec", "profiles", index), f"{name!r} has no letter or digit: no profile has this name"


def restore_endpoint_metadata(recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the recorded metadata with the current labels."""
    names = {key: value for key, value in recorded.items() if key != "labels"}
    return {**names, **({"labels": metadata["labels"]} if "labels" in metadata else {})}


HOST_ENDPOINT = _HostEndpoint()
