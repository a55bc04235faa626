"""What is wrong with a document, at its place in the text and with its path as users write it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from calicoctl.errors import Position, Problem
from calicoctl.manifest import Document
from calicoctl.manifest.documents import Path
from calicoctl.manifest.nodes import MappingNode, Node, ScalarNode, SequenceNode
from calicoctl.manifest.positions import position_in_scalar
from calicoctl.schema.coerce import CoercionNote
from calicoctl.schema.explain import SchemaError


def problem_at(document: Document, error: SchemaError) -> Problem:
    """A problem with the place of a field, or of its key, or of a character (from 1) of its text."""
    path, message, at_key, column, code = error
    position = document.locate_field(path, key=at_key)
    if column is not None:
        position = _position_in_text(document, path, column) or position
    return Problem(position, document.subject, field_path(path), message, code)


def _position_in_text(document: Document, path: Path, column: int) -> Position | None:
    node = document.find_node(path)
    return position_in_scalar(document, node, column) if isinstance(node, ScalarNode) else None


def field_path(path: Path) -> str:
    """The path as users write it: `spec.ingress[0].action`; keys with dots or slashes in brackets."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isidentifier():
            text += f".{step}" if text else step
        else:
            text += f"[{step!r}]"
    return text


def note_paths(root: Node, notes: list[CoercionNote]) -> Iterator[Path]:
    """The paths to the nodes of notes, in one walk, and only when there is something to say.

    A node within an anchored one stands in several places; notes come in the order of the document.
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
"""The last step of a path, and the one before it: cheap to extend at any depth."""


def _unroll_path(link: _PathLink) -> Path:
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
