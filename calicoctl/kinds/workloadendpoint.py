"""The kind workloadEndpoint: the interface of a container or a virtual machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.addresses import ipv4_first, normal_address, normal_mac
from calicoctl.kinds.hostendpoint import refit_endpoint
from calicoctl.kinds.kind import Column, Kind, V3Object, shown_labels
from calicoctl.kinds.names import node_name, profile_name, qualified
from calicoctl.kinds.networks import masked, parse_network
from calicoctl.kinds.rules import pruned
from calicoctl.kinds.workloadchecks import check_workload_endpoint
from calicoctl.kinds.workloadlabels import NAMESPACE_LABEL, ORCHESTRATOR_LABEL, completed, renamed
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource, new_uid

LIBNETWORK = "libnetwork"
"""Docker's: all its endpoints are of one workload of this name; the v3 plugin has a namespace of it as well."""
_DEFAULT_NAMESPACE = "default"
_SAME_FIELDS = ("ipNetworks", "ipNATs", "ipv4Gateway", "ipv6Gateway", "profiles", "interfaceName", "mac")


def _v3_names(identifier: Identifier) -> dict[str, str]:
    """The identifying fields of the v3 spec, in its order; they depend on the orchestrator."""
    node, orchestrator, workload, name = identifier.values
    fields = {"orchestrator": qualified(orchestrator), "node": node_name(node)}
    if orchestrator == "k8s":
        fields["pod"] = workload.partition(".")[2]
    elif orchestrator == "cni":
        fields["containerID"] = workload
    else:
        fields["workload"] = LIBNETWORK if orchestrator == LIBNETWORK else qualified(workload)
    return {**fields, "endpoint": qualified(name)}


def _namespace(identifier: Identifier) -> str:
    _, orchestrator, workload, _ = identifier.values
    return workload.partition(".")[0] if orchestrator == "k8s" else _DEFAULT_NAMESPACE


def _stored_name(identifier: Identifier) -> str:
    """The agent takes node, orchestrator, workload and endpoint from the name: `-` is doubled within each."""
    fields = _v3_names(identifier)
    workload = fields.get("pod") or fields.get("containerID") or fields.get("workload", "")
    parts = (fields["node"], fields["orchestrator"], workload, fields["endpoint"])
    return f"{_namespace(identifier)}/" + "-".join(part.replace("-", "--") for part in parts)


def _unmistakable(identifier: Identifier, _place: str) -> bool:
    """Nodes have no qualifier in names, and Docker's endpoints no workload; all else has."""
    node, orchestrator, workload, _ = identifier.values
    return node == node_name(node) and (orchestrator != LIBNETWORK or workload == LIBNETWORK)


def _segments(place: str) -> tuple[str, ...]:
    """Endpoints of Docker stand in another namespace when Docker's v3 plugin has written them."""
    namespace, _, name = place.partition("/")
    if namespace == _DEFAULT_NAMESPACE and f"-{LIBNETWORK}-{LIBNETWORK}-" in name:
        return (place, f"{LIBNETWORK}/{name}")
    return (place,)


