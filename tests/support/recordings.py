"""Recorded rows of tests/golden/data, and readers for the output of calicoctl 1.6.5 and the objects of the Go tools."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tests.support.etcd_server import Etcd

Row = dict[str, Any]
Manifest = dict[str, Any]

DATA = Path(__file__).parents[1] / "golden" / "data"
RESOURCE_PREFIX = "/calico/resources/v3/projectcalico.org/"


def load_rows(name: str) -> list[Row]:
    """The rows of a file of recorded data."""
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def manifest_bytes(manifest: str) -> bytes:
    """The bytes of a recorded manifest; what is not UTF-8 was recorded in base64."""
    encoded = manifest.removeprefix("base64:")
    return manifest.encode() if encoded == manifest else base64.b64decode(encoded)


class _GoLoader(yaml.CSafeLoader):
    """Reads the output of 1.6.5 as its authors meant it: `=` and `<<` are text, `1e+20` is a number."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # as in PyYAML


_GoLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))
_GoLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?$"), list("-+0123456789")
)
_GoLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("null|~"), list("n~"))


def parse_printed(text: str) -> list[Manifest]:
    """The manifests of `get -o yaml`; all numbers are floats, so that `1e+06` and `1000000` are one."""
    manifests: list[Manifest] = yaml.load(text, _GoLoader)  # noqa: S506  # a safe loader
    return manifests


def parse_as_typed(text: str) -> list[Manifest]:
    """The resources of a manifest with every scalar as typed, and what 1.6.5 fills in; lists are flattened."""
    documents = yaml.load_all(manifest_bytes(text), yaml.BaseLoader)  # makes text only
    return [_with_defaults(resource) for document in documents for resource in _flatten(document)]


def _flatten(document: Any) -> Iterable[Manifest]:
    if isinstance(document, list):
        for item in document:
            yield from _flatten(item)
    elif document:
        yield document


def _with_defaults(resource: Manifest) -> Manifest:
    spec = dict(resource.get("spec") or {})
    for direction in ("ingress", "egress"):
        if direction in spec:
            spec[direction] = [{"source": {}, "destination": {}, **rule} for rule in spec[direction]]
    if resource["kind"] == "policy":
        types = [name for name in ("ingress", "egress") if spec.get(name)] or ["ingress"]
        spec = {"selector": "", "types": types, **spec}
    return {**resource, "spec": spec}


def canonical_json(value: Any) -> str:
    """Text that is equal for equal values only: true is not 1, and 1 is 1.0."""
    return json.dumps(_ints_as_floats(value), sort_keys=True, ensure_ascii=False, indent=1)


def _ints_as_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ints_as_floats(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_ints_as_floats(part) for part in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def stored_objects(etcd: Etcd) -> dict[str, Any]:
    """Every v3 object in the store, by key."""
    answer = json.loads(etcd.etcdctl("get", "--prefix", "-w=json", "--", RESOURCE_PREFIX))
    return {
        base64.b64decode(one["key"]).decode(): json.loads(base64.b64decode(one["value"]))
        for one in answer.get("kvs", ())
    }
