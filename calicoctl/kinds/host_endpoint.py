"""The kind hostEndpoint: an interface of a node, whose traffic policy applies to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.kind import Column, Kind, V3Object, format_labels
from calicoctl.kinds.node import check_node_name
from calicoctl.kinds.rules.convert import without_empty
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.names import (
    has_qualifier,
    is_subdomain,
    normalize_name,
    v3_node_name,
    v3_profile_name,
    with_qualifier,
)
from calicoctl.kinds.values.networks import normalize_address, sort_ipv4_first
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource


def _full_name(identifier: Identifier) -> str:
    node, name = identifier.values
    return f"{v3_node_name(node)}.{name}"


def _stored_name(identifier: Identifier) -> str:
    full_name = _full_name(identifier)
    return with_qualifier(full_name, normalize_name(full_name))


def _check(manifest: Mapping[str, Any]) -> Iterator[FieldFinding]:
    metadata, spec = manifest.get("metadata"), manifest.get("spec")
    if isinstance(metadata, dict):
        yield from check_node_name(("metadata", "node"), metadata.get("node"))
    if isinstance(spec, dict):
        if not spec.get("interfaceName") and not spec.get("expectedIPs"):
            yield ("spec",), "interfaceName or expectedIPs has to be given"
        yield from check_profile_names(spec)


def check_profile_names(spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
    """Findings for the profiles of an endpoint that v3 has no name for."""
    profiles = spec.get("profiles")
    for index, name in enumerate(profiles if isinstance(profiles, list) else ()):
        if isinstance(name, str) and name and not is_subdomain(v3_profile_name(name)):
            yield ("spec", "profiles", index), f"{name!r} has no letter or digit: there is no such profile"


def _normalize(manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata, spec = manifest["metadata"], manifest["spec"]
    return (
        without_empty({"name": metadata["name"], "node": metadata["node"], "labels": metadata.get("labels")}),
        without_empty(
            {
                "interfaceName": spec.get("interfaceName"),
                "expectedIPs": sort_ipv4_first(map(normalize_address, spec.get("expectedIPs", ()))),
                "profiles": spec.get("profiles"),
            }
        ),
    )


def _to_v3(endpoint: Resource) -> V3Object:
    spec = endpoint.spec
    v3_spec = {
        "node": v3_node_name(endpoint.metadata["node"]),
        "interfaceName": spec.get("interfaceName"),
        "expectedIPs": spec.get("expectedIPs"),
        "profiles": [v3_profile_name(name) for name in spec.get("profiles", ())],
    }
    return V3Object(without_empty(v3_spec), {}, endpoint.metadata.get("labels", {}))


def _from_v3(stored: StoredResource) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = stored.spec
    node = str(spec.get("node") or "")
    name = stored.segment.removeprefix(f"{node}.")
    fields = ("interfaceName", "expectedIPs", "profiles")
    return (
        without_empty({"name": name, "node": node, "labels": stored.metadata.get("labels")}),
        without_empty({field: spec.get(field) for field in fields}),
    )


def _default_from_existing(endpoint: Resource, existing: Resource) -> Resource:
    """Labels that Calico and its tools write, which have a domain before them, stay."""
    calico_labels = {
        key: text
        for key, text in existing.metadata.get("labels", {}).items()
        if "." in key.partition("/")[0] and "/" in key
    }
    labels = {**calico_labels, **endpoint.metadata.get("labels", {})}
    return Resource(endpoint.identifier, {**endpoint.metadata, **({"labels": labels} if labels else {})}, endpoint.spec)


def restore_endpoint_metadata(recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """The recorded names; labels as they are now."""
    names = {key: value for key, value in recorded.items() if key != "labels"}
    return {**names, **({"labels": metadata["labels"]} if "labels" in metadata else {})}


def _unrepresentable(stored: StoredResource) -> Iterator[str]:
    if stored.spec.get("ports"):
        yield "has named ports"
    if stored.spec.get("interfaceName") == "*":
        yield "stands for all interfaces of its node"


HOST_ENDPOINT = Kind(
    name="hostEndpoint",
    aliases=("hostendpoints", "hep", "heps"),
    identifying_fields=("node", "name"),
    columns=(
        Column("NODE", "metadata.node"),
        Column("NAME", "metadata.name"),
        Column("INTERFACE", "spec.interfaceName", wide_only=True),
        Column("IPS", "spec.expectedIPs", wide_only=True, format_value=lambda ips: ",".join(ips or ())),
        Column("PROFILES", "spec.profiles", wide_only=True, format_value=lambda names: ",".join(names or ())),
        Column("LABELS", "metadata.labels", custom_only=True, format_value=format_labels),
    ),
    stored_kind=StoredKind("HostEndpoint", "hostendpoints"),
    owned_fields=("node", "interfaceName", "expectedIPs", "profiles"),
    check=_check,
    normalize=_normalize,
    stored_name=_stored_name,
    to_v3=_to_v3,
    from_v3=_from_v3,
    find_by_content=True,
    dependency_level=1,
    is_unique_name=lambda identifier, name: has_qualifier(_full_name(identifier), name),
    restore_recorded_metadata=restore_endpoint_metadata,
    default_from_existing=_default_from_existing,
    unrepresentable=_unrepresentable,
    renamed_fields={("metadata", "node"): ("spec", "node")},
)
