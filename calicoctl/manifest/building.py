"""Plain values to nodes that stand nowhere: for what comes from the datastore and not from a text."""

from __future__ import annotations

import json
from collections.abc import Mapping as Dictionary
from typing import Any

from calicoctl.manifest.nodes import Mapping, Node, Scalar, Sequence

_NOWHERE = -1
"""Counting from 0 as nodes do: a position of line 0, which means the source as a whole."""


def mapping_of(value: Dictionary[str, Any]) -> Mapping:
    """The node of a mapping of texts, numbers, booleans, None, lists and mappings of these."""
    mapping = Mapping(_NOWHERE, _NOWHERE)
    mapping.entries = {name: (_scalar(name), _node(part)) for name, part in value.items()}
    mapping.alias = True  # like an alias, it has no places within
    return mapping


def _node(value: Any) -> Node:
    if isinstance(value, Dictionary):
        return mapping_of(value)
    if not isinstance(value, (list, tuple)):
        return _scalar(value)
    sequence = Sequence(_NOWHERE, _NOWHERE)
    sequence.items = [_node(part) for part in value]
    sequence.alias = True
    return sequence


def _scalar(value: str | float | None) -> Scalar:
    if isinstance(value, str):
        scalar = Scalar(value, "str", _NOWHERE, _NOWHERE)
    else:
        scalar = Scalar(json.dumps(value), None, _NOWHERE, _NOWHERE)
    scalar.alias = True
    return scalar
