"""The kind workloadEndpoint: the interface of a container or a virtual machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.host_endpoint import restore_endpoint_metadata
from calicoctl.kinds.kind import Column, Kind, V3Object, format_labels
from calicoctl.kinds.rules.convert import without_empty
from calicoctl.kinds.values.names import qualify_name, v3_node_name, v3_profile_name
from calicoctl.kinds.values.networks import (
    normalize_address,
    normalize_mac,
    normalize_network,
    parse_network,
    sort_ipv4_first,
)
from calicoctl.kinds.workload_endpoint.checks import check_workload_endpoint
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource, new_uid

LIBNETWORK = "libnetwork"
"""Docker's: all its endpoints are of one workload of this name; the v3 plugin has a namespace of it as well."""


_DEFAULT_NAMESPACE = "default"


_SHARED_FIELDS = ("ipNetworks", "ipNATs", "ipv4Gateway", "ipv6Gateway", "profiles", "interfaceName", "mac")


def _v3_identifying_fields(identifier: Identifier) -> dict[str, str]:
    """The identifying fields of the v3 spec, in its order; they depend on the orchestrator."""
    node, orchestrator, workload, name = identifier.values
    fields = {"orchestrator": qualify_name(orchestrator), "node": v3_node_name(node)}
    if orchestrator == "k8s":
        fields["pod"] = workload.partition(".")[2]
    elif orchestrator == "cni":
        fields["containerID"] = workload
    else:
        fields["workload"] = LIBNETWORK if orchestrator == LIBNETWORK else qualify_name(workload)
    return {**fields, "endpoint": qualify_name(name)}


def _namespace(identifier: Identifier) -> str:
    _, orchestrator, workload, _ = identifier.values
    return workload.partition(".")[0] if orchestrator == "k8s" else _DEFAULT_NAMESPACE


def _stored_name(identifier: Identifier) -> str:
    """The agent takes node, orchestrator, workload and endpoint from the name: `-` is doubled within each."""
    fields = _v3_identifying_fields(identifier)
    workload = fields.get("pod") or fields.get("containerID") or fields.get("workload", "")
    parts = (fields["node"], fields["orchestrator"], workload, fields["endpoint"])
    return f"{_namespace(identifier)}/" + "-".join(part.replace("-", "--") for part in parts)


def _is_unique_name(identifier: Identifier, _place: str) -> bool:
    """Nodes have no qualifier in names, and Docker's endpoints no workload; all else has."""
    node, orchestrator, workload, _ = identifier.values
    return node == v3_node_name(node) and (orchestrator != LIBNETWORK or workload == LIBNETWORK)


def _key_segments(key_name: str) -> tuple[str, ...]:
    """Endpoints of Docker stand in another namespace when Docker's v3 plugin has written them."""
    namespace, _, name = key_name.partition("/")
    if namespace == _DEFAULT_NAMESPACE and f"-{LIBNETWORK}-{LIBNETWORK}-" in name:
        return (key_name, f"{LIBNETWORK}/{name}")
    return (key_name,)


