"""Composer: builds node trees from parser events, with keys, aliases, merge keys and tags, without recursion.

The constructors of PyYAML follow YAML 1.1 (`20:21` is 1221), lose positions, ignore duplicate keys, and take seven
times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from calicoctl.manifest.nodes import (
    BOOLEANS,
    FLOAT,
    INTEGER,
    NULLS,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    copy_at,
)

MAX_ALIAS_NODES = 100_000
"""Maximum number of nodes that aliases add to a document. Without it, a few nested aliases could add billions."""

_CORE_TAG = "tag:yaml.org,2002:"
_CORE_TYPES = frozenset(("str", "int", "float", "bool", "null"))


class ParseProblem(NamedTuple):
    """Problem at a line and a column, counted from 0. A `fatal` problem ended the parser."""

    line: int
    column: int
    message: str
    fatal: bool = False


ProblemReporter = Callable[[ParseProblem], None]


class Composer:
    """Builds a node tree of each document; its methods are the events of a YAML parser.

    Problems that do not end the parser go to `report`.
    """

    def __init__(self, report: ProblemReporter) -> None:
        self.report = report
        self.roots: list[Node] = []
        self._reset()

    def _reset(self) -> None:
        self._stack: list[MappingNode | SequenceNode] = []
        self._keys: list[ScalarNode | None] = []
        self._anchors: dict[str, Node] = {}
        self._open_anchors: list[str | None] = []
        self._alias_node_count = 0

    def end_document(self) -> None:
        """End the document and discard its anchors."""
        self._reset()

    def scalar(self, text: str, tag: str | None, anchor: str | None, line: int, column: int) -> None:
        """Add a scalar; `tag` as in `ScalarNode`."""
        node = ScalarNode(text, tag, line, column)
        if anchor:
            self._anchors[anchor] = node
        # Fast path: most events are scalars.
        if not self._stack:
            self._add(node)
            return
        parent, key = self._stack[-1], self._keys[-1]
        if type(parent) is not MappingNode:
            self._add(node)
        elif key is None:
            self._keys[-1] = node if tag is None and text not in NULLS else self._as_key(node)
            parent.size += 1
        elif key.text not in parent.entries and key.tag != "invalid":
            self._keys[-1] = None
            parent.entries[key.text] = (key, node)
            parent.size += 1
        else:
            self._add(node)

    def start_collection(self, node: MappingNode | SequenceNode, anchor: str | None) -> None:
        """Start a mapping or sequence."""
        self._stack.append(node)
        self._open_anchors.append(anchor)
        self._keys.append(None)

    def end_collection(self) -> None:
        """End the innermost mapping or sequence."""
        node = self._stack.pop()
        self._keys.pop()
        if type(node) is MappingNode and "<<" in node.entries:
            self._apply_merge_key(node)
        if anchor := self._open_anchors.pop():
            self._anchors[anchor] = node
        self._add(node)

    def alias(self, name: str, line: int, column: int) -> None:
        """Add a copy of the anchored node, with the position of the alias."""
        target = self._anchors.get(name)
        if target is None:
            reason = "contains itself" if name in self._open_anchors else "has no anchor"
            self.report(ParseProblem(line, column, f"alias '*{name}' {reason}"))
            target = ScalarNode("", "null", line, column)
        self._alias_node_count += target.size
        if self._alias_node_count > MAX_ALIAS_NODES:
            raise AliasLimitError(line, column)
        self._add(copy_at(target, line, column))

    def _add(self, node: Node) -> None:
        if not self._stack:
            self.roots.append(node)
            return
        parent = self._stack[-1]
        parent.size += node.size
        if isinstance(parent, SequenceNode):
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = self._as_key(node)
            return
        self._keys[-1] = None
        if key.text in parent.entries or key.tag == "invalid":
            self._report_duplicate_key(parent, key, node)
        else:
            parent.entries[key.text] = (key, node)

    def _as_key(self, node: Node) -> ScalarNode:
        """Return the key; report null and collections, which are invalid."""
        if not isinstance(node, ScalarNode):
            self.report(ParseProblem(node.line, node.column, "a key must be text, not a list or a mapping"))
            return ScalarNode("", "invalid", node.line, node.column)
        if node.is_null:
            message = f'a key must be text, not null (write "{node.text}" in quotes)'
            self.report(ParseProblem(node.line, node.column, message))
            return ScalarNode("", "invalid", node.line, node.column)
        return node

    def _report_duplicate_key(self, mapping: MappingNode, key: ScalarNode, value: Node) -> None:
        """Report a key that the mapping already contains."""
        if key.tag == "invalid":
            return
        first = mapping.entries[key.text]
        if key.text == "<<" and key.tag is None and first[0].tag is not None:
            mapping.entries[key.text] = (key, value)  # the first is quoted: not a merge key
        else:
            message = f"duplicate key {key.text!r} (first on line {first[0].line + 1})"
            self.report(ParseProblem(key.line, key.column, message))

    def _apply_merge_key(self, mapping: MappingNode) -> None:
        """Add the entries of the merge key. Entries of the mapping take precedence, then those of earlier sources."""
        key, value = mapping.entries["<<"]
        if key.tag is not None:  # quoted: not a merge key
            return
        del mapping.entries["<<"]
        for source in value.items if isinstance(value, SequenceNode) else [value]:
            if not isinstance(source, MappingNode):
                message = "invalid value of '<<' (write aliases of mappings)"
                self.report(ParseProblem(source.line, source.column, message))
                continue
            position_node = source if source.alias else value
            for name, (its_key, its_value) in source.entries.items():
                if name not in mapping.entries:
                    mapping.entries[name] = _entry_at_alias(its_key, its_value, position_node)


class AliasLimitError(Exception):
    """Aliases add more than `MAX_ALIAS_NODES` nodes to a document."""

    def __init__(self, line: int, column: int) -> None:
        super().__init__(f"aliases expand to more than {MAX_ALIAS_NODES:,} values (use fewer aliases)")
        self.line = line
        self.column = column


def _entry_at_alias(key: ScalarNode, value: Node, alias_node: Node) -> tuple[ScalarNode, Node]:
    if not alias_node.alias:
        return key, value
    moved = copy_at(key, alias_node.line, alias_node.column)
    assert isinstance(moved, ScalarNode)  # noqa: S101 - for mypy: copy_at keeps the class
    return moved, copy_at(value, alias_node.line, alias_node.column)


def core_type(tag: str) -> str | None:
    """Return the core type of a tag: `int` for `tag:yaml.org,2002:int`; None for other tags."""
    name = tag.removeprefix(_CORE_TAG)
    return name if name in _CORE_TYPES and name != tag else None


def fits_core_type(text: str, name: str) -> bool:
    """Whether a text is valid for a core type: `!!int "3"` is, `!!bool "yes"` is not."""
    checks = {
        "int": bool(INTEGER.fullmatch(text)),
        "float": bool(FLOAT.fullmatch(text)),
        "bool": text in BOOLEANS,
        "null": text in NULLS,
    }
    return checks.get(name, True)


def is_collection_tag(tag: str, name: str) -> bool:
    """Whether a tag of a mapping or sequence is the default tag."""
    return tag == _CORE_TAG + name
