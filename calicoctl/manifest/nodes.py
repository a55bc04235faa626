"""The node tree of a manifest: scalars, mappings and sequences that know where they stand.

Lines and columns count from 0 here, as libyaml counts; `Document` turns them into positions. An `alias` node
stands where the alias (or merge key) was written, so that what is wrong inside it is reported there.
"""

from __future__ import annotations

import copy
import math
import re
from typing import Union

Node = Union["ScalarNode", "MappingNode", "SequenceNode"]


class ScalarNode:
    """A scalar with its text as typed.

    `tag` is None for a plain one, "str" for a quoted one, and one of "str", "int", "float", "bool", "null" where a
    core tag such as `!!int` was written.
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
        """Whether this is null of the core schema: nothing, `~`, `null`."""
        return self.tag == "null" or (self.tag is None and self.text in NULLS)


class MappingNode:
    """A mapping: text of each key to the key's scalar and its value. `size` counts all nodes within."""

    __slots__ = ("alias", "column", "entries", "line", "size")

    def __init__(self, line: int, column: int) -> None:
        self.entries: dict[str, tuple[ScalarNode, Node]] = {}
        self.line = line
        self.column = column
        self.alias = False
        self.size = 1

    def get(self, key: str) -> Node | None:
        """The value of `key`, or None when it is absent."""
        entry = self.entries.get(key)
        return entry[1] if entry else None


class SequenceNode:
    """A sequence of nodes. `size` counts all nodes within."""

    __slots__ = ("alias", "column", "items", "line", "size")

    def __init__(self, line: int, column: int) -> None:
        self.items: list[Node] = []
        self.line = line
        self.column = column
        self.alias = False
        self.size = 1


def copy_at(node: Node, line: int, column: int) -> Node:
    """The same node standing at an alias. The children are shared, not copied."""
    placed = copy.copy(node)
    placed.line, placed.column, placed.alias = line, column, True
    return placed


# The core schema of YAML 1.2 (10.3.2), which neither knows `yes`, `on` nor base 60.
NULLS = frozenset(("", "~", "null", "Null", "NULL"))
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def parse_number(text: str) -> int | float | None:
    """The number that a plain scalar stands for in the core schema, or None when it is not one.

    A number with an integral value comes back as int, also `4.0` and `1e3` (JSON Schema takes both for integers).
    What no float can hold is infinite: nothing here means such a number, and Python counts its digits.
    """
    if INTEGER.fullmatch(text):
        if text[:2] in {"0o", "0x"}:
            return int(text, 0) if len(text) <= _MAX_DIGITS else math.inf
        return int(text) if len(text) <= _MAX_DIGITS else _int_if_integral(float(text))
    if not FLOAT.fullmatch(text):
        return float(text.replace(".", "", 1)) if NOT_FINITE.fullmatch(text) else None
    return _int_if_integral(float(text))


_MAX_DIGITS = 256
"""So many digits fit a float, in any base."""


def _int_if_integral(value: float) -> int | float:
    return int(value) if value.is_integer() else value
