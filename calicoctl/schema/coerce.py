"""Conversion of YAML nodes to plain values of the types in a schema.

In YAML, `1.10` can be a number or the text of a label. The schema of the field decides: a string is the text as
written, a number is parsed by the YAML 1.2 core schema.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from calicoctl.manifest.nodes import BOOLEANS, NULLS, MappingNode, Node, ScalarNode, SequenceNode, parse_number
from calicoctl.manifest.plain import plain_value

Schema = dict[str, Any]


class CoercionNote(NamedTuple):
    """A problem or warning for the value of a node."""

    node: Node
    message: str
    warning: bool = False


Coercer = Callable[[Node, list[CoercionNote]], Any]

_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?")
_YAML_1_1_NUMBER = re.compile(r"[-+]?(?:0b_*[01][01_]*|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?)")
_YAML_1_1_BOOLEANS = {word: word in {"y", "yes", "on"} for word in ("y", "yes", "on", "n", "no", "off")}


def make_coercer(schema: Schema) -> Coercer:
    """Return the function from a node to a value of the schema's type.

    The function takes the node and a list to which it adds notes. For a node of another type it returns a value of
    that type, which the validator then rejects.
    """
    kind = schema.get("type")
    if kind == "object":
        return _mapping_coercer(schema)
    if kind == "array":
        return _list_coercer(make_coercer(schema.get("items", {})))
    return _SCALAR_COERCERS.get(str(kind), _coerce_untyped)


def _mapping_coercer(schema: Schema) -> Coercer:
    field_coercers = {name: make_coercer(part) for name, part in schema.get("properties", {}).items()}
    additional_schema = schema.get("additionalProperties")
    coerce_additional = make_coercer(additional_schema) if isinstance(additional_schema, dict) else None

    def coerce(node: Node, notes: list[CoercionNote]) -> Any:
        if not isinstance(node, MappingNode):
            return _coerce_untyped(node, notes)
        value: dict[str, Any] = {}
        for name, (_, part) in node.entries.items():
            coerce_field = field_coercers.get(name)
            if coerce_field is not None:
                coerced = coerce_field(part, notes)
                if coerced is not None:  # null: the field is absent
                    value[name] = coerced
            elif coerce_additional is not None:
                item = coerce_additional(part, notes)
                value[name] = "" if item is None else item
            else:
                value[name] = None  # unknown: the validator reports it
        return value

    return coerce


def _list_coercer(coerce_item: Coercer) -> Coercer:
    def coerce(node: Node, notes: list[CoercionNote]) -> Any:
        if not isinstance(node, SequenceNode):
            return _coerce_untyped(node, notes)
        return [coerce_item(part, notes) for part in node.items]

    return coerce


def _coerce_string(node: Node, notes: list[CoercionNote]) -> Any:
    if not isinstance(node, ScalarNode):
        return _coerce_untyped(node, notes)
    if node.tag is None and len(node.text) <= 4:
        if node.text in NULLS:
            return None
        if node.text.lower() in _YAML_1_1_BOOLEANS:
            old_value = str(_YAML_1_1_BOOLEANS[node.text.lower()]).lower()
            notes.append(
                CoercionNote(
                    node, f"'{node.text}' is taken as text; calicoctl 1.6 stored '{old_value}' (quote it)", True
                )
            )
    return None if node.tag == "null" else node.text


def _coerce_boolean(node: Node, notes: list[CoercionNote]) -> Any:
    if isinstance(node, ScalarNode) and node.tag in (None, "bool"):
        if node.text in BOOLEANS:
            return BOOLEANS[node.text]
        if node.tag is not None:
            return False  # placeholder: the reader has rejected the tag
        if node.text.lower() in _YAML_1_1_BOOLEANS:
            new_value = str(_YAML_1_1_BOOLEANS[node.text.lower()]).lower()
            notes.append(CoercionNote(node, f"'{node.text}' is not a boolean in YAML 1.2 (write {new_value})"))
            return False
    return _coerce_untyped(node, notes)


def _coerce_number(node: Node, notes: list[CoercionNote]) -> Any:
    if not isinstance(node, ScalarNode) or node.tag not in (None, "int", "float"):
        return _coerce_untyped(node, notes)
    text = node.text
    if _LEADING_ZERO.fullmatch(text) or "_" in text or text.startswith("0b"):
        if _YAML_1_1_NUMBER.fullmatch(text):
            notes.append(
                CoercionNote(node, f"{text} is read differently by different tools (write {_suggest_number(text)})")
            )
            return 4  # placeholder: the note reports the problem
        return text
    value = parse_number(text)
    if isinstance(value, float) and not math.isfinite(value):
        notes.append(CoercionNote(node, f"{text} is not finite, or too large (write a number)"))
        return 4
    if value is None:
        return _coerce_untyped(node, notes) if node.tag is None else 4  # the reader has rejected the tag
    return float(value) if abs(value) >= 2**63 else value


def _coerce_number_or_string(node: Node, notes: list[CoercionNote]) -> Any:
    if isinstance(node, ScalarNode) and node.tag in (None, "int", "float") and node.text[:1] in _NUMBER_STARTS:
        value = _coerce_number(node, notes)
        return node.text if value is None or isinstance(value, bool) else value
    return _coerce_string(node, notes)


_NUMBER_STARTS = frozenset("0123456789+-.")


def _suggest_number(text: str) -> str:
    """Return the likely intended number: decimal, without leading zeros and underscores."""
    if "0b" in text:
        value = int(text.replace("_", ""), 2)
        return str(value) if value < 2**64 else hex(value)
    sign = "-" if text.startswith("-") else ""
    digits = text.replace("_", "").lstrip("+-").lstrip("0")
    return sign + (digits if digits[:1].isdigit() else "0" + digits)


def _coerce_untyped(node: Node, _notes: list[CoercionNote]) -> Any:
    """Return a value of the node's own type. Mappings and lists are empty: only their type matters."""
    if isinstance(node, MappingNode):
        return {}
    return [] if isinstance(node, SequenceNode) else plain_value(node)


_SCALAR_COERCERS: dict[str, Coercer] = {
    "string": _coerce_string,
    "boolean": _coerce_boolean,
    "integer": _coerce_number,
    "number": _coerce_number,
    str(["integer", "string"]): _coerce_number_or_string,
}
