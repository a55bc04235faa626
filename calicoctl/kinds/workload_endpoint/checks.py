"""Findings for workloadEndpoints: names that v3 can't hold, and addresses that do not fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.host_endpoint import check_profile_names
from calicoctl.kinds.node import check_node_name
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.names import qualify_name
from calicoctl.kinds.values.networks import parse_network


def check_workload_endpoint(manifest: Mapping[str, Any]) -> Iterator[FieldFinding]:
    """Findings that the schema can't make; takes a manifest that may have other faults."""
    metadata, spec = manifest.get("metadata"), manifest.get("spec")
    if isinstance(metadata, dict):
        yield from _check_names(metadata)
    if isinstance(spec, dict):
        yield from check_profile_names(spec)
        yield from _check_addresses(spec)
        yield from _check_nats(spec)


def _check_names(metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
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
        if isinstance(value, str) and value and qualify_name(value).startswith("-"):
            yield ("metadata", field), f"{value!r} has no letter or digit to store it by (choose another name)"


def _try_parse_network(text: Any) -> Any:
    try:
        return parse_network(text)
    except (ValueError, AttributeError, TypeError):
        return None


def _check_addresses(spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
    networks = spec.get("ipNetworks")
    for index, text in enumerate(networks if isinstance(networks, list) else ()):
        network = _try_parse_network(text)
        if network and network.network.num_addresses > 1:
            yield (
                ("spec", "ipNetworks", index),
                f"{text} has more than one address (write {network.ip}/{network.max_prefixlen})",
            )
    for version in (4, 6):
        gateway = _try_parse_network(spec.get(f"ipv{version}Gateway"))
        if gateway and gateway.version != version:
            yield ("spec", f"ipv{version}Gateway"), f"{gateway.ip} is an IPv{gateway.version} address"


def _check_nats(spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
    own_addresses = {network.ip for network in map(_try_parse_network, spec.get("ipNetworks") or ()) if network}
    nats = spec.get("ipNATs")
    for index, nat in enumerate(nats if isinstance(nats, list) else ()):
        if not isinstance(nat, dict):
            continue
        internal, external = _try_parse_network(nat.get("internalIP")), _try_parse_network(nat.get("externalIP"))
        if internal and internal.ip not in own_addresses:
            yield ("spec", "ipNATs", index, "internalIP"), f"{internal.ip} is not in ipNetworks"
        if internal and external and internal.version != external.version:
            yield ("spec", "ipNATs", index, "externalIP"), f"{external.ip} is not of the IP version of {internal.ip}"
