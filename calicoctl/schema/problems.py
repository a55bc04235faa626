"""Schema errors as problems with the position and the path of a field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from calicoctl.errors import Position, Problem
from calicoctl.findings import DOCUMENT
from calicoctl.manifest import Document
from calicoctl.manifest.nodes import MappingNode, Node, ScalarNode, SequenceNode
from calicoctl.manifest.positions import position_in_scalar
from calicoctl.resource import FieldPath, field_path
from calicoctl.schema.coerce import CoercionNote
from calicoctl.schema.explain import SchemaError


def problem_at(document: Document, error: SchemaError) -> Problem:
    """Return a problem at the position of a field, of its key, or of a character of its text."""
    path, message, at_key, column, code = error
    position = document.locate_field(path, key=at_key)
    if column is not None:
        position = _position_in_text(document, path, column) or position
    return Problem(position, document.subject, field_path(path), message, code)


def kind_name(document: Document) -> str:
    """Return the text of the field `kind`; empty if it is missing or not a scalar."""
    node = document.node.get("kind")
    return node.text if isinstance(node, ScalarNode) else ""


def missing_kind_error(kinds: Iterable[str]) -> SchemaError:
    """Return the error of a document without a kind; `kinds` are the allowed ones."""
    return SchemaError(("kind",), f"'kind' is missing (kinds are {', '.join(kinds)})", code=DOCUMENT)


def _position_in_text(document: Document, path: FieldPath, column: int) -> Position | None:
    node = document.find_node(path)
    return position_in_scalar(document, node, column) if isinstance(node, ScalarNode) else None


def note_paths(root: Node, notes: list[CoercionNote]) -> Iterator[FieldPath]:
    """Yield the path of the node of each note.

    The notes must be in document order. A node that is part of an anchored node has several paths, one for each note.
    """
    node_ids = {id(note.node) for note in notes}
    links_by_node: dict[int, list[_PathLink]] = {node: [] for node in node_ids}
    stack: list[tuple[Node, _PathLink]] = [(root, None)] if notes else []
    while stack:
        node, link = stack.pop()
        if id(node) in node_ids:
            links_by_node[id(node)].append(link)
        stack.extend(reversed([(part, (step, link)) for step, part in _children(node)]))
    for note in notes:
        links = links_by_node[id(note.node)]
        yield _unroll_path(links.pop(0) if len(links) > 1 else links[0])


_PathLink = tuple["str | int", Any] | None
"""Last step of a path and the link before it. To add a step takes the same time at any depth."""


def _unroll_path(link: _PathLink) -> FieldPath:
    steps: list[str | int] = []
    while link:
        step, link = link
        steps.append(step)
    return tuple(reversed(steps))


def _children(node: Node) -> Iterator[tuple[str | int, Node]]:
    if isinstance(node, MappingNode):
        yield from ((name, part) for name, (_, part) in node.entries.items())
    elif isinstance(node, SequenceNode):
        yield from enumerate(node.items)