def _normal(manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata, spec = manifest["metadata"], manifest["spec"]
    names = ("name", "workload", "orchestrator", "node", "activeInstanceID", "labels")
    nats = [
        {field: normal_address(nat[field]) for field in ("internalIP", "externalIP")} for nat in spec.get("ipNATs", ())
    ]
    return (
        pruned({field: metadata.get(field) for field in names}),
        pruned(
            {
                "ipNetworks": ipv4_first(map(masked, spec.get("ipNetworks", ()))),
                "ipNATs": sorted(nats, key=lambda nat: parse_network(nat["internalIP"]).version),
                "ipv4Gateway": normal_address(spec["ipv4Gateway"]) if "ipv4Gateway" in spec else None,
                "ipv6Gateway": normal_address(spec["ipv6Gateway"]) if "ipv6Gateway" in spec else None,
                "profiles": spec.get("profiles"),
                "interfaceName": spec["interfaceName"],
                "mac": normal_mac(spec["mac"]) if "mac" in spec else None,
            }
        ),
    )


def _to_v3(endpoint: Resource) -> V3Object:
    identifier = WORKLOAD_ENDPOINT.identifier(endpoint.metadata)
    spec = dict(endpoint.spec)
    spec["profiles"] = [profile_name(name) for name in spec.get("profiles", ())]
    names: dict[str, Any] = _v3_names(identifier)
    if endpoint.metadata["orchestrator"] == "k8s":
        names["containerID"] = endpoint.metadata.get("activeInstanceID")
    return V3Object(pruned({**names, **spec}), {}, renamed(endpoint.metadata.get("labels", {})))


def labels_in_store(identifier: Identifier, labels: Mapping[str, str]) -> dict[str, str]:
    """All labels that the agent sees of an endpoint with these v1 labels, once it is written."""
    return completed(renamed(labels), _namespace(identifier), qualified(identifier.values[1]))


def _shown_names(stored: StoredResource) -> dict[str, Any]:
    spec = stored.spec
    namespace = stored.metadata.get("namespace") or _DEFAULT_NAMESPACE
    kubernetes = spec.get("orchestrator") == "k8s"
    workload = f"{namespace}.{spec.get('pod', '')}" if kubernetes else spec.get("workload") or spec.get("containerID")
    names = (
        ("name", spec.get("endpoint")),
        ("workload", workload),
        ("orchestrator", spec.get("orchestrator")),
        ("node", spec.get("node")),
    )
    return {field: name for field, name in names if name}


def _from_v3(stored: StoredResource) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = stored.spec
    hidden = {NAMESPACE_LABEL, ORCHESTRATOR_LABEL}
    labels = {key: text for key, text in (stored.metadata.get("labels") or {}).items() if key not in hidden}
    container = spec.get("containerID") if spec.get("orchestrator") == "k8s" else None
    return (
        {**_shown_names(stored), **pruned({"activeInstanceID": container, "labels": labels})},
        pruned({field: spec.get(field) for field in _SAME_FIELDS}),
    )


def _dress(metadata: dict[str, Any], spec: dict[str, Any], _segment: str, _new: bool) -> None:
    """Namespace and orchestrator stand in labels as well."""
    place = metadata.get("namespace", _DEFAULT_NAMESPACE), spec.get("orchestrator", "")
    metadata["labels"] = completed(metadata.get("labels", {}), *place)


def _complete(endpoint: Resource, existing: Resource) -> Resource:
    """Labels that are there already stay, and the container of a pod: plugins write them."""
    theirs = existing.metadata
    kept = {"activeInstanceID": theirs.get("activeInstanceID")} if theirs.get("orchestrator") == "k8s" else {}
    labels = {**theirs.get("labels", {}), **endpoint.metadata.get("labels", {})}
    return Resource(endpoint.identifier, pruned({**kept, **endpoint.metadata, "labels": labels}), endpoint.spec)


def _fill_in(metadata: dict[str, Any], _spec: dict[str, Any]) -> None:
    metadata.setdefault("namespace", _DEFAULT_NAMESPACE)


def _beyond(stored: StoredResource) -> Iterator[str]:
    if stored.spec.get("ports"):
        yield "has named ports"


WORKLOAD_ENDPOINT = Kind(
    name="workloadEndpoint",
    aliases=("workloadendpoints", "wep", "weps"),
    identified_by=("node", "orchestrator", "workload", "name"),
    columns=(
        Column("NODE", "metadata.node"),
        Column("ORCHESTRATOR", "metadata.orchestrator"),
        Column("WORKLOAD", "metadata.workload"),
        Column("NAME", "metadata.name"),
        Column("NETWORKS", "spec.ipNetworks", wide=True, show=lambda nets: ",".join(nets or ())),
        Column(
            "NATS",
            "spec.ipNATs",
            wide=True,
            show=lambda nats: ",".join(f"{nat['internalIP']}<>{nat['externalIP']}" for nat in nats or ()),
        ),
        Column("INTERFACE", "spec.interfaceName", wide=True),
        Column("PROFILES", "spec.profiles", wide=True, show=lambda names: ",".join(names or ())),
        Column("IPV4GATEWAY", "spec.ipv4Gateway", custom=True),
        Column("IPV6GATEWAY", "spec.ipv6Gateway", custom=True),
        Column("MAC", "spec.mac", custom=True),
        Column("LABELS", "metadata.labels", custom=True, show=shown_labels),
    ),
    stored_as=StoredKind("WorkloadEndpoint", "workloadendpoints"),
    owned=(*_SAME_FIELDS, "orchestrator", "node", "workload", "pod", "containerID", "endpoint"),
    check=check_workload_endpoint,
    normal=_normal,
    stored_name=_stored_name,
    to_v3=_to_v3,
    from_v3=_from_v3,
    shown_names=_shown_names,
    segments=_segments,
    scanned=True,  # v3 has them in any namespace
    level=1,
    unmistakable=_unmistakable,
    new_name=new_uid,
    dress=_dress,
    refit=refit_endpoint,
    complete=_complete,
    beyond=_beyond,
    fill_in=_fill_in,
    moved={
        ("metadata", "name"): ("spec", "endpoint"),
        ("metadata", "workload"): ("spec", "workload"),
        ("metadata", "orchestrator"): ("spec", "orchestrator"),
        ("metadata", "node"): ("spec", "node"),
        ("metadata", "activeInstanceID"): ("spec", "containerID"),
    },
)
