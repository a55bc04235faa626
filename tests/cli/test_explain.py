"""explain and schema: every kind and field, and schemas that other tools can use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from calicoctl.kinds import KINDS
from tests.conftest import Calicoctl, Result
from tests.datastore.v3 import host_endpoint, node, peer, policy, pool, profile, workload_endpoint
from tests.docs.conftest import ROOT

KIND_NAMES = [kind.name for kind in KINDS]
EXAMPLES = sorted((ROOT / "examples").rglob("*.yaml"))
RESOURCES: list[dict[str, Any]] = [
    profile("a", tags=["t"], labels={"a": "b"}, ingress=[{"action": "allow"}]),
    policy("p", order=1.5, selector="a == 'b'"),
    node("n", bgp={"ipv4Address": "10.0.0.1/24", "asNumber": "1.2"}),
    pool("10.0.0.0/16", ipip={"enabled": True, "mode": "always"}),
    peer("192.0.2.1", "n", asNumber=64512),
    host_endpoint("n", "eth0", labels={"a": "b"}),
    workload_endpoint("n", "k8s", "ns.pod", "eth0", ipNetworks=["10.0.0.1"]),
]


def fields(schema: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, part in schema.get("properties", {}).items():
        yield f"{path}.{name}", part.get("description", "")
        yield from fields(part.get("items", part), f"{path}.{name}")


def printed_schema(calicoctl: Calicoctl, *arguments: str) -> Any:
    result = calicoctl("schema", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    schema = json.loads(result.stdout)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    return schema


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_every_field_is_explained(calicoctl: Calicoctl, kind: str) -> None:
    """The schema that `schema` prints names the fields; each has its page, and its parent's page lists it."""
    paths = list(fields(printed_schema(calicoctl, kind), kind))
    assert len(paths) > 4
    for path, meaning in paths:
        result = calicoctl("explain", path)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.startswith(f"KIND:     {kind}\nFIELD:    ")
        words = " ".join(result.stdout.split())
        assert " ".join(meaning.split()) in words
        parent, _, name = path.rpartition(".")
        listing = calicoctl("explain", parent).stdout.partition("\nFIELDS:\n")[2]
        assert name in [line.split()[0] for line in listing.splitlines()]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "policy.spec.ingress.action",
            ["VALUES:   allow, deny, log, pass", "FIELD:    spec.ingress[].action (required)"],
        ),
        ("POLS.spec.ingress[0].action", ["FIELD:    spec.ingress[].action (required)"]),
        ("pool.spec.ipip.mode", ['VALUES:   always, cross-subnet, ""']),
        ("bp.metadata.scope", ["VALUES:   global, node"]),
        ("wep.spec.ipNATs", ["TYPE:     list of", "FIELDS:", "  internalIP"]),
        ("node.metadata", ["\n  name ", " text (required)\n"]),
    ],
)
def test_what_explain_says(calicoctl: Calicoctl, path: str, expected: list[str]) -> None:
    output = calicoctl("explain", path).stdout
    assert [text for text in expected if text not in output] == []


@pytest.mark.parametrize(
    ("path", "stderr"),
    [
        ("ipPool.spec.ipipp", "ipPool.spec has no field 'ipipp' (did you mean 'ipip'?)\n"),
        ("policy.spec.Ingress", "policy.spec has no field 'Ingress' (did you mean 'ingress'?)\n"),
        ("node.spec.bgp.zzz", "node.spec.bgp has no field 'zzz' (fields are asNumber, ipv4Address, ipv6Address)\n"),
        ("policy.spec.order.x", "policy.spec.order has no field 'x' (it has no fields)\n"),
        ("ipPol", "there is no kind 'ipPol' (did you mean 'ipPool'?)\n"),
        ("zzz", f"there is no kind 'zzz' (kinds are {', '.join(KIND_NAMES)})\n"),
    ],
)
def test_what_is_no_field(calicoctl: Calicoctl, path: str, stderr: str) -> None:
    assert calicoctl("explain", path) == Result(2, "", stderr)


def test_schema_of_what_is_no_kind(calicoctl: Calicoctl) -> None:
    assert calicoctl("schema", "polcy") == Result(2, "", "there is no kind 'polcy' (did you mean 'policy'?)\n")


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{path.parent.name}/{path.stem}" for path in EXAMPLES])
def test_the_schema_takes_every_example(calicoctl: Calicoctl, example: Any) -> None:
    validator = Draft202012Validator(printed_schema(calicoctl))
    for document in yaml.safe_load_all(example.read_text(encoding="utf-8")):
        # Label values such as `true` become text when they are applied; to YAML's own rules they are booleans.
        texts = json.loads(json.dumps(document), parse_constant=str)
        assert [error.message for error in validator.iter_errors(_labels_as_text(texts))] == []


def _labels_as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_labels_as_text(item) for item in value]
    if isinstance(value, dict) and isinstance(labels := value.get("metadata", {}).get("labels"), dict):
        texts = {key: str(text).lower() if isinstance(text, bool) else text for key, text in labels.items()}
        return {**value, "metadata": {**value["metadata"], "labels": texts}}
    return value


@pytest.mark.parametrize("resource", RESOURCES, ids=[each["kind"] for each in RESOURCES])
def test_schemas_tell_right_from_wrong(calicoctl: Calicoctl, resource: dict[str, Any]) -> None:
    whole = Draft202012Validator(printed_schema(calicoctl))
    kind = Draft202012Validator(printed_schema(calicoctl, resource["kind"]))
    wrong = [
        {**resource, "spec": {**resource["spec"], "unknown": 1}},
        {**resource, "metadata": {}},
        {**resource, "apiVersion": "v2"},
        {**resource, "kind": "nonsense"},
    ]
    for validator in (whole, kind):
        assert validator.is_valid(resource)
        assert [each for each in wrong if validator.is_valid(each)] == []
    assert whole.is_valid(RESOURCES)
    assert not whole.is_valid([*RESOURCES, wrong[0]])
    assert sum(kind.is_valid(each) for each in RESOURCES) == 1
