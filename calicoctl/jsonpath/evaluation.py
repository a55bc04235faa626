"""Evaluation of JSONPath templates, with the results of kubectl (client-go `util/jsonpath`)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from calicoctl.jsonpath.nodes import (
    Filter,
    Index,
    JsonPathError,
    KeyStep,
    Literal,
    Path,
    QuotedKey,
    RangeBlock,
    Recursive,
    Slice,
    Step,
    Template,
    Union,
    Wildcard,
)

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def render_template(template: Template, root: object) -> str:
    """Return the text of a template for a JSON value.

    Raises:
        JsonPathError: a step cannot be applied to a value, such as an index to a mapping.
    """
    return "".join(_render(template, root))


def _render(template: Template, root: object) -> Iterator[str]:
    for part in template:
        if isinstance(part, str):
            yield part
        elif isinstance(part, RangeBlock):
            for value in find_values(part.path, root):
                yield from _render(part.body, value)
        else:
            yield " ".join(map(format_value, find_values(part, root)))


def format_value(value: object) -> str:
    """Return the text of a value: a text as it is, a mapping or a list as JSON with sorted keys."""
    if isinstance(value, str):
        return value
    import json

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def find_values(path: Path, root: object) -> list[Any]:
    """Return the values at a path. A field that does not exist has no value.

    Raises:
        JsonPathError: as for `render_template`.
    """
    values: list[Any] = [root]
    for step in path:
        values = _apply(step, values)
    return values


def _apply(step: Step, values: Sequence[Any]) -> list[Any]:
    if isinstance(step, Union):
        return [found for path in step.paths for value in values for found in find_values(path, value)]
    return [found for value in values for found in _apply_to_one(step, value)]


def _apply_to_one(step: Step, value: Any) -> list[Any]:
    if isinstance(step, Literal):
        return [step.value]
    if value is None:
        return []
    return list(_FUNCTIONS[type(step)](step, value))


def _field(step: KeyStep, value: Any) -> list[Any]:
    return [value[step.name]] if isinstance(value, dict) and step.name in value else []


def _quoted_key(step: QuotedKey, value: Any) -> list[Any]:
    if isinstance(value, dict) and step.text in value:
        return [value[step.text]]
    return find_values(step.path, value)


def _index(step: Index, value: Any) -> list[Any]:
    items = _require_list(value, f"index {step.number}")
    if not -len(items) <= step.number < len(items):
        raise JsonPathError(f"index {step.number} is out of range (the list has {len(items)} items)")
    return [items[step.number]]


def _slice(step: Slice, value: Any) -> list[Any]:
    items = _require_list(value, "a slice")
    return items[step.start : step.stop : step.step]


def _children(_step: Wildcard, value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


def _containers(step: Recursive, value: Any) -> Iterator[Any]:
    """Yield the mappings and lists in a value that are not empty."""
    if children := _children(Wildcard(), value):
        yield value
        for child in children:
            yield from _containers(step, child)


def _filter(step: Filter, value: Any) -> list[Any]:
    return [item for item in _require_list(value, "a filter") if _matches(step, item)]


def _matches(step: Filter, item: Any) -> bool:
    left = find_values(step.left, item)
    if not step.operator:
        return bool(left)
    right = find_values(step.right, item)
    if len(left) > 1 or len(right) > 1:
        raise JsonPathError("a filter compares single values (the path has several results)")
    return bool(left and right) and _compare(step.operator, left[0], right[0])


def _compare(name: str, left: Any, right: Any) -> bool:
    """Compare two values. Values of different types are different, but cannot be ordered."""
    same_type = _type_name(left) == _type_name(right)
    if name in {"==", "!="}:
        return _COMPARISONS[name](left, right) if same_type else name == "!="
    if not same_type or not isinstance(left, (str, int, float)) or isinstance(left, bool):
        raise JsonPathError(f"cannot compare {format_value(left)} {name} {format_value(right)}")
    return _COMPARISONS[name](left, right)


def _type_name(value: object) -> str:
    """Return the JSON type: an int and a float are both numbers, and a bool is not a number."""
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def _require_list(value: Any, use: str) -> list[Any]:
    if not isinstance(value, list):
        name = "a mapping" if isinstance(value, dict) else format_value(value)
        raise JsonPathError(f"{use} requires a list, found {name}")
    return value


_FUNCTIONS: Mapping[type, Callable[[Any, Any], Any]] = {
    KeyStep: _field,
    QuotedKey: _quoted_key,
    Index: _index,
    Slice: _slice,
    Wildcard: _children,
    Recursive: _containers,
    Filter: _filter,
}
