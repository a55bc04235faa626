"""Reader of drafts: node trees whose scalars have no positions, in a quarter of the CPU time of `yaml_reader`.

The documents of valid manifests need no other positions than their own. A draft is equal to the tree that
`yaml_reader` makes, except for the lines of scalars and of lists in brackets: a request for one raises
`PositionRequiredError`, and the caller reads the text again with `yaml_reader`. So all messages come from there.
"""

from __future__ import annotations

from calicoctl.manifest.lines import (
    BLANK,
    DOCUMENT_START,
    Line,
    SharedScalar,
    UnsupportedYamlError,
    known_lines,
    parse_line,
)
from calicoctl.manifest.nodes import MappingNode, Node, ScalarNode, SequenceNode

_MAX_DEPTH = 100


def read_drafts(text: str) -> list[Node] | None:
    """Return the documents of a text; None if only libyaml can read it, and for all texts with problems."""
    reader = _DraftReader()
    try:
        reader.read(text)
    except UnsupportedYamlError:
        return None
    return reader.roots


class _DraftReader:
    """Builds the node trees of a text line by line."""

    def __init__(self) -> None:
        self.roots: list[Node] = []
        self._stack: list[MappingNode | SequenceNode] = []
        """The open collections. The column of each is that of all its keys or dashes."""
        self._open_key: ScalarNode | None = None
        """Key of the innermost mapping that has no value so far."""
        self._is_started = False
        """Whether a document has started with `---`."""

    def read(self, text: str) -> None:
        """Add the roots of all documents."""
        mapping: MappingNode | None = None  # the innermost collection, if it is one
        for number, line_text in enumerate(text.split("\n")):
            line = known_lines.get(line_text) or parse_line(line_text)
            if line is BLANK:
                continue
            column, is_item, key, entry, _ = line
            if is_item or mapping is None or mapping.column != column or self._open_key is not None:
                mapping = self._enter(number, line)
                if mapping is None:
                    continue
            if key is None or key in mapping.entries:
                raise UnsupportedYamlError
            if entry is None:
                self._open_key = line.first  # type: ignore[assignment] # the line has a key
            else:
                mapping.entries[key] = entry
        self._end_document()

    def _end_document(self) -> None:
        if not self._stack:
            raise UnsupportedYamlError
        self._close(-1)

    def _enter(self, number: int, line: Line) -> MappingNode | None:
        """Open and close collections before a line, and add its item. Return the mapping of its key, if it has one."""
        if line is DOCUMENT_START:
            self._start_document()
            return None
        column, is_item, key, _, first = line
        if self._opens_collection(column, is_item=is_item):
            self._open(SequenceNode(number, column) if is_item else MappingNode(number, column))
        else:
            self._close(column, is_item=is_item)
        top = self._stack[-1]
        if isinstance(top, MappingNode):
            return top
        if first is None:
            raise UnsupportedYamlError
        if key is None:
            top.items.append(first)
            return None
        mapping = MappingNode(number, first.column)
        self._open(mapping)
        return mapping

    def _start_document(self) -> None:
        if self._is_started or self._stack:
            self._end_document()
        self._is_started = True

    def _opens_collection(self, column: int, *, is_item: bool) -> bool:
        """Whether a line starts the root, or the value of the open key. Lists may start in the column of their key."""
        if not self._stack:
            return True
        own_column = self._stack[-1].column
        return self._open_key is not None and (column > own_column or (is_item and column == own_column))

    def _open(self, node: MappingNode | SequenceNode) -> None:
        """Add a collection as the root, as an item, or as the value of the open key."""
        if not self._stack:
            self.roots.append(node)
        elif isinstance(top := self._stack[-1], SequenceNode):
            top.items.append(node)
        elif self._open_key is not None:
            top.entries[self._open_key.text] = (self._open_key, node)
            self._open_key = None
        self._stack.append(node)
        if len(self._stack) > _MAX_DEPTH:
            raise UnsupportedYamlError

    def _close(self, column: int, *, is_item: bool = False) -> None:
        """Close the collections up to that of a line; -1 closes all."""
        if key := self._open_key:
            self._open_key = None
            parent = self._stack[-1]
            assert isinstance(parent, MappingNode)  # noqa: S101 - for mypy: it has the key
            parent.entries[key.text] = (key, SharedScalar("", None, 0, key.column + len(key.text) + 1))
        while self._stack and (top := self._stack[-1]).column >= column:
            if top.column == column and isinstance(top, SequenceNode) == is_item:
                return
            self._stack.pop()
        if column >= 0:
            raise UnsupportedYamlError
