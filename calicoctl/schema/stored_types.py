"""Types of the fields of stored objects: checked before code of a kind uses the values."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from calicoctl.resource import FieldPath
from calicoctl.schema.store import Schema, load_v3_schema
from calicoctl.schema.types import drop_wrong_types
from calicoctl.storage import StoredKind, StoredResource

_TypeCheck = Callable[[Any], bool]

_MAX_SLOW_CHECKS = 500
"""Number of objects from which importing `jsonschema_rs` takes less time than checking without it."""


def wrong_types(kind: StoredKind, stored: StoredResource) -> list[FieldPath]:
    """Return the paths of the values of an object that have another type than the v3 schema of the kind allows.

    Calico's tools cannot read such an object either. Fields that v1 does not have are not checked.
    """
    document = {"metadata": stored.metadata, "spec": stored.spec}
    checks = _checks_of(kind.kind)
    if checks.has_usual_types(document):
        return []
    return drop_wrong_types(checks.schema, document)[1]


class _KindChecks:
    """Checks of a kind: exact ones, and after some objects faster ones, which reject null."""

    def __init__(self, kind: str) -> None:
        self.schema = load_v3_schema(kind)
        self._count = 0
        self._is_valid: _TypeCheck | None = None

    def has_usual_types(self, document: dict[str, Any]) -> bool:
        """Whether all values certainly have the right types."""
        if self._is_valid:
            return self._is_valid(document)
        self._count += 1
        if self._count > _MAX_SLOW_CHECKS:
            self._is_valid = _compile(self.schema)
        return not drop_wrong_types(self.schema, document)[1]


@lru_cache
def _checks_of(kind: str) -> _KindChecks:
    return _KindChecks(kind)


def _compile(schema: Schema) -> _TypeCheck:
    from jsonschema_rs import Draft202012Validator

    is_valid: _TypeCheck = Draft202012Validator(_without_other_keywords(schema)).is_valid
    return is_valid


def _without_other_keywords(schema: Schema) -> Schema:
    """Return the schema with the keywords for types only."""
    types: Schema = {"type": schema["type"]}
    if "properties" in schema:
        types["properties"] = {name: _without_other_keywords(part) for name, part in schema["properties"].items()}
    for keyword in ("additionalProperties", "items"):
        if isinstance(schema.get(keyword), dict):
            types[keyword] = _without_other_keywords(schema[keyword])
    return types
