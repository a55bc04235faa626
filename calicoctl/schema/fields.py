"""Description of the fields of a kind, from its schema: type, allowed values, default, meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from calicoctl.schema.field_hints import unknown_field_hint
from calicoctl.schema.store import Schema, load_schema

TYPE_NAMES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "boolean",
    "object": "mapping",
    "array": "list",
}

FORMAT_NAMES = {
    "selector": "a selector",
    "network": "a network or an address",
    "port": "a port or a range of ports",
    "address": "an address",
    "as-number": "an AS number",
    "mac": "a MAC address",
}
"""Noun phrase for the texts of each format."""
_INDEX_OR_KEY = re.compile(r"""\[(?:[0-9]*|'[^']*'|"[^"]*")\]""")
"""Matches an index or a key in a path of a message: `[0]`, `['a/b']`."""


class UnknownFieldError(LookupError):
    """A path does not name a field."""


class Field(NamedTuple):
    """A field and its allowed values."""

    path: str
    """Path such as `spec.ingress[].action`; empty for the resource itself."""
    type: str
    allowed_values: tuple[str, ...]
    """Allowed values; empty if the schema does not list them."""
    constraints: str
    """Description of the allowed values; empty if the type is the only constraint."""
    default: str | None
    required: bool
    description: str
    schema: Schema


def make_field(path: str, schema: Schema, *, required: bool) -> Field:
    """Return the field that a part of a schema describes."""
    return Field(
        path,
        _type_text(schema),
        _allowed_values(schema),
        _constraints(schema),
        _default_text(schema),
        required,
        str(schema.get("description", "")),
        schema,
    )


def child_fields(field: Field) -> Iterator[Field]:
    """Yield the fields of a mapping, or of the mappings in a list."""
    items = field.schema.get("items")
    schema = items if isinstance(items, dict) else field.schema
    prefix = field.path + ("[]" if items else "")
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        yield make_field(f"{prefix}.{name}" if prefix else name, part, required=name in required)


def root_field(kind: str) -> Field:
    """Return the resource itself as a field."""
    return make_field("", load_schema(kind), required=True)


def find_field(kind: str, path: str) -> Field:
    """Return the field at a path such as `spec.ingress.action`, which may contain indexes and keys, as in messages.

    A key is one of a mapping with any keys: `metadata.labels.role` and `metadata.labels['a/b']` are the labels.

    Raises:
        UnknownFieldError: the kind has no such field.
    """
    field = root_field(kind)
    for step in filter(None, _INDEX_OR_KEY.sub("", path).split(".")):
        children = {found.path.rpartition(".")[2]: found for found in child_fields(field)}
        if isinstance(field.schema.get("additionalProperties"), dict):
            return field
        if step not in children:
            place = f"{kind}.{field.path}" if field.path else kind
            listed = f" (fields are {', '.join(children)})" if children else " (it has no fields)"
            steps = tuple(filter(None, field.path.replace("[]", ".[]").split(".")))
            hint = unknown_field_hint(load_schema(kind), (*steps, "[]") if "items" in field.schema else steps, step)
            raise UnknownFieldError(f"{place} has no field '{step}'{hint or listed}")
        field = children[step]
    return field


def _type_text(schema: Schema) -> str:
    if "items" in schema:
        title = schema["items"].get("title")
        return f"list of {title}s" if title else f"list of {_pluralize(_type_text(schema['items']))}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"mapping of {_pluralize(_type_text(schema['additionalProperties']))}"
    types = schema.get("type", ())
    return " or ".join(TYPE_NAMES[name] for name in ([types] if isinstance(types, str) else types))


def _pluralize(words: str) -> str:
    return " or ".join(word if word == "text" else f"{word}s" for word in words.split(" or "))


def _allowed_values(schema: Schema) -> tuple[str, ...]:
    schema = schema.get("items", schema)
    values = schema.get("enum", [schema["const"]] if "const" in schema else ())
    return tuple(_format_value(value) for value in values)


def _constraints(schema: Schema) -> str:
    if "items" in schema:
        return "" if "properties" in schema["items"] else _constraints(schema["items"])
    if "propertyNames" in schema:
        parts = [schema["propertyNames"].get("patternErrorMessage", ""), _constraints(schema["additionalProperties"])]
        return "; ".join(filter(None, parts))
    name = str(schema.get("format", ""))
    return "; ".join(
        filter(None, (FORMAT_NAMES.get(name, name), _range_text(schema), schema.get("patternErrorMessage", "")))
    )


def _range_text(schema: Schema) -> str:
    if "patternErrorMessage" in schema:
        return ""  # the message contains the range
    low, high = schema.get("minimum"), schema.get("maximum")
    return f"{low} to {high}" if low is not None and high is not None else ""


def _default_text(schema: Schema) -> str | None:
    return _format_value(schema["default"]) if "default" in schema else None


def _format_value(value: Any) -> str:
    """Return a value as a manifest contains it."""
    if isinstance(value, bool):
        return str(value).lower()
    return '""' if value == "" else str(value)


def order_fields(kind: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest with its fields in the order of `schemas/`, and labels and annotations by name."""
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