def _normalize(manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata, spec = manifest["metadata"], manifest["spec"]
    names = ("name", "workload", "orchestrator", "node", "activeInstanceID", "labels")
    nats = [
        {field: normalize_address(nat[field]) for field in ("internalIP", "externalIP")}
        for nat in spec.get("ipNATs", ())
    ]
    return (
        without_empty({field: metadata.get(field) for field in names}),
        without_empty(
            {
                "ipNetworks": sort_ipv4_first(map(normalize_network, spec.get("ipNetworks", ()))),
                "ipNATs": sorted(nats, key=lambda nat: parse_network(nat["internalIP"]).version),
                "ipv4Gateway": normalize_address(spec["ipv4Gateway"]) if "ipv4Gateway" in spec else None,
                "ipv6Gateway": normalize_address(spec["ipv6Gateway"]) if "ipv6Gateway" in spec else None,
                "profiles": spec.get("profiles"),
                "interfaceName": spec["interfaceName"],
                "mac": normalize_mac(spec["mac"]) if "mac" in spec else None,
            }
        ),
    )


def _to_v3(endpoint: Resource) -> V3Object:
    identifier = WORKLOAD_ENDPOINT.identifier(endpoint.metadata)
    spec = dict(endpoint.spec)
    spec["profiles"] = [v3_profile_name(name) for name in spec.get("profiles", ())]
    names: dict[str, Any] = _v3_identifying_fields(identifier)
    if endpoint.metadata["orchestrator"] == "k8s":
        names["containerID"] = endpoint.metadata.get("activeInstanceID")
    return V3Object(without_empty({**names, **spec}), {}, labels_to_v3(endpoint.metadata.get("labels", {})))


def stored_labels(identifier: Identifier, labels: Mapping[str, str]) -> dict[str, str]:
    """All labels that the agent sees of an endpoint with these v1 labels, once it is written."""
    return with_location_labels(labels_to_v3(labels), _namespace(identifier), qualify_name(identifier.values[1]))


def _identity_from_v3(stored: StoredResource) -> dict[str, Any]:
    spec = stored.spec
    namespace = stored.metadata.get("namespace") or _DEFAULT_NAMESPACE
    is_kubernetes = spec.get("orchestrator") == "k8s"
    workload = (
        f"{namespace}.{spec.get('pod', '')}" if is_kubernetes else spec.get("workload") or spec.get("containerID")
    )
    names = (
        ("name", spec.get("endpoint")),
        ("workload", workload),
        ("orchestrator", spec.get("orchestrator")),
        ("node", spec.get("node")),
    )
    return {field: name for field, name in names if name}


def _from_v3(stored: StoredResource) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = stored.spec
    location_labels = {NAMESPACE_LABEL, ORCHESTRATOR_LABEL}
    labels = {key: text for key, text in (stored.metadata.get("labels") or {}).items() if key not in location_labels}
    container = spec.get("containerID") if spec.get("orchestrator") == "k8s" else None
    return (
        {**_identity_from_v3(stored), **without_empty({"activeInstanceID": container, "labels": labels})},
        without_empty({field: spec.get(field) for field in _SHARED_FIELDS}),
    )


def _set_layout_metadata(metadata: dict[str, Any], spec: dict[str, Any], _segment: str, _new: bool) -> None:
    """Namespace and orchestrator stand in labels as well."""
    location = metadata.get("namespace", _DEFAULT_NAMESPACE), spec.get("orchestrator", "")
    metadata["labels"] = with_location_labels(metadata.get("labels", {}), *location)


def _default_from_existing(endpoint: Resource, existing: Resource) -> Resource:
    """Labels that are there already stay, and the container of a pod: plugins write them."""
    existing_metadata = existing.metadata
    kept = (
        {"activeInstanceID": existing_metadata.get("activeInstanceID")}
        if existing_metadata.get("orchestrator") == "k8s"
        else {}
    )
    labels = {**existing_metadata.get("labels", {}), **endpoint.metadata.get("labels", {})}
    return Resource(endpoint.identifier, without_empty({**kept, **endpoint.metadata, "labels": labels}), endpoint.spec)


def _set_v3_defaults(metadata: dict[str, Any], _spec: dict[str, Any]) -> None:
    metadata.setdefault("namespace", _DEFAULT_NAMESPACE)


def _unrepresentable(stored: StoredResource) -> Iterator[str]:
    if stored.spec.get("ports"):
        yield "has named ports"


WORKLOAD_ENDPOINT = Kind(
    name="workloadEndpoint",
    aliases=("workloadendpoints", "wep", "weps"),
    identifying_fields=("node", "orchestrator", "workload", "name"),
    columns=(
        Column("NODE", "metadata.node"),
        Column("ORCHESTRATOR", "metadata.orchestrator"),
        Column("WORKLOAD", "metadata.workload"),
        Column("NAME", "metadata.name"),
        Column("NETWORKS", "spec.ipNetworks", wide_only=True, format_value=lambda nets: ",".join(nets or ())),
        Column(
            "NATS",
            "spec.ipNATs",
            wide_only=True,
            format_value=lambda nats: ",".join(f"{nat['internalIP']}<>{nat['externalIP']}" for nat in nats or ()),
        ),
        Column("INTERFACE", "spec.interfaceName", wide_only=True),
        Column("PROFILES", "spec.profiles", wide_only=True, format_value=lambda names: ",".join(names or ())),
        Column("IPV4GATEWAY", "spec.ipv4Gateway", custom_only=True),
        Column("IPV6GATEWAY", "spec.ipv6Gateway", custom_only=True),
        Column("MAC", "spec.mac", custom_only=True),
        Column("LABELS", "metadata.labels", custom_only=True, format_value=format_labels),
    ),
    stored_kind=StoredKind("WorkloadEndpoint", "workloadendpoints"),
    owned_fields=(*_SHARED_FIELDS, "orchestrator", "node", "workload", "pod", "containerID", "endpoint"),
    check=check_workload_endpoint,
    normalize=_normalize,
    stored_name=_stored_name,
    to_v3=_to_v3,
    from_v3=_from_v3,
    identity_from_v3=_identity_from_v3,
    key_segments=_key_segments,
    find_by_content=True,  # v3 has them in any namespace
    dependency_level=1,
    is_unique_name=_is_unique_name,
    generate_name=new_uid,
    set_layout_metadata=_set_layout_metadata,
    restore_recorded_metadata=restore_endpoint_metadata,
    default_from_existing=_default_from_existing,
    unrepresentable=_unrepresentable,
    set_v3_defaults=_set_v3_defaults,
    renamed_fields={
        ("metadata", "name"): ("spec", "endpoint"),
        ("metadata", "workload"): ("spec", "workload"),
        ("metadata", "orchestrator"): ("spec", "orchestrator"),
        ("metadata", "node"): ("spec", "node"),
        ("metadata", "activeInstanceID"): ("spec", "containerID"),
    },
)


V1_NAMESPACE_LABEL = "calico/k8s_ns"


NAMESPACE_LABEL = "projectcalico.org/namespace"


ORCHESTRATOR_LABEL = "projectcalico.org/orchestrator"


def labels_to_v3(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels of v1 under their v3 names."""
    labels = dict(labels)
    if V1_NAMESPACE_LABEL in labels:
        labels[NAMESPACE_LABEL] = labels.pop(V1_NAMESPACE_LABEL)
    return labels


def with_location_labels(labels: Mapping[str, str], namespace: str, orchestrator: str) -> dict[str, str]:
    """Labels of v3 with those that say where the endpoint belongs; policy can select by them."""
    return {NAMESPACE_LABEL: namespace, ORCHESTRATOR_LABEL: orchestrator, **labels}
