"""v1 resources and manifests."""

from __future__ import annotations

import json
from typing import Any


def profile(name: str, *, tags: Any = (), labels: Any = None, **spec: Any) -> dict[str, Any]:
    """A v1 profile."""
    more = {"tags": list(tags), "labels": labels or {}}
    metadata = {"name": name, **{field: value for field, value in more.items() if value}}
    return {"apiVersion": "v1", "kind": "profile", "metadata": metadata, "spec": spec}


def policy(name: str, *, annotations: Any = None, **spec: Any) -> dict[str, Any]:
    """A v1 policy."""
    metadata = {"name": name, **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": "v1", "kind": "policy", "metadata": metadata, "spec": spec}


def node(name: str, **spec: Any) -> dict[str, Any]:
    """A v1 node."""
    return _resource("node", spec, name=name)


def pool(cidr: str, *, name: str | None = None, **spec: Any) -> dict[str, Any]:
    """A v1 ipPool; `nat_outgoing` and the like as keywords."""
    fields = {field.replace("_", "-"): value for field, value in spec.items()}
    return _resource("ipPool", fields, cidr=cidr, name=name)


def peer(address: str, node_name: str | None = None, **spec: Any) -> dict[str, Any]:
    """A v1 bgpPeer, of a node or of all."""
    return _resource("bgpPeer", spec, scope="node" if node_name else "global", node=node_name, peerIP=address)


def host_endpoint(node_name: str, name: str, labels: Any = None, **spec: Any) -> dict[str, Any]:
    """A v1 hostEndpoint."""
    return _resource("hostEndpoint", {"interfaceName": "eth0", **spec}, node=node_name, name=name, labels=labels)


def workload_endpoint(
    node_name: str, orchestrator: str, workload: str, name: str | None, labels: Any = None, **spec: Any
) -> dict[str, Any]:
    """A v1 workloadEndpoint."""
    names = {"node": node_name, "orchestrator": orchestrator, "workload": workload, "name": name}
    return _resource("workloadEndpoint", {"interfaceName": "cali0", **spec}, **names, labels=labels)


def _resource(kind: str, spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    present = {field: value for field, value in metadata.items() if value is not None}
    return {"apiVersion": "v1", "kind": kind, "metadata": present, "spec": spec}


def manifest(*resources: dict[str, Any]) -> str:
    """A manifest with these resources, one a line from line 2 on."""
    return "[\n" + ",\n".join(json.dumps(resource) for resource in resources) + "\n]\n"


ALLOW_INGRESS = {"ingress": [{"action": "allow"}]}
