"""Events of a parser to node trees: keys, aliases, merge keys and tags, without recursion.

A composer of our own, because PyYAML's constructors follow YAML 1.1 (`20:21` is 1221 there), lose positions,
let the last of two equal keys win, and take seven times as long.
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
"""How many values aliases may add to one document. A few nested aliases can otherwise stand for billions."""

_CORE_TAG = "tag:yaml.org,2002:"
_CORE_TYPES = frozenset(("str", "int", "float", "bool", "null"))


class ParseProblem(NamedTuple):
    """Something wrong at a line and a column that count from 0. What is `fatal` ended the reading there."""

    line: int
    column: int
    message: str
    fatal: bool = False


ProblemReporter = Callable[[ParseProblem], None]


class Composer:
    """Builds one node tree after the other from calls that mirror the events of a YAML parser.

    What is wrong with a document but leaves a tree to go on with goes to `report`.
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
        """Forget the anchors: they are local to a document."""
        self._reset()

    def scalar(self, text: str, tag: str | None, anchor: str | None, line: int, column: int) -> None:
        """A scalar; `tag` as in `Scalar`."""
        node = ScalarNode(text, tag, line, column)
        if anchor:
            self._anchors[anchor] = node
        # Most events are scalars: the usual cases are dealt with here, without further calls.
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
        """The start of a mapping or sequence."""
        self._stack.append(node)
        self._open_anchors.append(anchor)
        self._keys.append(None)

    def end_collection(self) -> None:
        """The end of the mapping or sequence that was opened last."""
        node = self._stack.pop()
        self._keys.pop()
        if type(node) is MappingNode and "<<" in node.entries:
            self._apply_merge_key(node)
        if anchor := self._open_anchors.pop():
            self._anchors[anchor] = node
        self._add(node)

    def alias(self, name: str, line: int, column: int) -> None:
        """An alias: the anchored node, standing here."""
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
        """A key is text as typed; null and collections are none."""
        if not isinstance(node, ScalarNode):
            self.report(ParseProblem(node.line, node.column, "a key has to be text, not a list or a mapping"))
            return ScalarNode("", "invalid", node.line, node.column)
        if node.is_null:
            message = f'a key has to be text, not null (write "{node.text}" in quotes)'
            self.report(ParseProblem(node.line, node.column, message))
            return ScalarNode("", "invalid", node.line, node.column)
        return node

    def _report_duplicate_key(self, mapping: MappingNode, key: ScalarNode, value: Node) -> None:
        """A key that is there already, or that is no key at all."""
        if key.tag == "invalid":
            return
        first = mapping.entries[key.text]
        if key.text == "<<" and key.tag is None and first[0].tag is not None:
            mapping.entries[key.text] = (key, value)  # the one before is quoted: an ordinary key
        else:
            message = f"key {key.text!r} is there twice (first on line {first[0].line + 1})"
            self.report(ParseProblem(key.line, key.column, message))

    def _apply_merge_key(self, mapping: MappingNode) -> None:
        """Take over what a merge key names; what the mapping says itself wins, then the earlier source."""
        key, value = mapping.entries["<<"]
        if key.tag is not None:  # quoted: an ordinary key
            return
        del mapping.entries["<<"]
        for source in value.items if isinstance(value, SequenceNode) else [value]:
            if not isinstance(source, MappingNode):
                message = "'<<' merges mappings: an alias of one, or a list of these"
                self.report(ParseProblem(source.line, source.column, message))
                continue
            position_node = source if source.alias else value
            for name, (its_key, its_value) in source.entries.items():
                if name not in mapping.entries:
                    mapping.entries[name] = _entry_at_alias(its_key, its_value, position_node)


class AliasLimitError(Exception):
    """Aliases add more than `MAX_ALIAS_NODES` values to a document."""

    def __init__(self, line: int, column: int) -> None:
        super().__init__(f"aliases expand to more than {MAX_ALIAS_NODES:,} values: write them out, or use fewer")
        self.line = line
        self.column = column


def _entry_at_alias(key: ScalarNode, value: Node, alias_node: Node) -> tuple[ScalarNode, Node]:
    if not alias_node.alias:
        return key, value
    moved = copy_at(key, alias_node.line, alias_node.column)
    assert isinstance(moved, ScalarNode)  # noqa: S101 - tells the type checker what placed_at keeps
    return moved, copy_at(value, alias_node.line, alias_node.column)


def core_type(tag: str) -> str | None:
    """The core type that a tag such as `tag:yaml.org,2002:int` names; None when it is not one of ours."""
    name = tag.removeprefix(_CORE_TAG)
    return name if name in _CORE_TYPES and name != tag else None


def fits_core_type(text: str, name: str) -> bool:
    """Whether a text can be of the core type that a tag claims: `!!int "3"` yes, `!!bool "yes"` no."""
    checks = {
        "int": bool(INTEGER.fullmatch(text)),
        "float": bool(FLOAT.fullmatch(text)),
        "bool": text in BOOLEANS,
        "null": text in NULLS,
    }
    return checks.get(name, True)


def is_collection_tag(tag: str, name: str) -> bool:
    """Whether a tag on a mapping or sequence says only what it is anyway."""
    return tag == _CORE_TAG + name
