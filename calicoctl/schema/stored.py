"""Readable objects: the only place that decides whether a value of etcd is an object of its kind.

The schemas have the types of all fields that calicoctl reads. Calico's Go tools reject a value with another type as a
whole, and Felix ignores it. All code behind this module can rely on the types; it checks values only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from calicoctl.kinds import Kind
from calicoctl.resource import FieldPath, field_path
from calicoctl.schema.store import Schema, load_schema, load_stored_schema
from calicoctl.storage import (
    RECORD_ANNOTATION,
    CorruptEntryError,
    StoredKind,
    StoredResource,
    check_key,
    check_parts,
    decode_json,
    make_stored,
)

_MAX_FLOAT = 1.7976931348623157e308
_CLASSES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "array": (list,),
}
_ZERO_VALUES: Mapping[str, Callable[[], Any]] = {"string": str}
"""Types whose null in a list or mapping Go reads as an empty value. A null rule would be a rule without an action."""
_WALKED_OBJECTS = 300
"""Number of objects of a kind before the validator in Rust is loaded: loading it takes as long as their checks."""


def read_stored(kind: Kind, key: str, value: bytes, revision: int) -> StoredResource:
    """Return the object of a v1 kind in a value, without its record if that is unreadable: a user has edited it.

    Raises:
        CorruptEntryError: as `read_stored_object`.
    """
    if kind.stored_kind.key_suffix(key).count("/") != kind.is_namespaced:
        form = f"{kind.stored_kind.prefix}{'NAMESPACE/' if kind.is_namespaced else ''}NAME"
        raise CorruptEntryError(f"is not a key of a {kind.stored_kind.kind} ({form})")
    stored = read_stored_object(kind.stored_kind, key, value, revision)
    return _without_wrong_record(kind, stored) if RECORD_ANNOTATION in stored.annotations else stored


def read_stored_object(kind: StoredKind, key: str, value: bytes, revision: int) -> StoredResource:
    """Return the object in a value, with values of the right types in all fields that calicoctl reads.

    Raises:
        CorruptEntryError: the value is not an object of the kind, or the key is not UTF-8.
    """
    check_key(key)
    document = decode_json(value)
    check_parts(document)
    _checks_for(kind.kind).check(document)
    return make_stored(key, document, revision)


def _without_wrong_record(kind: Kind, stored: StoredResource) -> StoredResource:
    try:
        record = decode_json(stored.annotations[RECORD_ANNOTATION].encode())
        _check_types(_v1_types(kind.name), record, ())
    except CorruptEntryError:
        return without_record(stored)
    return stored


def without_record(stored: StoredResource) -> StoredResource:
    """Return the object without the annotation with its v1 form."""
    annotations = {name: text for name, text in stored.annotations.items() if name != RECORD_ANNOTATION}
    return replace(stored, metadata={**stored.metadata, "annotations": annotations})


class _Types(NamedTuple):
    """Types of a value and its parts."""

    names: tuple[str, ...]
    classes: frozenset[type]
    fields: Mapping[str, _Types]
    additional: _Types | None
    items: _Types | None


def _make_types(schema: Schema) -> _Types:
    names = schema["type"]
    names = (names,) if isinstance(names, str) else tuple(names)
    additional = schema.get("additionalProperties")
    return _Types(
        names,
        frozenset(each for name in names for each in _CLASSES[name]),
        {name: _make_types(part) for name, part in schema.get("properties", {}).items()},
        _make_types(additional) if isinstance(additional, dict) else None,
        _make_types(schema["items"]) if "items" in schema else None,
    )


def _check_types(types: _Types, value: Any, path: FieldPath) -> None:
    """Raise CorruptEntryError for a value of a wrong type; remove null fields, and replace null in lists as Go does."""
    if type(value) not in types.classes or (types.names == ("number",) and not -_MAX_FLOAT <= value <= _MAX_FLOAT):
        raise CorruptEntryError(f"{field_path(path)} has a value of the wrong type")
    if isinstance(value, dict):
        for name in value.keys() & types.fields.keys():
            if value[name] is None:
                del value[name]
            else:
                _check_types(types.fields[name], value[name], (*path, name))
        if types.additional:
            _check_parts(types.additional, value, value.items(), path)
    elif isinstance(value, list) and types.items:
        _check_parts(types.items, value, enumerate(value), path)


def _check_parts(types: _Types, container: Any, parts: Any, path: FieldPath) -> None:
    zero_value = _ZERO_VALUES.get(types.names[0])
    for place, part in list(parts):
        if part is None and zero_value:
            container[place] = zero_value()
        else:
            _check_types(types, part, (*path, place))


class _StoredChecks:
    """Checks of the types of one kind. After many objects, a validator in Rust checks the others."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._schema = load_stored_schema(kind)
        self._types = _make_types(self._schema)
        self._is_valid: Callable[[Any], bool] = lambda _document: False
        self._walks_left = _WALKED_OBJECTS

    def check(self, document: dict[str, Any]) -> None:
        """Raise CorruptEntryError with the path of the first value of a wrong type."""
        if self._is_valid(document):
            return
        try:
            _check_types(self._types, document, ())
        except CorruptEntryError as error:
            raise CorruptEntryError(f"is not a valid {self._kind}: {error}") from None
        self._walks_left -= 1
        if not self._walks_left:
            self._is_valid = _compile(self._schema)


def _compile(schema: Schema) -> Callable[[Any], bool]:
    """Return the validator of the types in a schema. In draft 4, as in Go, 1.0 is not an integer."""
    from jsonschema_rs import Draft4Validator

    return Draft4Validator(_types_only(schema)).is_valid


def _types_only(schema: Schema) -> Schema:
    """Return a schema with the types only. A null is invalid: `_check_types` handles it."""
    names = schema["type"]
    reduced: Schema = {"type": names}
    if names == "number":
        reduced |= {"minimum": -_MAX_FLOAT, "maximum": _MAX_FLOAT}
    if "properties" in schema:
        reduced["properties"] = {name: _types_only(part) for name, part in schema["properties"].items()}
    for keyword in ("additionalProperties", "items"):
        if isinstance(schema.get(keyword), dict):
            reduced[keyword] = _types_only(schema[keyword])
    return reduced


@lru_cache
def _checks_for(kind: str) -> _StoredChecks:
    return _StoredChecks(kind)


@lru_cache
def _v1_types(kind: str) -> _Types:
    return _make_types({**load_schema(kind), "required": []})
