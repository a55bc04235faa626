"""Document: one resource of a manifest as a node tree, with the positions of its fields."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.errors import Position
from calicoctl.lazy_dataclass import dataclass
from calicoctl.manifest.nodes import MappingNode, Node, ScalarNode, SequenceNode, is_null
from calicoctl.manifest.sources import Source
from calicoctl.printable import clip, escape_unprintable
from calicoctl.resource import EmptyField, FieldPath


@dataclass(frozen=True)
class Document:
    """One resource of a manifest, not yet validated."""

    source: Source
    node: MappingNode

    @property
    def subject(self) -> str:
        """Name of the resource in messages: `kind/name`, with `?` for missing parts."""
        metadata = self.node.get("metadata")
        name = metadata.get_text("name") if isinstance(metadata, MappingNode) else ""
        return escape_unprintable(clip(f"{self.node.get_text('kind') or '?'}/{name or '?'}"))

    def locate_field(self, path: FieldPath, *, key: bool = False) -> Position:
        """Return the position of the field at `path`, or of its key.

        The position of a missing field is that of its parent, the position of a field in an alias that of the alias.
        """
        node: Node = self.node
        for depth, step in enumerate(path):
            entry = _child(node, step)
            if entry is None or node.alias:
                break
            if key and depth == len(path) - 1 and entry[0] is not None:
                return self.position(entry[0])
            node = entry[1]
        return self.position(node)

    def position(self, node: Node) -> Position:
        """Return the position of a node of this document."""
        return self.source.position(node.line, node.column)

    def empty_fields(self) -> Iterator[EmptyField]:
        """Yield the fields without a value: null, or an empty text, list or mapping."""
        return _empty_fields(self.node, ())

    def find_node(self, path: FieldPath) -> Node | None:
        """Return the node at `path`, or None."""
        node: Node = self.node
        for step in path:
            entry = _child(node, step)
            if entry is None:
                return None
            node = entry[1]
        return node


def _empty_fields(node: Node, path: FieldPath) -> Iterator[EmptyField]:
    if isinstance(node, MappingNode) and node.entries:
        for key, (_, value) in node.entries.items():
            yield from _empty_fields(value, (*path, key))
    elif isinstance(node, SequenceNode) and node.items:
        for index, item in enumerate(node.items):
            yield from _empty_fields(item, (*path, index))
    elif is_null(node) or not (isinstance(node, ScalarNode) and node.text):
        yield EmptyField(path, is_null(node))


def _child(node: Node, step: str | int) -> tuple[ScalarNode | None, Node] | None:
    if isinstance(node, MappingNode) and isinstance(step, str):
        return node.entries.get(step)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.items):
        return None, node.items[step]
    return None
