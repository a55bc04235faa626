"""v1 manifests as text, and v3 objects as they lie in etcd: written and read with etcdctl alone."""

from __future__ import annotations

import json
from typing import Any

from tests.etcdserver import Etcd

PREFIX = "/calico/resources/v3/projectcalico.org/"
CLUSTER_KEY = PREFIX + "clusterinformations/default"
TIER_KEY = PREFIX + "tiers/default"
UID = "11111111-2222-3333-4444-555555555555"
CREATION_TIMESTAMP = "2020-02-02T02:02:02Z"

_KINDS = {
    "profiles": "Profile",
    "globalnetworkpolicies": "GlobalNetworkPolicy",
    "nodes": "Node",
    "ippools": "IPPool",
    "bgppeers": "BGPPeer",
    "hostendpoints": "HostEndpoint",
    "workloadendpoints": "WorkloadEndpoint",
}


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


def object_key(plural: str, place: str) -> str:
    """The key of an object of any kind."""
    return f"{PREFIX}{plural}/{place}"


def manifest(*resources: dict[str, Any]) -> str:
    """A manifest with these resources, one a line from line 2 on."""
    return "[\n" + ",\n".join(json.dumps(resource) for resource in resources) + "\n]\n"


def profile_key(segment: str) -> str:
    """The key of a profile."""
    return f"{PREFIX}profiles/{segment}"


def policy_key(segment: str) -> str:
    """The key of a policy."""
    return f"{PREFIX}globalnetworkpolicies/{segment}"


def put_object(store: Etcd, key: str, spec: dict[str, Any] | None = None, **metadata: Any) -> None:
    """Write an object as a v3 tool does."""
    plural, _, name = key.removeprefix(PREFIX).partition("/")
    metadata = {"name": name, "uid": UID, "creationTimestamp": CREATION_TIMESTAMP, **metadata}
    document = {"kind": _KINDS.get(plural, plural), "apiVersion": "projectcalico.org/v3", "metadata": metadata}
    store.put(key, json.dumps({**document, "spec": spec or {}}))


def put_cluster_information(store: Etcd, **spec: Any) -> None:
    """Write clusterinformations/default."""
    put_object(store, CLUSTER_KEY, {"datastoreReady": True, **spec})


def read_object(store: Etcd, key: str) -> dict[str, Any]:
    """The object under a key."""
    value = store.get(key)
    assert value is not None, f"{key} is not there"
    document: dict[str, Any] = json.loads(value)
    return document


def mod_revision(store: Etcd, key: str) -> int:
    """The revision that changed a key last."""
    return int(json.loads(store.etcdctl("-w=json", "get", key))["kvs"][0]["mod_revision"])


def key_segments(store: Etcd, plural: str = "globalnetworkpolicies") -> list[str]:
    """The last segments of the keys of a kind."""
    prefix = f"{PREFIX}{plural}/"
    return [key.removeprefix(prefix) for key in store.keys(prefix)]
