"""Nodes to plain values by the rules of YAML 1.2 alone, where no schema says what a scalar is."""

from __future__ import annotations

import math
from typing import Any

from calicoctl.manifest.nodes import BOOLEANS, MappingNode, Node, SequenceNode, parse_number

_MAX_DEPTH = 100


class TooDeepError(ValueError):
    """A value is nested deeper than any manifest is."""


def plain_value(node: Node, depth: int = 0) -> Any:
    """The value of a node: quoted scalars are text, plain ones what the core schema takes them for.

    Raises:
        TooDeepError: it is nested too deeply.
    """
    if depth > _MAX_DEPTH:
        raise TooDeepError(f"is nested too deeply (at most {_MAX_DEPTH} levels)")
    if isinstance(node, MappingNode):
        return {name: plain_value(part, depth + 1) for name, (_, part) in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [plain_value(item, depth + 1) for item in node.items]
    if node.tag == "str":
        return node.text
    if node.is_null:
        return None
    if node.text in BOOLEANS:
        return BOOLEANS[node.text]
    value = parse_number(node.text)
    return node.text if value is None or not math.isfinite(value) else value
