"""Node tree of a manifest: scalars, mappings and sequences with positions.

Lines and columns are counted from 0, as in libyaml; `Document` converts them to positions. A node with `alias` has the
position of the alias or merge key, where problems inside it are reported.
"""

from __future__ import annotations

import copy
import math
import re
from typing import Union

Node = Union["ScalarNode", "MappingNode", "SequenceNode"]


class ScalarNode:
    """A scalar with its unconverted text.

    `tag` is None for a plain scalar, "str" for a quoted one, and "str", "int", "float", "bool" or "null" for a scalar
    with a core tag such as `!!int`.
    """

    __slots__ = ("alias", "column", "line", "tag", "text")
    size = 1

    def __init__(self, text: str, tag: str | None, line: int, column: int) -> None:
        self.text = text
        self.tag = tag
        self.line = line
        self.column = column
        self.alias = False

    @property
    def is_null(self) -> bool:
        """Whether this is null in the core schema: empty, `~` or `null`."""
        return self.tag == "null" or (self.tag is None and self.text in NULLS)


class MappingNode:
    """A mapping: text of each key to its scalar and value. `size` is the number of nodes in the tree, for aliases."""

    __slots__ = ("alias", "column", "entries", "line", "size")

    def __init__(self, line: int, column: int) -> None:
        self.entries: dict[str, tuple[ScalarNode, Node]] = {}
        self.line = line
        self.column = column
        self.alias = False
        self.size = 1

    def get(self, key: str) -> Node | None:
        """Return the value of `key`, or None."""
        entry = self.entries.get(key)
        return entry[1] if entry else None

    def get_text(self, key: str) -> str:
        """Return the text of the scalar at `key`; empty if it is missing, null or not a scalar."""
        node = self.get(key)
        return node.text if isinstance(node, ScalarNode) and not node.is_null else ""


class SequenceNode:
    """A sequence of nodes. `size` is the number of nodes in the tree, for aliases."""

    __slots__ = ("alias", "column", "items", "line", "size")

    def __init__(self, line: int, column: int) -> None:
        self.items: list[Node] = []
        self.line = line
        self.column = column
        self.alias = False
        self.size = 1


def is_null(node: Node) -> bool:
    """Whether the node is a scalar that is null in the core schema."""
    return isinstance(node, ScalarNode) and node.is_null


def single_quote(text: str) -> str:
    """Return the text as a YAML scalar in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def copy_at(node: Node, line: int, column: int) -> Node:
    """Return the node with the position of an alias. The children are shared, not copied."""
    placed = copy.copy(node)
    placed.line, placed.column, placed.alias = line, column, True
    return placed


# Core schema of YAML 1.2 (10.3.2): without `yes`, `on` and base 60.
NULLS = frozenset(("", "~", "null", "Null", "NULL"))
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def parse_number(text: str) -> int | float | None:
    """Return the number of a plain scalar in the core schema, or None if it is not a number.

    Integral numbers are returned as int, also `4.0` and `1e3`, which JSON Schema accepts as integers. Numbers beyond
    the range of float are infinite: Python limits the number of digits of an int, and no field has such a value.
    """
    if INTEGER.fullmatch(text):
        if text[:2] in {"0o", "0x"}:
            return int(text, 0) if len(text) <= _MAX_DIGITS else math.inf
        return int(text) if len(text) <= _MAX_DIGITS else _int_if_integral(float(text))
    if not FLOAT.fullmatch(text):
        return float(text.replace(".", "", 1)) if NOT_FINITE.fullmatch(text) else None
    return _int_if_integral(float(text))


_MAX_DIGITS = 256
"""Maximum number of digits that fit a float, in any base."""


def _int_if_integral(value: float) -> int | float:
    return int(value) if value.is_integer() else value
