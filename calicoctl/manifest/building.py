"""Plain values to nodes that stand nowhere: for what comes from the datastore and not from a text."""

from __future__ import annotations

import json
from collections.abc import Mapping as Dictionary
from typing import Any

from calicoctl.manifest.nodes import MappingNode, Node, ScalarNode, SequenceNode

_NO_POSITION = -1
"""Counting from 0 as nodes do: a position of line 0, which means the source as a whole."""


def mapping_node(value: Dictionary[str, Any]) -> MappingNode:
    """The node of a mapping of texts, numbers, booleans, None, lists and mappings of these."""
    mapping = MappingNode(_NO_POSITION, _NO_POSITION)
    mapping.entries = {name: (_scalar_node(name), _make_node(part)) for name, part in value.items()}
    mapping.alias = True  # like an alias, it has no places within
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
