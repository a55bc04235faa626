"""A part of a manifest checked by itself, for what is given without the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from calicoctl.manifest.documents import Path
from calicoctl.schema.store import load_schema


def field_value_errors(kind: str, path: Sequence[str], value: Any) -> Iterator[tuple[Path, str]]:
    """What the schema of a kind refuses in the value of a field, with the path to it."""
    from jsonschema_rs import Draft202012Validator

    schema = load_schema(kind)
    for field in path:
        schema = schema["properties"][field]
    if Draft202012Validator(schema).is_valid(value):
        return
    from calicoctl.schema.explain import explain_errors

    for each in explain_errors(schema, value):
        yield (*path, *each.path), each.message
