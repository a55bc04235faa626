"""Conversion between nodes and plain values by the core schema of YAML 1.2, without a JSON schema."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping as Dictionary
from typing import Any

from calicoctl.manifest.nodes import BOOLEANS, MappingNode, Node, ScalarNode, SequenceNode, parse_number

_MAX_DEPTH = 100


class TooDeepError(ValueError):
    """A value is nested too deeply for a manifest."""


def plain_value(node: Node, depth: int = 0) -> Any:
    """Return the value of a node: quoted scalars are text, plain scalars have the type of the core schema.

    Raises:
        TooDeepError: the node is nested too deeply.
    """
    _check_depth(depth)
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


def check_depth(value: Any, depth: int = 0) -> None:
    """Raise TooDeepError if the node of a value is nested too deeply for `plain_value`."""
    _check_depth(depth)
    if isinstance(value, Dictionary):
        value = value.values()
    elif not isinstance(value, list):
        return
    for part in value:
        check_depth(part, depth + 1)


def _check_depth(depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise TooDeepError(f"is nested too deeply (at most {_MAX_DEPTH} levels)")


_NO_POSITION = -1
"""Line and column of a node without a position. It becomes line 0, the whole source."""


def mapping_node(value: Dictionary[str, Any]) -> MappingNode:
    """Return the node of a mapping of texts, numbers, booleans, None, lists and mappings of these."""
    mapping = MappingNode(_NO_POSITION, _NO_POSITION)
    mapping.entries = {name: (_scalar_node(name), _make_node(part)) for name, part in value.items()}
    mapping.alias = True  # like an alias, it has no positions inside
    return mapping


def _make_node(value: Any) -> Node:
    if isinstance(value, Dictionary):
        return mapping_node(value)
    if not isinstance(value, (list, tuple)):
        return _scalar_node(value)
    sequence = SequenceNode(_NO_POSITION, _NO_POSITION)
    sequence.items = [_make_node(part) for part in value]
    sequence.alias = True
    return sequence


def _scalar_node(value: str | float | None) -> ScalarNode:
    if isinstance(value, str):
        scalar = ScalarNode(value, "str", _NO_POSITION, _NO_POSITION)
    else:
        scalar = ScalarNode(json.dumps(value), None, _NO_POSITION, _NO_POSITION)
    scalar.alias = True
    return scalar
