"""The JSON Schemas of `schemas/`: each is loaded on first use, without references to other files."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any

from calicoctl.kinds import KINDS
from calicoctl.kinds.field_table import FieldTable
from calicoctl.kinds.rules import DIRECTIONS, SIDES
from calicoctl.kinds.rules.convert import ENTITY_FIELDS, RULE_FIELDS

Schema = dict[str, Any]

_GLOBAL_FORMS = {"NetworkPolicy": "GlobalNetworkPolicy"}
"""Namespaced kinds, each with a global kind of the same fields."""
_GLOBAL_ONLY_FIELDS = ("namespaceSelector", "doNotTrack", "preDNAT", "applyOnForward")

_FILE_KEYWORDS = ("$schema", "$id")

_PACKAGED_DIR = Path(__file__).parents[1] / "schemas"
_SCHEMA_DIR = _PACKAGED_DIR if _PACKAGED_DIR.is_dir() else Path(__file__).parents[2] / "schemas"  # a checkout


@lru_cache
def _load_file(name: str) -> Schema:
    loaded: Schema = json.loads((_SCHEMA_DIR / name).read_text(encoding="utf-8"))
    return loaded


@lru_cache
def load_schema(kind: str) -> Schema:
    """Return the schema of a kind without references. `kind` is the name of a file in `schemas/`."""
    bundled: Schema = _inline_references(_load_file(f"{kind}.json"), f"{kind}.json")
    bundled.pop("$defs", None)
    return bundled


@lru_cache
def load_v3_schema(kind: str) -> Schema:
    """Return the schema of the fields of a v3 kind, such as `Profile`, that have a v1 form.

    `v3.json` has the fields that differ from v1; the others have the schema of v1.
    """
    schema = _resolve("v3.json", f"/$defs/{kind if kind in _load_file('v3.json')['$defs'] else 'object'}")
    v1_kind = next(each for each in KINDS if each.stored_kind.kind == kind)
    spec, v1_spec = (each["properties"]["spec"] for each in (schema, load_schema(v1_kind.name)))
    _add_same_fields(spec, v1_spec, v1_kind.spec_fields)
    for direction in DIRECTIONS:
        if direction in spec["properties"]:
            rule, v1_rule = (each["properties"][direction]["items"] for each in (spec, v1_spec))
            _add_same_fields(rule, v1_rule, RULE_FIELDS)
            for side in SIDES:
                _add_same_fields(rule["properties"][side], v1_rule["properties"][side], ENTITY_FIELDS)
    return schema


def load_stored_schema(kind: str) -> Schema:
    """Return the schema of the fields of a stored object of a v3 kind that calicoctl reads.

    `v3.json` has the fields without a v1 form in `storedObject`, and in `stored` with the name of the kind.
    """
    if kind in _GLOBAL_FORMS:
        return _without_spec_fields(load_stored_schema(_GLOBAL_FORMS[kind]), _GLOBAL_ONLY_FIELDS)
    is_v1 = any(each.stored_kind.kind == kind for each in KINDS)
    schema = load_v3_schema(kind) if is_v1 else _resolve("v3.json", "/$defs/object")
    for name in ("storedObject", f"stored{kind}"):
        if name in _load_file("v3.json")["$defs"]:
            schema = _with_fields(schema, _resolve("v3.json", f"/$defs/{name}"))
    rules = schema["properties"]["spec"].get("properties", {}).keys() & set(DIRECTIONS)
    fields = {"spec": {"properties": {name: _resolve("v3.json", "/$defs/storedRules") for name in rules}}}
    return _with_fields(schema, {"properties": fields}) if rules else schema


@lru_cache
def load_kubernetes_schema(kind: str) -> Schema:
    """Return the schema of a manifest of Kubernetes; `kind` is its name in `v3.json`."""
    return _resolve("v3.json", f"/$defs/{kind}")


def _without_spec_fields(schema: Schema, names: Collection[str]) -> Schema:
    spec = schema["properties"]["spec"]
    fields = {name: part for name, part in spec["properties"].items() if name not in names}
    return {**schema, "properties": {**schema["properties"], "spec": {**spec, "properties": fields}}}


def _with_fields(schema: Schema, other: Schema) -> Schema:
    """Return a schema with the fields of another one at any depth, also in lists."""
    fields = dict(schema.get("properties", {}))
    for name, part in other.get("properties", {}).items():
        fields[name] = _with_fields(fields[name], part) if name in fields else part
    if "items" in other:
        schema = {**schema, "items": _with_fields(schema["items"], other["items"])}
    return {**schema, "properties": fields} if fields else schema


def _add_same_fields(schema: Schema, v1_schema: Schema, fields: FieldTable) -> None:
    """Add the fields with the same values in v1 and v3 that a v3 schema does not have."""
    for name, v3_name in fields.same_values.items():
        schema["properties"].setdefault(v3_name, v1_schema["properties"][name])


def _inline_references(part: Any, file: str) -> Any:
    """Return the part with each `$ref` replaced by its target. Keywords beside a `$ref` take precedence."""
    if isinstance(part, list):
        return [_inline_references(item, file) for item in part]
    if not isinstance(part, dict):
        return part
    bundled = {key: _inline_references(value, file) for key, value in part.items() if key not in {"$ref", "$defs"}}
    if "$ref" in part:
        target_file, _, pointer = part["$ref"].partition("#")
        target = _resolve(target_file or file, pointer)
        bundled = {**target, **bundled}
    return bundled


def _resolve(file: str, pointer: str) -> Schema:
    part = _load_file(file)
    for step in pointer.strip("/").split("/") if pointer else ():
        part = part[step]
    return without_file_keywords(_inline_references(part, file))


def without_file_keywords(schema: Schema) -> Schema:
    """Return a schema without the keywords of its file, as a part of another schema."""
    return {key: part for key, part in schema.items() if key not in _FILE_KEYWORDS}
