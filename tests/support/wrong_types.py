"""Every field of a schema, and values of every wrong type for it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from calicoctl.schema.store import Schema
from tests.support.manifests import host_endpoint, node, peer, policy, pool, profile, workload_endpoint

Path = tuple[str | int, ...]

SAMPLES: dict[str, Any] = {
    "string": "text",
    "integer": 7,
    "number": 7.5,
    "boolean": True,
    "object": {"a": "b"},
    "array": [{"a": "b"}],
}
"""A value of each type."""
RULE: dict[str, Any] = {
    "action": "allow",
    "protocol": "tcp",
    "source": {"nets": ["10.0.0.0/8"], "selector": "a == 'b'", "ports": [80]},
    "destination": {"notNets": ["10.1.0.0/16"], "notPorts": [81]},
}
MANIFESTS: dict[str, dict[str, Any]] = {
    "policy": policy("a", annotations={"b": "c"}, order=1, ingress=[RULE], egress=[RULE], types=["ingress"]),
    "profile": profile("a", tags=["b"], labels={"c": "d"}, ingress=[RULE], egress=[RULE]),
    "node": node("a", bgp={"ipv4Address": "10.0.0.1/24"}, orchRefs=[{"nodeName": "a", "orchestrator": "k8s"}]),
    "ipPool": pool("10.0.0.0/16", ipip={"enabled": True}, disabled=True),
    "bgpPeer": peer("10.0.0.1", "n", asNumber=64512),
    "hostEndpoint": host_endpoint("n", "e", {"a": "b"}, expectedIPs=["10.0.0.1"], profiles=["p"]),
    "workloadEndpoint": workload_endpoint(
        "n", "o", "w", "e", {"a": "b"}, ipNetworks=["10.0.0.1"], ipv4Gateway="10.0.0.2",
        ipNATs=[{"internalIP": "10.0.0.1", "externalIP": "10.0.0.3"}],
    ),
}  # fmt: skip
"""A manifest of each kind."""


def fields(schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """Yield all fields and items of lists."""
    for name, part in schema.get("properties", {}).items():
        yield (*path, name), part
        yield from fields(part, (*path, name))
    if isinstance(additional := schema.get("additionalProperties"), dict):
        yield (*path, "key"), additional
    if "items" in schema:
        yield (*path, 0), schema["items"]
        yield from fields(schema["items"], (*path, 0))


def type_names(schema: Schema) -> list[str]:
    """Return the types of a schema."""
    return schema["type"] if isinstance(schema["type"], list) else [schema["type"]]


def paths_of(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of all parts of a value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in parts:
        yield (*path, step)
        yield from paths_of(part, (*path, step))


def with_value(value: Any, path: Path, new: Any) -> Any:
    """Return a copy with a new value at a path; missing parts are added."""
    if not path:
        return copy.deepcopy(new)
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(value) if isinstance(value, list) else []
        item = items[step] if step < len(items) else None
        return [*items[:step], with_value(item, rest, new), *items[step + 1 :]]
    mapping = value if isinstance(value, dict) else {}
    return {**mapping, step: with_value(mapping.get(step), rest, new)}
