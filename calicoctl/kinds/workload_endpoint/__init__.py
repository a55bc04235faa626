"""The kind workloadEndpoint: the interface of a container or a virtual machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from calicoctl.kinds.column import Column, format_labels, format_list
from calicoctl.kinds.field_table import FieldConversion, FieldTable, without_empty
from calicoctl.kinds.host_endpoint import PROFILES_FIELD, check_profile_names, restore_endpoint_metadata
from calicoctl.kinds.kind import Kind, V3Object
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.labels import (
    KUBERNETES,
    NAMESPACE_LABEL,
    ORCHESTRATOR_LABEL,
    labels_to_v3,
    with_location_labels,
)
from calicoctl.kinds.values.names import qualify_name, v3_node_name
from calicoctl.kinds.values.networks import (
    keep_invalid,
    normalize_address,
    normalize_mac,
    normalize_networks,
)
from calicoctl.kinds.workload_endpoint.checks import check_addresses, check_names
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource, new_uid

LIBNETWORK = "libnetwork"
"""Orchestrator of Docker: one workload of this name has all endpoints. Its v3 plugin has a namespace of this name."""
DEFAULT_NAMESPACE = "default"
"""Namespace of v3 objects without one."""


def _v3_identifying_fields(identifier: Identifier) -> dict[str, str]:
    """Return the identifying fields of the v3 spec, in the order of v3. They depend on the orchestrator."""
    node, orchestrator, workload, name = identifier.values
    fields = {"orchestrator": qualify_name(orchestrator), "node": v3_node_name(node)}
    if orchestrator == KUBERNETES:
        fields["pod"] = workload.partition(".")[2]
    elif orchestrator == "cni":
        fields["containerID"] = workload
    else:
        fields["workload"] = LIBNETWORK if orchestrator == LIBNETWORK else qualify_name(workload)
    return {**fields, "endpoint": qualify_name(name)}


def _namespace(identifier: Identifier) -> str:
    _, orchestrator, workload, _ = identifier.values
    return workload.partition(".")[0] if orchestrator == KUBERNETES else DEFAULT_NAMESPACE


def _agent_workload(identifier: Identifier, fields: Mapping[str, str]) -> str:
    return f"{_namespace(identifier)}/{fields.get('pod') or fields.get('containerID') or fields.get('workload', '')}"


def stored_labels(identifier: Identifier, labels: Mapping[str, str]) -> dict[str, str]:
    """Return all labels that Felix sees of a stored endpoint with these v1 labels."""
    return with_location_labels(labels_to_v3(labels), _namespace(identifier), qualify_name(identifier.values[1]))


_normalize_address = keep_invalid(normalize_address)


def _normalize_nats(nats: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    normal = [
        {field: _normalize_address(nat.get(field) or "") for field in ("internalIP", "externalIP")} for nat in nats
    ]
    return sorted(normal, key=lambda nat: ":" in nat["internalIP"])


def _format_nats(nats: list[Mapping[str, str]] | None) -> str:
    return ",".join(f"{nat['internalIP']}<>{nat['externalIP']}" for nat in nats or ())


class _WorkloadEndpoint(Kind):
    name = "workloadEndpoint"
    aliases = ("workloadendpoints", "wep", "weps")
    identifying_fields = ("node", "orchestrator", "workload", "name")
    columns = (
        Column("NODE", "metadata.node"),
        Column("ORCHESTRATOR", "metadata.orchestrator"),
        Column("WORKLOAD", "metadata.workload"),
        Column("NAME", "metadata.name"),
        Column("NETWORKS", "spec.ipNetworks", wide_only=True, format_value=format_list),
        Column("NATS", "spec.ipNATs", wide_only=True, format_value=_format_nats),
        Column("INTERFACE", "spec.interfaceName", wide_only=True),
        Column("PROFILES", "spec.profiles", wide_only=True, format_value=format_list),
        Column("IPV4GATEWAY", "spec.ipv4Gateway", custom_only=True),
        Column("IPV6GATEWAY", "spec.ipv6Gateway", custom_only=True),
        Column("MAC", "spec.mac", custom_only=True),
        Column("LABELS", "metadata.labels", custom_only=True, format_value=format_labels),
    )
    is_namespaced = True
    stored_kind = StoredKind("WorkloadEndpoint", "workloadendpoints")
    find_by_content = True  # v3 has them in any namespace
    dependency_level = 1
    spec_fields = FieldTable(
        FieldConversion("ipNetworks", "ipNetworks", normalize=normalize_networks),
        FieldConversion("ipNATs", "ipNATs", normalize=_normalize_nats),
        FieldConversion("ipv4Gateway", "ipv4Gateway", normalize=_normalize_address),
        FieldConversion("ipv6Gateway", "ipv6Gateway", normalize=_normalize_address),
        PROFILES_FIELD,
        FieldConversion("interfaceName", "interfaceName"),
        FieldConversion("mac", "mac", normalize=keep_invalid(normalize_mac)),
    )
    v3_identifying_fields = ("orchestrator", "node", "workload", "pod", "containerID", "endpoint")
    renamed_fields = {
        ("metadata", "name"): ("spec", "endpoint"),
        ("metadata", "workload"): ("spec", "workload"),
        ("metadata", "orchestrator"): ("spec", "orchestrator"),
        ("metadata", "node"): ("spec", "node"),
        ("metadata", "activeInstanceID"): ("spec", "containerID"),
    }

    def generate_name(self) -> str:
        return new_uid()

    def check_metadata(self, metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
        return check_names(metadata)

    def check_spec(self, spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
        yield from check_profile_names(spec)
        yield from check_addresses(spec)

    def normalize_metadata(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        names = ("name", "workload", "orchestrator", "node", "activeInstanceID", "labels")
        return without_empty({field: metadata.get(field) for field in names})

    def to_v3(self, resource: Resource) -> V3Object:
        metadata = resource.metadata
        names: dict[str, Any] = _v3_identifying_fields(self.identifier(metadata))
        if metadata.get("orchestrator") == KUBERNETES:
            names["containerID"] = metadata.get("activeInstanceID")
        spec = {**without_empty(names), **self.spec_fields.to_v3(resource.spec)}
        return V3Object(spec, labels=labels_to_v3(metadata.get("labels", {})))

    def metadata_from_v3(self, stored: StoredResource) -> dict[str, Any]:
        spec = stored.spec
        is_kubernetes = spec.get("orchestrator") == KUBERNETES
        workload: Any
        if is_kubernetes:
            workload = f"{stored.metadata.get('namespace') or DEFAULT_NAMESPACE}.{spec.get('pod', '')}"
        else:
            workload = spec.get("workload") or spec.get("containerID")
        labels = stored.metadata.get("labels") or {}
        return without_empty(
            {
                "name": spec.get("endpoint"),
                "workload": workload,
                "orchestrator": spec.get("orchestrator"),
                "node": spec.get("node"),
                "activeInstanceID": spec.get("containerID") if is_kubernetes else None,
                "labels": {key: text for key, text in labels.items() if key not in _LOCATION_LABELS},
            }
        )

    def restore_recorded_metadata(self, recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
        return restore_endpoint_metadata(recorded, metadata)

    def default_from_existing(self, resource: Resource, existing: Resource) -> Resource:
        """Return the endpoint with the existing labels, and the container of a pod: CNI plugins set both."""
        old, new = existing.metadata, resource.metadata
        container = old.get("activeInstanceID") if old.get("orchestrator") == KUBERNETES else None
        labels = {**old.get("labels", {}), **new.get("labels", {})}
        metadata = without_empty({"activeInstanceID": container, **new, "labels": labels})
        return Resource(resource.identifier, metadata, resource.spec)

    def unrepresentable(self, stored: StoredResource) -> Iterator[str]:
        if stored.spec.get("ports"):
            yield "has named ports"
        if stored.spec.get("allowSpoofedSourcePrefixes"):
            yield "has allowSpoofedSourcePrefixes"

    def set_v3_defaults(self, metadata: dict[str, Any], spec: dict[str, Any]) -> None:
        metadata.setdefault("namespace", DEFAULT_NAMESPACE)

    def stored_name(self, identifier: Identifier) -> str:
        """Return the v3 name. Felix parses it: `-` separates the parts and is doubled within each part."""
        fields = _v3_identifying_fields(identifier)
        namespace, _, workload = _agent_workload(identifier, fields).partition("/")
        parts = (fields["node"], fields["orchestrator"], workload, fields["endpoint"])
        return f"{namespace}/" + "-".join(part.replace("-", "--") for part in parts)

    def agent_workload(self, identifier: Identifier) -> str:
        """Return the workload in flow logs of Felix: `NAMESPACE/POD`, or the container or workload instead of a pod."""
        return _agent_workload(identifier, _v3_identifying_fields(identifier))

    def is_unique_name(self, identifier: Identifier, name: str) -> bool:
        """Return whether the name contains all of the identifier.

        Names of nodes have no qualifier, and those of Docker's endpoints do not contain the workload.
        """
        node, orchestrator, workload, _ = identifier.values
        return node == v3_node_name(node) and (orchestrator != LIBNETWORK or workload == LIBNETWORK)

    def key_segments(self, name: str) -> tuple[str, ...]:
        """Return the keys: Docker's v3 plugin stores its endpoints in another namespace."""
        namespace, _, short_name = name.partition("/")
        if namespace == DEFAULT_NAMESPACE and f"-{LIBNETWORK}-{LIBNETWORK}-" in short_name:
            return (name, f"{LIBNETWORK}/{short_name}")
        return (name,)

    def set_layout_metadata(self, metadata: dict[str, Any], spec: dict[str, Any], segment: str, is_new: bool) -> None:
        """Set the labels with namespace and orchestrator."""
        location = metadata.get("namespace", DEFAULT_NAMESPACE), spec.get("orchestrator", "")
        metadata["labels"] = with_location_labels(metadata.get("labels", {}), *location)


_LOCATION_LABELS = frozenset((NAMESPACE_LABEL, ORCHESTRATOR_LABEL))

WORKLOAD_ENDPOINT = _WorkloadEndpoint()
