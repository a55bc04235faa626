"""Validation of the value of one field, without a manifest: labels on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from calicoctl.resource import FieldPath
from calicoctl.schema.store import load_schema


def field_value_errors(kind: str, path: Sequence[str], value: Any) -> Iterator[tuple[FieldPath, str]]:
    """Validate the value of a field with the schema of a kind, and yield the path and the message of each error."""
    from jsonschema_rs import Draft202012Validator

    schema = load_schema(kind)
    for field in path:
        schema = schema["properties"][field]
    if Draft202012Validator(schema).is_valid(value):
        return
    from calicoctl.schema.explain import explain_errors

    for error in explain_errors(schema, value):
        yield (*path, *error.path), error.message
