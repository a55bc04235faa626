"""Values in the order in which their schema lists the fields: how `-o json` and the documents show them."""

from __future__ import annotations

from typing import Any

from calicoctl.schema.store import Schema, load_schema


def order_fields(kind: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest of a resource with its fields in the order of `schemas/`; labels and the like by name."""
    ordered: dict[str, Any] = _order_value(manifest, load_schema(kind))
    return ordered


def _order_value(value: Any, schema: Schema) -> Any:
    if isinstance(value, dict):
        fields = schema.get("properties", {})
        additional = schema.get("additionalProperties")
        names = [name for name in fields if name in value] + sorted(set(value) - set(fields))
        additional_schema = additional if isinstance(additional, dict) else {}
        return {name: _order_value(value[name], fields.get(name, additional_schema)) for name in names}
    if isinstance(value, list):
        return [_order_value(item, schema.get("items", {})) for item in value]
    return value
