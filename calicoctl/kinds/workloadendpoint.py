"""The kind workloadEndpoint: the interface of a container or a virtual machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.addresses import ipv4_first, normal_address, normal_mac
from calicoctl.kinds.hostendpoint import check_profiles, refit_endpoint
from calicoctl.kinds.kind import Column, Kind, V3Object, shown_labels
from calicoctl.kinds.names import node_name, normalised, profile_name, with_qualifier
from calicoctl.kinds.networks import masked, parse_network
from calicoctl.kinds.node import check_node_name
from calicoctl.kinds.rulechecks import Finding
from calicoctl.kinds.rules import pruned
from calicoctl.kinds.workloadlabels import NAMESPACE_LABEL, ORCHESTRATOR_LABEL, completed, renamed
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource, new_uid

LIBNETWORK = "libnetwork"
"""Docker's: all its endpoints are of one workload of this name; the v3 plugin has a namespace of it as well."""
_DEFAULT_NAMESPACE = "default"
_SAME_FIELDS = ("ipNetworks", "ipNATs", "ipv4Gateway", "ipv6Gateway", "profiles", "interfaceName", "mac")


def _qualified(name: str) -> str:
    return with_qualifier(name, normalised(name))


def _v3_names(identifier: Identifier) -> dict[str, str]:
    """The identifying fields of the v3 spec, in its order; they depend on the orchestrator."""
    node, orchestrator, workload, name = identifier.values
    fields = {"orchestrator": _qualified(orchestrator), "node": node_name(node)}
    if orchestrator == "k8s":
        fields["pod"] = workload.partition(".")[2]
    elif orchestrator == "cni":
        fields["containerID"] = workload
    else:
        fields["workload"] = LIBNETWORK if orchestrator == LIBNETWORK else _qualified(workload)
    return {**fields, "endpoint": _qualified(name)}


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


def _check(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    metadata, spec = manifest.get("metadata"), manifest.get("spec")
    if isinstance(metadata, dict):
        yield from _check_names(metadata)
    if isinstance(spec, dict):
        yield from check_profiles(spec)
        yield from _check_addresses(spec)
        yield from _check_nats(spec)


def _check_names(metadata: Mapping[str, Any]) -> Iterator[Finding]:
    yield from check_node_name(("metadata", "node"), metadata.get("node"))
    workload, orchestrator = metadata.get("workload"), metadata.get("orchestrator")
    if orchestrator == "k8s" and isinstance(workload, str):
        namespace, _, pod = workload.partition(".")
        if not (namespace and pod):
            yield ("metadata", "workload"), f"{workload!r}: a workload of k8s is NAMESPACE.POD"
    if orchestrator in {"k8s", "cni"} and isinstance(workload, str) and "/" in workload:
        # These are stored as they are, and nobody sees an object with a slash in its name.
        yield ("metadata", "workload"), f"{workload!r}: a workload of {orchestrator} has no '/'"
    for field in ("orchestrator", "name"):
        value = metadata.get(field)
        if isinstance(value, str) and value and _qualified(value).startswith("-"):
            yield ("metadata", field), f"{value!r} has no letter or digit to store it by (choose another name)"


def _network(text: Any) -> Any:
    try:
        return parse_network(text)
    except (ValueError, AttributeError, TypeError):
        return None


def _check_addresses(spec: Mapping[str, Any]) -> Iterator[Finding]:
    networks = spec.get("ipNetworks")
    for index, text in enumerate(networks if isinstance(networks, list) else ()):
        network = _network(text)
        if network and network.network.num_addresses > 1:
            yield (
                ("spec", "ipNetworks", index),
                f"{text} has more than one address (write {network.ip}/{network.max_prefixlen})",
            )
    for version in (4, 6):
        gateway = _network(spec.get(f"ipv{version}Gateway"))
        if gateway and gateway.version != version:
            yield ("spec", f"ipv{version}Gateway"), f"{gateway.ip} is an IPv{gateway.version} address"


def _check_nats(spec: Mapping[str, Any]) -> Iterator[Finding]:
    own = {network.ip for network in map(_network, spec.get("ipNetworks") or ()) if network}
    nats = spec.get("ipNATs")
    for index, nat in enumerate(nats if isinstance(nats, list) else ()):
        if not isinstance(nat, dict):
            continue
        internal, external = _network(nat.get("internalIP")), _network(nat.get("externalIP"))
        if internal and internal.ip not in own:
            yield ("spec", "ipNATs", index, "internalIP"), f"{internal.ip} is not in ipNetworks"
        if internal and external and internal.version != external.version:
            yield ("spec", "ipNATs", index, "externalIP"), f"{external.ip} is not of the IP version of {internal.ip}"


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
    return completed(renamed(labels), _namespace(identifier), _qualified(identifier.values[1]))


def _from_v3(stored: StoredResource) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = stored.spec
    kubernetes = spec.get("orchestrator") == "k8s"
    namespace = stored.metadata.get("namespace") or _DEFAULT_NAMESPACE
    hidden = {NAMESPACE_LABEL, ORCHESTRATOR_LABEL}
    labels = {key: text for key, text in (stored.metadata.get("labels") or {}).items() if key not in hidden}
    workload = f"{namespace}.{spec.get('pod', '')}" if kubernetes else spec.get("workload") or spec.get("containerID")
    return (
        pruned(
            {
                "name": spec.get("endpoint"),
                "workload": workload,
                "orchestrator": spec.get("orchestrator"),
                "node": spec.get("node"),
                "activeInstanceID": spec.get("containerID") if kubernetes else None,
                "labels": labels,
            }
        ),
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
    check=_check,
    normal=_normal,
    stored_name=_stored_name,
    to_v3=_to_v3,
    from_v3=_from_v3,
    segments=_segments,
    scanned=True,  # v3 has them in any namespace
    level=1,
    unmistakable=_unmistakable,
    new_name=new_uid,
    dress=_dress,
    refit=refit_endpoint,
    complete=_complete,
    beyond=_beyond,
)
