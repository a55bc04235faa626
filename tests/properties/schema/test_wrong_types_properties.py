"""Every field of every kind with a value of every wrong type: a problem at this field, and never an internal error."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from calicoctl.kinds import KINDS
from calicoctl.manifest.writer import to_json
from calicoctl.schema.identify import identify
from calicoctl.schema.store import Schema, load_schema
from tests.support.manifests import host_endpoint, node, peer, policy, pool, profile, workload_endpoint
from tests.support.read_resources import parse_documents, read_resources

Path = tuple[str | int, ...]

SAMPLES: dict[str, Any] = {
    "string": "text",
    "integer": 7,
    "number": 7.5,
    "boolean": True,
    "object": {"a": "b"},
    "array": [{"a": "b"}],
}
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


def is_wrong(schema: Schema, name: str) -> bool:
    """Whether values of a type are of a wrong type. In text fields, a manifest can contain numbers and booleans."""
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    as_text = "string" in types and name in {"integer", "number", "boolean"}
    return not (name in types or as_text or (name == "integer" and "number" in types))


def with_value(value: Any, path: Path, new: Any) -> Any:
    """Return a copy with a new value at a path; missing parts are added."""
    if not path:
        return copy.deepcopy(new)
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(value) if isinstance(value, list) else []
        return [with_value(items[0] if items else None, rest, new), *items[1:]]
    mapping = value if isinstance(value, dict) else {}
    return {**mapping, step: with_value(mapping.get(step), rest, new)}


CASES = [
    (kind.name, path, name)
    for kind in KINDS
    for path, schema in fields(load_schema(kind.name))
    for name in SAMPLES
    if path != ("kind",) and is_wrong(schema, name)
]


def test_the_samples_are_valid() -> None:
    assert set(MANIFESTS) == {kind.name for kind in KINDS}
    for manifest in MANIFESTS.values():
        assert read_resources(to_json([manifest]), "x.json")[1] == []


@pytest.mark.parametrize("kind", sorted(MANIFESTS))
def test_a_wrong_type_is_a_problem_of_the_field(kind: str) -> None:
    for _, path, name in (case for case in CASES if case[0] == kind):
        text = to_json([with_value(MANIFESTS[kind], path, SAMPLES[name])])
        resources, problems = read_resources(text, "x.json")
        assert not resources
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
        readable = steps.replace(".nat-outgoing", "['nat-outgoing']")
        assert [problem.path for problem in problems if problem.path == readable], (path, name, problems)
        identify(parse_documents(text, "x.json").documents)
