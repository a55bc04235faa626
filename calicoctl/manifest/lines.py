"""Lines of block manifests: each is parsed once, without its neighbours, and its nodes are shared by equal lines.

The lines are `key: value`, `key:`, `- value`, `- key: value`, comments, and `---`, with plain and quoted values on one
line, and lists such as `[80, 443]`. Programs write few others, and so do people.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from calicoctl.manifest.nodes import NULLS, MappingNode, Node, ScalarNode, SequenceNode

_KEY = r"(?P<key>[A-Za-z0-9_][A-Za-z0-9_./-]{0,250}):(?: +|$)"
_PLAIN = r"(?P<plain>(?:[A-Za-z0-9_./(~+]|-(?=[A-Za-z0-9.]))(?:[ !\"$-9;-~]|:(?=[!-~]))*)"
"""Plain scalar: printable ASCII without `#`, and without a colon before a space."""
_QUOTED = r"'(?P<single>[ -&(-~]*)' *|\"(?P<double>[ !#-\[\]-~]*)\" *"
"""Quoted scalars without escapes."""
_ITEM = r"(?:[A-Za-z0-9_.][A-Za-z0-9_./-]*|'[ -&(-~]*'|\"[ !#-\[\]-~]*\")"
_FLOW = rf"(?P<flow>\[ *(?:{_ITEM} *(?:, *{_ITEM} *)*)?\]|\{{\}}) *"
_LINE = re.compile(rf"(?P<indent> *)(?P<dash>- +)?(?:{_KEY})?(?:{_PLAIN}|{_QUOTED}|{_FLOW})?")
_FLOW_ITEM = re.compile(_ITEM)
_BLANK = re.compile(r" *(?:#[\t -~\xa0-\u2027\u202a-\ud7ff]*)?")
"""Blank line or comment, without the characters that libyaml rejects or reads as line breaks."""
_DOCUMENT_START = re.compile(r"--- *")

_MAX_LENGTH = 2000
_MAX_KNOWN_LINES = 65_536


class UnsupportedYamlError(Exception):
    """YAML that only libyaml can read."""


class PositionRequiredError(Exception):
    """The position of a shared node was requested. It has none: the text must be read again with positions."""


class _Shared:
    """Node of all equal lines. Its column is known, its line is not."""

    __slots__ = ()

    @property
    def line(self) -> int:
        """Raise PositionRequiredError."""
        raise PositionRequiredError

    @line.setter
    def line(self, line: int) -> None:
        """Ignore the line."""


class SharedScalar(_Shared, ScalarNode):
    """Scalar of equal lines."""

    __slots__ = ()


class _SharedSequence(_Shared, SequenceNode):
    """List in brackets of equal lines."""

    __slots__ = ()


class _SharedMapping(_Shared, MappingNode):
    """Empty mapping of equal lines."""

    __slots__ = ()


class Line(NamedTuple):
    """Line with its nodes."""

    column: int
    """Column of the dash or the key."""
    is_item: bool
    """Whether the line starts with a dash."""
    key: str | None
    """Text of the key."""
    entry: tuple[ScalarNode, Node] | None
    """Key and value if both are on the line."""
    first: Node | None
    """The key, or the value of an item without one."""


BLANK = Line(0, False, None, None, None)
DOCUMENT_START = Line(-1, False, None, None, None)
known_lines: dict[str, Line] = {}
"""Parsed lines by their text."""


def parse_line(text: str) -> Line:
    """Return the parsed line, and keep it for equal ones.

    Raises:
        UnsupportedYamlError: only libyaml can read the line.
    """
    line = _parse(text)
    if len(known_lines) >= _MAX_KNOWN_LINES:
        known_lines.clear()
    known_lines[text] = line
    return line


def _parse(text: str) -> Line:
    match = _LINE.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if match is None or match["key"] in NULLS:
        return _parse_separator(text)
    value, key = _parse_value(match), match["key"]
    column, is_item = match.end("indent"), match["dash"] is not None
    if key is None:
        return Line(column, is_item, None, None, value) if is_item and value else _parse_separator(text)
    key_node = SharedScalar(key, None, 0, match.start("key"))
    return Line(column, is_item, key, (key_node, value) if value else None, key_node)


def _parse_separator(text: str) -> Line:
    if _BLANK.fullmatch(text):
        return BLANK
    if _DOCUMENT_START.fullmatch(text):
        return DOCUMENT_START
    raise UnsupportedYamlError


def _parse_value(match: re.Match[str]) -> Node | None:
    group = match.lastgroup
    if group == "plain":
        return SharedScalar(match["plain"].rstrip(), None, 0, match.start("plain"))
    if group in {"single", "double"}:
        return SharedScalar(match[group], "str", 0, match.start(group) - 1)
    return _parse_flow(match["flow"], match.start("flow")) if group == "flow" else None


def _parse_flow(text: str, column: int) -> Node:
    if text.startswith("{"):
        return _SharedMapping(0, column)
    sequence = _SharedSequence(0, column)
    sequence.items = [_parse_item(item[0], column + item.start()) for item in _FLOW_ITEM.finditer(text)]
    return sequence


def _parse_item(text: str, column: int) -> SharedScalar:
    is_quoted = text[0] in "'\""
    return SharedScalar(text[1:-1] if is_quoted else text, "str" if is_quoted else None, 0, column)
