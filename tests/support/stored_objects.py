"""v3 objects as they are stored in etcd, written and read by etcdctl alone."""

from __future__ import annotations

import json
from typing import Any

from tests.support.etcd_server import Etcd

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


def object_key(plural: str, place: str) -> str:
    """The key of an object of any kind."""
    return f"{PREFIX}{plural}/{place}"


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
