"""Messages for schema errors, with the remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from calicoctl.deferred_imports import defer_import
from calicoctl.findings import SCHEMA, SELECTOR
from calicoctl.resource import FieldPath
from calicoctl.schema.field_hints import unknown_field_hint
from calicoctl.schema.fields import TYPE_NAMES
from calicoctl.schema.formats import FORMATS
from calicoctl.schema.store import Schema
from calicoctl.schema.value_hints import type_hint
from calicoctl.suggestion import suggestion

if TYPE_CHECKING:
    from jsonschema import ValidationError


class SchemaError(NamedTuple):
    """An error in a value or a key of a document."""

    path: FieldPath
    message: str
    at_key: bool = False
    """Whether the key at `path` is wrong, not its value."""
    column: int | None = None
    """Position of the error in the text of the value, in characters from 1; None if unknown."""
    code: str = SCHEMA


def explain_errors(schema: Schema, value: Any) -> Iterator[SchemaError]:
    """Yield all errors of a value that the schema rejects."""
    # jsonschema imports it for a format that no schema here has, and it compiles 38 grammars: two seconds.
    defer_import("rfc3987_syntax", "is_valid_syntax")
    from jsonschema import Draft202012Validator, FormatChecker

    checker = FormatChecker(formats=())
    for name, check in FORMATS.items():
        checker.checks(name)(lambda text, check=check: not isinstance(text, str) or check(text) is None)
    validator = Draft202012Validator(schema, format_checker=checker)
    # Two keywords can give the same message for a key: pattern and maxLength.
    yield from dict.fromkeys(
        each for error in validator.iter_errors(value) for each in _explain_failure(_keyword_failure(schema, error))
    )


class _KeywordFailure(NamedTuple):
    """A keyword of a schema that rejects a value."""

    root: Schema
    """Schema of the whole document."""
    path: FieldPath
    keyword: str
    keyword_value: Any
    value: Any
    schema: dict[str, Any]
    message: str
    is_key: bool


def _keyword_failure(root: Schema, error: ValidationError) -> _KeywordFailure:
    schema: Any = error.schema
    is_key = "propertyNames" in error.absolute_schema_path
    path = tuple(error.absolute_path)
    return _KeywordFailure(
        root, path, str(error.validator), error.validator_value, error.instance, schema, error.message, is_key
    )


def _explain_failure(failure: _KeywordFailure) -> Iterator[SchemaError]:
    explainer = _EXPLAINERS.get(failure.keyword)
    if failure.is_key:
        message = failure.schema.get("patternErrorMessage", failure.message)
        yield SchemaError((*failure.path, failure.value), f"{failure.value!r}: {message}", at_key=True)
    elif explainer:
        yield from explainer(failure)
    else:
        yield SchemaError(failure.path, failure.message)


def _explain_type(failure: _KeywordFailure) -> Iterator[SchemaError]:
    names = _as_list(failure.keyword_value)
    expected = " or ".join(_EXPECTED_TYPES[name] for name in names)
    hint = type_hint(failure.schema, names, failure.value)
    yield SchemaError(failure.path, f"expected {expected}, found {_describe_value(failure.value)}{hint}")


_EXPECTED_TYPES = {
    **{name: f"a {text}" for name, text in TYPE_NAMES.items()},
    "string": TYPE_NAMES["string"],
    "boolean": "true or false",
}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _describe_value(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text {value!r}"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else str(value)


def _explain_unknown_field(failure: _KeywordFailure) -> Iterator[SchemaError]:
    known = failure.schema.get("properties", {})
    for name in failure.value:
        if name not in known:
            hint = unknown_field_hint(failure.root, failure.path, name)
            yield SchemaError((*failure.path, name), f"unknown field {name!r}{hint}", at_key=True)


def _explain_missing_field(failure: _KeywordFailure) -> Iterator[SchemaError]:
    other_names = failure.schema.get("otherNames", {})
    # Where unknown fields are errors, a field in another case is one, and not also missing.
    fold = str.lower if failure.schema.get("additionalProperties") is False else str
    present = {fold(other_names.get(name, name)) for name in failure.value}
    for name in failure.keyword_value:
        if fold(name) not in present and f"'{name}'" in failure.message:
            part = failure.schema["properties"][name]
            advice = f" (write {name}: {part['const']})" if "const" in part else ""
            yield SchemaError(failure.path, f"'{name}' is missing{advice}")


def _explain_dependent_field(failure: _KeywordFailure) -> Iterator[SchemaError]:
    for name, needed in failure.keyword_value.items():
        missing = [other for other in needed if other not in failure.value]
        if name in failure.value and missing:
            yield SchemaError((*failure.path, name), f"'{name}' requires '{missing[0]}' as well", at_key=True)


def _explain_enum(failure: _KeywordFailure) -> Iterator[SchemaError]:
    allowed = _as_list(failure.keyword_value)
    value = failure.value
    if value is None or isinstance(value, (bool, dict, list)) or isinstance(value, str) != isinstance(allowed[0], str):
        return  # reported by the keyword `type`
    listed = ", ".join(repr(item) for item in allowed)
    if len(allowed) == 1:
        yield SchemaError(failure.path, f"{value!r} must be {listed}")
        return
    yield SchemaError(failure.path, f"{value!r} is not one of {listed}{_value_hint(failure, allowed)}")


def _explain_pattern(failure: _KeywordFailure) -> Iterator[SchemaError]:
    message = failure.schema.get("patternErrorMessage", f"must match {failure.keyword_value}")
    hint = _value_hint(failure, failure.schema.get("examples", ()))
    yield SchemaError(failure.path, f"{failure.value!r}: {message}{hint}")


def _value_hint(failure: _KeywordFailure, known: Iterable[Any]) -> str:
    """Return the hint for a misspelled value, or one that has another name in v1."""
    if not isinstance(failure.value, str):
        return ""
    values = {value: value for value in known if isinstance(value, str)}
    return suggestion(failure.value, {**failure.schema.get("otherValues", {}), **values})


def _explain_format(failure: _KeywordFailure) -> Iterator[SchemaError]:
    problem = FORMATS[str(failure.keyword_value)](failure.value)
    if problem:
        code = SELECTOR if failure.keyword_value == "selector" else SCHEMA
        yield SchemaError(failure.path, problem.message, column=problem.column, code=code)


def _explain_range(failure: _KeywordFailure) -> Iterator[SchemaError]:
    low, high = failure.schema.get("minimum"), failure.schema.get("maximum")
    yield SchemaError(failure.path, f"{failure.value} is out of range ({low} to {high})")


def _explain_empty_list(failure: _KeywordFailure) -> Iterator[SchemaError]:
    yield SchemaError(failure.path, "is empty (write at least one item)")


def _explain_duplicate_item(failure: _KeywordFailure) -> Iterator[SchemaError]:
    seen: list[Any] = []
    for index, item in enumerate(failure.value):
        if item in seen:
            yield SchemaError((*failure.path, index), f"duplicate item {item!r} (remove one)")
        seen.append(item)


_EXPLAINERS: dict[str, Callable[[_KeywordFailure], Iterator[SchemaError]]] = {
    "type": _explain_type,
    "additionalProperties": _explain_unknown_field,
    "required": _explain_missing_field,
    "dependentRequired": _explain_dependent_field,
    "enum": _explain_enum,
    "const": _explain_enum,
    "pattern": _explain_pattern,
    "format": _explain_format,
    "minimum": _explain_range,
    "maximum": _explain_range,
    "minItems": _explain_empty_list,
    "uniqueItems": _explain_duplicate_item,
}
