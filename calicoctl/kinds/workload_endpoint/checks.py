"""Validation of workloadEndpoints: names that v3 cannot represent, and addresses that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.node import check_node_name
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.labels import KUBERNETES
from calicoctl.kinds.values.names import is_container_id, is_long_dns_label, is_subdomain, qualify_name
from calicoctl.kinds.values.networks import IpInterface, parse_network


def check_names(metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
    """Yield findings for the names in metadata."""
    yield from check_node_name(("metadata", "node"), metadata.get("node"))
    workload, orchestrator = metadata.get("workload"), metadata.get("orchestrator")
    names = ["orchestrator", "name"]
    if orchestrator == KUBERNETES:
        yield from _check_kubernetes_names(workload, metadata.get("activeInstanceID"))
    elif orchestrator == "cni":
        if isinstance(workload, str) and not is_long_dns_label(workload):
            message = "a workload of cni is a container ID of lower-case letters, digits and '-' between them"
            yield ("metadata", "workload"), f"{workload!r}: {message}"
    else:
        names.append("workload")
    for field in names:
        value = metadata.get(field)
        if isinstance(value, str) and value and qualify_name(value).startswith("-"):
            yield ("metadata", field), f"{value!r} has no letter or digit (choose another name)"


def _check_kubernetes_names(workload: Any, container: Any) -> Iterator[FieldFinding]:
    """Yield findings for names that v3 stores as they are."""
    if isinstance(workload, str):
        namespace, _, pod = workload.partition(".")
        if not (namespace and pod):
            yield ("metadata", "workload"), f"{workload!r}: a workload of k8s must be NAMESPACE.POD"
        for noun, name in (("namespace", namespace), ("pod", pod)):
            if name and not is_subdomain(name):
                yield ("metadata", "workload"), f"{workload!r}: the {noun} {name!r} is not a DNS name"
    if isinstance(container, str) and container and not is_container_id(container):
        message = "a container ID has letters, digits and '-' between them"
        yield ("metadata", "activeInstanceID"), f"{container!r}: {message}"


def check_addresses(spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
    """Yield findings for networks, gateways and NATs."""
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
    yield from _check_nats(spec)


def _check_nats(spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
    nats = spec.get("ipNATs")
    if not isinstance(nats, list):
        return
    own_addresses = {network.ip for network in map(_try_parse_network, spec.get("ipNetworks") or ()) if network}
    for index, nat in enumerate(nats):
        if not isinstance(nat, dict):
            continue
        internal, external = _try_parse_network(nat.get("internalIP")), _try_parse_network(nat.get("externalIP"))
        if internal and internal.ip not in own_addresses:
            yield ("spec", "ipNATs", index, "internalIP"), f"{internal.ip} is not in ipNetworks"
        if internal and external and internal.version != external.version:
            yield ("spec", "ipNATs", index, "externalIP"), f"{external.ip} has another IP version than {internal.ip}"


def _try_parse_network(text: Any) -> IpInterface | None:
    if text is None:
        return None
    try:
        return parse_network(text)
    except (ValueError, AttributeError, TypeError):
        return None
