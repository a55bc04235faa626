"""schema: the JSON Schemas that other tools can use."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.docs.conftest import ROOT
from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, node, peer, policy, pool, profile, workload_endpoint
from tests.support.runner import Calicoctl, Result
from tests.support.schemas import printed_schema
from tests.support.stored_objects import object_key, put_object

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


def test_schema_of_an_unknown_kind(calicoctl: Calicoctl) -> None:
    assert calicoctl("schema", "polcy") == Result(2, "", "unknown kind 'polcy' (did you mean 'policy'?)\n")


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
def test_schemas_accept_valid_and_reject_invalid_manifests(calicoctl: Calicoctl, resource: dict[str, Any]) -> None:
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


def test_the_schema_takes_an_exported_file(every_kind_stored: Etcd, calicoctl: Calicoctl) -> None:
    put_object(every_kind_stored, object_key("networksets", "prod/set"), {"nets": ["10.0.0.0/8"]}, namespace="prod")
    exported = yaml.safe_load(calicoctl("export").stdout)
    whole, kind = (Draft202012Validator(printed_schema(calicoctl, *names)) for names in ((), ("storedObject",)))
    assert [error.message for error in whole.iter_errors(exported)] == []
    (stored,) = (each for each in exported if each.get("spec", {}).get("kind") == "networksets")
    wrong = [
        {**stored, "metadata": {"key": "/other/key"}},
        {**stored, "metadata": {"key": stored["metadata"]["key"] + "\n"}},
        {**stored, "metadata": {**stored["metadata"], "name": "x"}},
        {**stored, "spec": "text"},
        {**stored, "status": {}},
    ]
    for validator in (whole, kind):
        assert validator.is_valid(stored)
        assert [each for each in wrong if validator.is_valid(each)] == []
