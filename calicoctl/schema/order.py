"""Values in the order in which their schema lists the fields: how `-o json` and the documents show them."""

from __future__ import annotations

from typing import Any

from calicoctl.schema.store import Schema, schema_of


def in_schema_order(kind: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest of a resource with its fields in the order of `schemas/`; labels and the like by name."""
    ordered: dict[str, Any] = _ordered(manifest, schema_of(kind))
    return ordered


def _ordered(value: Any, schema: Schema) -> Any:
    if isinstance(value, dict):
        fields = schema.get("properties", {})
        rest = schema.get("additionalProperties")
        names = [name for name in fields if name in value] + sorted(set(value) - set(fields))
        other = rest if isinstance(rest, dict) else {}
        return {name: _ordered(value[name], fields.get(name, other)) for name in names}
    if isinstance(value, list):
        return [_ordered(item, schema.get("items", {})) for item in value]
    return value
