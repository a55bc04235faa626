"""Types of values: the parts of a document that code of a kind can use, without those of wrong types."""

from __future__ import annotations

from typing import Any

from calicoctl.resource import FieldPath
from calicoctl.schema.store import Schema

_WRONG = object()
"""Result for a value of a wrong type."""
_CLASSES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int, float),
    "number": (int, float),
    "object": (dict,),
    "array": (list,),
}
"""Classes of decoded values by JSON type. Booleans are only of type `boolean`."""


def drop_wrong_types(schema: Schema, value: dict[str, Any]) -> tuple[dict[str, Any], list[FieldPath]]:
    """Return a document without the values of wrong types, and the paths of these values.

    A mapping in a list with such a value becomes an empty mapping, so that the indexes of the others remain, and no
    check takes a removed value for an absent one. A list with another wrong item is removed. Null and fields that are
    not in the schema are removed too, but their paths are not returned.
    """
    wrong: list[FieldPath] = []
    kept = _keep(schema, value, (), wrong)
    return ({} if kept is _WRONG else kept), wrong


def _keep(schema: Schema, value: Any, path: FieldPath, wrong: list[FieldPath]) -> Any:
    if not _has_type(schema, value):
        wrong.append(path)
        return _WRONG
    if isinstance(value, dict):
        return _keep_fields(schema, value, path, wrong)
    return _keep_items(schema["items"], value, path, wrong) if isinstance(value, list) else value


def _keep_fields(schema: Schema, mapping: dict[str, Any], path: FieldPath, wrong: list[FieldPath]) -> Any:
    fields, additional = schema.get("properties", {}), schema.get("additionalProperties")
    kept = {}
    for name, value in mapping.items():
        part = fields.get(name, additional)
        if isinstance(part, dict) and value is not None:
            item = _keep(part, value, (*path, name), wrong)
            if item is not _WRONG:
                kept[name] = item
    return kept


def _keep_items(schema: Schema, items: list[Any], path: FieldPath, wrong: list[FieldPath]) -> Any:
    kept = []
    for index, item in enumerate(items):
        count = len(wrong)
        part = _keep(schema, item, (*path, index), wrong)
        kept.append(part if len(wrong) == count else {})
        if len(wrong) > count and schema["type"] != "object":
            return _WRONG
    return kept


def _has_type(schema: Schema, value: Any) -> bool:
    names = schema["type"]
    return any(
        isinstance(value, _CLASSES[name])
        and (name == "boolean" or not isinstance(value, bool))
        and not (name == "integer" and isinstance(value, float) and not value.is_integer())
        for name in ((names,) if isinstance(names, str) else names)
    )
