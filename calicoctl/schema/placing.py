"""What is wrong with a document, at its place in the text and with its path as users write it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from calicoctl.errors import Position, Problem
from calicoctl.manifest import Document
from calicoctl.manifest.documents import Path
from calicoctl.manifest.nodes import Mapping, Node, Scalar, Sequence
from calicoctl.manifest.pointing import position_within
from calicoctl.schema.coerce import Note
from calicoctl.schema.explain import Explained


def problem_in(document: Document, explained: Explained) -> Problem:
    """A problem with the place of a field, or of its key, or of a character (from 1) of its text."""
    path, message, at_key, column, code = explained
    position = document.locate(path, key=at_key)
    if column is not None:
        position = _inside(document, path, column) or position
    return Problem(position, document.subject, field_path(path), message, code)


def _inside(document: Document, path: Path, column: int) -> Position | None:
    node = document.find(path)
    return position_within(document, node, column) if isinstance(node, Scalar) else None


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


def paths_of(root: Node, notes: list[Note]) -> Iterator[Path]:
    """The paths to the nodes of notes, in one walk, and only when there is something to say.

    A node within an anchored one stands in several places; notes come in the order of the document.
    """
    wanted = {id(note.node) for note in notes}
    places: dict[int, list[_Step]] = {node: [] for node in wanted}
    stack: list[tuple[Node, _Step]] = [(root, None)] if notes else []
    while stack:
        node, way = stack.pop()
        if id(node) in wanted:
            places[id(node)].append(way)
        stack.extend(reversed([(part, (step, way)) for step, part in _parts(node)]))
    for note in notes:
        ways = places[id(note.node)]
        yield _unrolled(ways.pop(0) if len(ways) > 1 else ways[0])


_Step = tuple["str | int", Any] | None
"""The last step of a path, and the one before it: cheap to extend at any depth."""


def _unrolled(way: _Step) -> Path:
    steps: list[str | int] = []
    while way:
        step, way = way
        steps.append(step)
    return tuple(reversed(steps))


def _parts(node: Node) -> Iterator[tuple[str | int, Node]]:
    if isinstance(node, Mapping):
        yield from ((name, part) for name, (_, part) in node.entries.items())
    elif isinstance(node, Sequence):
        yield from enumerate(node.items)
