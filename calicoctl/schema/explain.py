"""Why a value does not fit its schema, in words that say what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from calicoctl.findings import SCHEMA, SELECTOR
from calicoctl.manifest.documents import Path
from calicoctl.schema.formats import FORMATS
from calicoctl.schema.store import Schema
from calicoctl.schema.suggestion import suggestion

if TYPE_CHECKING:
    from jsonschema import ValidationError


class Explained(NamedTuple):
    """A problem with the value at `path`, or with the key there; `column` counts within the value's text."""

    path: Path
    message: str
    at_key: bool = False
    column: int | None = None
    code: str = SCHEMA


def explain(schema: Schema, value: Any) -> Iterator[Explained]:
    """Everything that is wrong with the value, by the schema that has refused it."""
    from jsonschema import Draft202012Validator, FormatChecker

    checker = FormatChecker(formats=())
    for name, check in FORMATS.items():
        checker.checks(name)(lambda text, check=check: not isinstance(text, str) or check(text) is None)
    validator = Draft202012Validator(schema, format_checker=checker)
    # Two keywords can say the same of one key: its pattern and its length.
    yield from dict.fromkeys(each for error in validator.iter_errors(value) for each in _explain(_failure(error)))


class _Failure(NamedTuple):
    """One keyword of a schema that a value fails."""

    path: Path
    keyword: str
    wanted: Any
    value: Any
    schema: dict[str, Any]
    text: str
    of_key: bool


def _failure(error: ValidationError) -> _Failure:
    schema: Any = error.schema
    of_key = "propertyNames" in error.absolute_schema_path
    path = tuple(error.absolute_path)
    return _Failure(path, str(error.validator), error.validator_value, error.instance, schema, error.message, of_key)


def _explain(failure: _Failure) -> Iterator[Explained]:
    words = _WORDS.get(failure.keyword)
    if failure.of_key:
        message = failure.schema.get("patternErrorMessage", failure.text)
        yield Explained((*failure.path, failure.value), f"{failure.value!r}: {message}", at_key=True)
    elif words:
        yield from words(failure)
    else:
        yield Explained(failure.path, failure.text)


def _type(failure: _Failure) -> Iterator[Explained]:
    wanted = " or ".join(_TYPES[name] for name in _as_list(failure.wanted))
    yield Explained(failure.path, f"expected {wanted}, found {_found(failure.value)}{_unquote(failure)}")


_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _found(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text {value!r}"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else str(value)


def _unquote(failure: _Failure) -> str:
    """The hint for a number or a boolean in quotes, and for one value where a list belongs."""
    wanted, value = _as_list(failure.wanted), failure.value
    if "array" in wanted and isinstance(value, str) and value.isprintable():
        return f" (write [{value}])"
    if isinstance(value, str) and value:
        if {"integer", "number"} & set(wanted) and value.lstrip("+-").replace(".", "", 1).isdigit():
            return f" (write {value} without quotes)"
        if "boolean" in wanted and value in {"true", "false"}:
            return f" (write {value} without quotes)"
    return ""


def _unknown(failure: _Failure) -> Iterator[Explained]:
    known = failure.schema.get("properties", {})
    for name in failure.value:
        if name not in known:
            hint = suggestion(name, list(known))
            yield Explained((*failure.path, name), f"unknown field {name!r}{hint}", at_key=True)


def _missing(failure: _Failure) -> Iterator[Explained]:
    written = {name.lower() for name in failure.value}
    for name in failure.wanted:
        if name.lower() not in written and f"'{name}'" in failure.text:
            part = failure.schema["properties"][name]
            write = f" (write {name}: {part['const']})" if "const" in part else ""
            yield Explained(failure.path, f"'{name}' is missing{write}")


def _dependent(failure: _Failure) -> Iterator[Explained]:
    for name, needed in failure.wanted.items():
        missing = [other for other in needed if other not in failure.value]
        if name in failure.value and missing:
            yield Explained((*failure.path, name), f"'{name}' needs '{missing[0]}' beside it", at_key=True)


def _enumeration(failure: _Failure) -> Iterator[Explained]:
    allowed = _as_list(failure.wanted)
    value = failure.value
    if value is None or isinstance(value, (bool, dict, list)) or isinstance(value, str) != isinstance(allowed[0], str):
        return  # the type is what is wrong
    listed = ", ".join(repr(item) for item in allowed)
    if len(allowed) == 1:
        yield Explained(failure.path, f"{value!r} has to be {listed}")
        return
    hint = suggestion(value, [item for item in allowed if isinstance(item, str)]) if isinstance(value, str) else ""
    yield Explained(failure.path, f"{value!r} is not one of {listed}{hint}")


def _pattern(failure: _Failure) -> Iterator[Explained]:
    message = failure.schema.get("patternErrorMessage", f"has to match {failure.wanted}")
    hint = suggestion(failure.value, failure.schema["examples"]) if "examples" in failure.schema else ""
    yield Explained(failure.path, f"{failure.value!r}: {message}{hint}")


def _format(failure: _Failure) -> Iterator[Explained]:
    problem = FORMATS[str(failure.wanted)](failure.value)
    if problem:
        code = SELECTOR if failure.wanted == "selector" else SCHEMA
        yield Explained(failure.path, problem.message, column=problem.column, code=code)


def _bound(failure: _Failure) -> Iterator[Explained]:
    low, high = failure.schema.get("minimum"), failure.schema.get("maximum")
    yield Explained(failure.path, f"{failure.value} is out of range ({low} to {high})")


def _too_few(failure: _Failure) -> Iterator[Explained]:
    yield Explained(failure.path, "is empty (write one at least)")


def _unique(failure: _Failure) -> Iterator[Explained]:
    seen: list[Any] = []
    for index, item in enumerate(failure.value):
        if item in seen:
            yield Explained((*failure.path, index), f"{item!r} is there twice (leave one out)")
        seen.append(item)


_WORDS: dict[str, Callable[[_Failure], Iterator[Explained]]] = {
    "type": _type,
    "additionalProperties": _unknown,
    "required": _missing,
    "dependentRequired": _dependent,
    "enum": _enumeration,
    "const": _enumeration,
    "pattern": _pattern,
    "format": _format,
    "minimum": _bound,
    "maximum": _bound,
    "minItems": _too_few,
    "uniqueItems": _unique,
}
