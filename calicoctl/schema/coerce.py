"""Nodes to plain values of the types that a schema asks for.

YAML alone can't tell whether `1.10` is a number or the text of a label; the field can. So text stays as typed
where the schema wants a string, and a number is read by the core schema where it wants one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from calicoctl.manifest.nodes import BOOLEANS, NULLS, Mapping, Node, Scalar, Sequence, number
from calicoctl.manifest.plain import plain

Schema = dict[str, Any]


class Note(NamedTuple):
    """Something to say about the value of a node."""

    node: Node
    message: str
    warning: bool = False


Coercer = Callable[[Node, list[Note]], Any]

_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?")
_OLD_NUMBER = re.compile(r"[-+]?(?:0b_*[01][01_]*|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?)")
_OLD_BOOLEANS = {word: word in {"y", "yes", "on"} for word in ("y", "yes", "on", "n", "no", "off")}


def coercer(schema: Schema) -> Coercer:
    """The function that turns a node into the value that this schema wants.

    It takes the node and a list that it adds notes to. What does not fit comes back as a value of its own type,
    for the validator to refuse.
    """
    kind = schema.get("type")
    if kind == "object":
        return _mapping(schema)
    if kind == "array":
        return _list(coercer(schema.get("items", {})))
    return _SCALARS.get(str(kind), _untyped)


def _mapping(schema: Schema) -> Coercer:
    fields = {name: coercer(part) for name, part in schema.get("properties", {}).items()}
    others = schema.get("additionalProperties")
    other = coercer(others) if isinstance(others, dict) else None

    def coerce(node: Node, notes: list[Note]) -> Any:
        if not isinstance(node, Mapping):
            return _untyped(node, notes)
        value: dict[str, Any] = {}
        for name, (_, part) in node.entries.items():
            field = fields.get(name)
            if field is not None:
                coerced = field(part, notes)
                if coerced is not None:  # null: the field is left out
                    value[name] = coerced
            elif other is not None:
                item = other(part, notes)
                value[name] = "" if item is None else item
            else:
                value[name] = None  # unknown: the validator says so
        return value

    return coerce


def _list(item: Coercer) -> Coercer:
    def coerce(node: Node, notes: list[Note]) -> Any:
        if not isinstance(node, Sequence):
            return _untyped(node, notes)
        return [item(part, notes) for part in node.items]

    return coerce


def _string(node: Node, notes: list[Note]) -> Any:
    if not isinstance(node, Scalar):
        return _untyped(node, notes)
    if node.tag is None and len(node.text) <= 4:
        if node.text in NULLS:
            return None
        if node.text.lower() in _OLD_BOOLEANS:
            old = str(_OLD_BOOLEANS[node.text.lower()]).lower()
            notes.append(Note(node, f"'{node.text}' is taken as text; calicoctl 1.6 stored '{old}' (quote it)", True))
    return None if node.tag == "null" else node.text


def _boolean(node: Node, notes: list[Note]) -> Any:
    if isinstance(node, Scalar) and node.tag in (None, "bool"):
        if node.text in BOOLEANS:
            return BOOLEANS[node.text]
        if node.tag is not None:
            return False  # stands in for any boolean: the reader has refused the tag
        if node.text.lower() in _OLD_BOOLEANS:
            new = str(_OLD_BOOLEANS[node.text.lower()]).lower()
            notes.append(Note(node, f"'{node.text}' is no boolean in YAML 1.2 (write {new})"))
            return False
    return _untyped(node, notes)


def _number(node: Node, notes: list[Note]) -> Any:
    if not isinstance(node, Scalar) or node.tag not in (None, "int", "float"):
        return _untyped(node, notes)
    text = node.text
    if _LEADING_ZERO.fullmatch(text) or "_" in text or text.startswith("0b"):
        if _OLD_NUMBER.fullmatch(text):
            notes.append(Note(node, f"{text} is read differently by different tools (write {_advice(text)})"))
            return 4  # stands in for any number: the note is enough
        return text
    value = number(text)
    if isinstance(value, float) and not math.isfinite(value):
        notes.append(Note(node, f"{text} is not finite, or too large (write a number)"))
        return 4
    if value is None:
        # With a tag the reader has refused it: the same stands in.
        return _untyped(node, notes) if node.tag is None else 4
    return float(value) if abs(value) >= 2**63 else value


def _number_or_string(node: Node, notes: list[Note]) -> Any:
    if isinstance(node, Scalar) and node.tag in (None, "int", "float") and node.text[:1] in _NUMBER_STARTS:
        value = _number(node, notes)
        return node.text if value is None or isinstance(value, bool) else value
    return _string(node, notes)


_NUMBER_STARTS = frozenset("0123456789+-.")


def _advice(text: str) -> str:
    """The number that was most likely meant: decimal, without the zeros in front and the underscores."""
    if "0b" in text:
        value = int(text.replace("_", ""), 2)
        return str(value) if value < 2**64 else hex(value)
    sign = "-" if text.startswith("-") else ""
    digits = text.replace("_", "").lstrip("+-").lstrip("0")
    return sign + (digits if digits[:1].isdigit() else "0" + digits)


def _untyped(node: Node, _notes: list[Note]) -> Any:
    """A value of the node's own type, empty where only the type matters."""
    if isinstance(node, Mapping):
        return {}
    return [] if isinstance(node, Sequence) else plain(node)


_SCALARS: dict[str, Coercer] = {
    "string": _string,
    "boolean": _boolean,
    "integer": _number,
    "number": _number,
    str(["integer", "string"]): _number_or_string,
}
