"""Hints for values of a wrong type: `- action: allow` for the text `allow` in place of rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calicoctl.schema.store import Schema
from calicoctl.suggestion import correct_word


def type_hint(schema: Schema, expected_types: Sequence[str], value: Any) -> str:
    """Return the remedy for a value of a wrong type, in parentheses after a space; empty if there is none."""
    if "array" in expected_types:
        return _list_hint(schema.get("items", {}), value)
    if "object" in expected_types and (field := _field_for_value(schema, value)):
        return f" (write {field})"
    if isinstance(value, str) and value:
        if {"integer", "number"} & set(expected_types) and value.lstrip("+-").replace(".", "", 1).isdigit():
            return f" (write {value} without quotes)"
        if "boolean" in expected_types and value in {"true", "false"}:
            return f" (write {value} without quotes)"
    return ""


def _list_hint(item_schema: Schema, value: Any) -> str:
    """Return the remedy for a value in place of a list: a list of this value."""
    if item_schema.get("type") == "object":
        if isinstance(value, dict):
            return " (begin each item with '- ')"
        field = _field_for_value(item_schema, value)
        return f" (write - {field})" if field else ""
    is_item = isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).isprintable()
    return f" (write [{value}])" if is_item and value != "" else ""


def _field_for_value(schema: Schema, value: Any) -> str:
    """Return `action: allow` for the text `allow` in place of a rule; empty if the field is not clear.

    The field is a required one that lists the value, or, if none is required, the only boolean.
    """
    fields = schema.get("properties", {})
    found = []
    for name in schema.get("required") or fields:
        part = fields[name]
        if isinstance(value, bool) and part.get("type") == "boolean":
            found.append(f"{name}: {str(value).lower()}")
        elif isinstance(value, str) and "enum" in part:
            words = {**part.get("otherValues", {}), **{str(item): str(item) for item in part["enum"]}}
            if word := correct_word(value, words):
                found.append(f"{name}: {word}")
    return found[0] if len(found) == 1 else ""
