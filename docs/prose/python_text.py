"""Docstrings, comments and messages of a Python module, each text at its line and column in the source.

Everything else is blank, so that the positions in a finding of Vale are those in the source.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from typing import NamedTuple

OPENING_MARK = "▸"
"""The character before each text: a phrase does not continue there. The rule DocstringOpening looks for it."""

_LITERAL = re.compile(
    r"#[^\n]*|(?P<prefix>[rbuf]{0,2})(?P<quote>\"\"\"|'''|\"|')(?P<body>(?:\\.|(?!(?P=quote)).)*)(?P=quote)",
    re.DOTALL | re.IGNORECASE,
)
_CODE_SPAN = re.compile(r"``?[^`]+``?")
_ESCAPE = re.compile(r"\\(?:[xuUN]\w+|N\{[^}]*\}|.)", re.DOTALL)
_REPLACEMENT_FIELD = re.compile(r"\{\{|\}\}|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_DIRECTIVE = re.compile(r"#\s*(?:noqa|type:|pragma|mypy:|ruff:|fmt:|!).*")
_WORDS = re.compile(r"[A-Za-z']{2,}[,;:]?\s+[A-Za-z']{2,}")
_MANIFEST = re.compile(r"^\s*-?\s*apiVersion:", re.MULTILINE)


class Piece(NamedTuple):
    """A part of a text: a line of a comment, or one of several string literals."""

    offset: int
    """The position in the source."""
    content: str
    is_first: bool


class PythonText:
    """The prose of a module."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        tree = ast.parse(source)
        self._docstring_nodes = list(_docstrings(tree))
        self._message_nodes = list(_outer_strings(tree, {id(node) for node in self._docstring_nodes}))

    def docstrings(self) -> str:
        """Return the docstrings, also those of attributes."""
        literals = (match for node in self._docstring_nodes for match in self._literals(node))
        return self._page(Piece(match.start("body"), match["body"], is_first=True) for match in literals)

    def messages(self) -> str:
        """Return the string literals of two words or more. Regular expressions and manifests are excluded."""
        return self._page(piece for node in self._message_nodes for piece in self._message(node))

    def _message(self, node: ast.expr) -> list[Piece]:
        literals = [match for match in self._literals(node) if not {"r", "b"} & set(match["prefix"].lower())]
        if not _is_prose(" ".join(match["body"] for match in literals)):
            return []
        return [
            Piece(match.start("body"), _without_fields(match), is_first=index == 0)
            for index, match in enumerate(literals)
        ]

    def comments(self) -> str:
        """Return the comments. Directives of tools are excluded."""
        return self._page(self._comments())

    def _comments(self) -> Iterator[Piece]:
        block_end = 0
        for token in tokenize.generate_tokens(io.StringIO(self._source).readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                is_block = not token.line[:column].strip()
                content = _DIRECTIVE.sub(_blank, token.string)[1:]
                yield Piece(self._starts[row - 1] + column + 1, content, not is_block or block_end != row - 1)
                block_end = row if is_block else 0

    def _literals(self, node: ast.expr) -> Iterator[re.Match[str]]:
        """Yield a match for each literal of a string expression, with offsets in the source."""
        start = self._offset(node.lineno, node.col_offset)
        end = self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return (match for match in _LITERAL.finditer(self._source, start, end) if match["quote"])

    def _offset(self, line: int, column: int) -> int:
        """Return the offset in the source of a position of `ast`, whose columns count bytes of UTF-8."""
        start = self._starts[line - 1]
        text = self._source[start : self._starts[line]]
        return start + len(text.encode()[:column].decode())

    def _page(self, pieces: Iterable[Piece]) -> str:
        """Return the source with the pieces, and everything else blank."""
        page = ["\n" if character == "\n" else " " for character in self._source]
        for offset, content, is_first in pieces:
            page[offset : offset + len(content)] = _CODE_SPAN.sub(_stars, _ESCAPE.sub(_blank, content))
            if is_first:
                page[offset - 1] = OPENING_MARK
        return "".join(page)


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the strings that are statements."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value


def _outer_strings(node: ast.AST, docstrings: set[int]) -> Iterator[ast.expr]:
    """Yield the string expressions that are not docstrings and not parts of another string."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr) or (isinstance(child, ast.Constant) and isinstance(child.value, str)):
            if id(child) not in docstrings:
                yield child
        else:
            yield from _outer_strings(child, docstrings)


def _is_prose(text: str) -> bool:
    return _WORDS.search(text) is not None and _MANIFEST.search(text) is None


def _without_fields(match: re.Match[str]) -> str:
    body = match["body"]
    return _REPLACEMENT_FIELD.sub(_stars, body) if "f" in match["prefix"].lower() else body


def _blank(match: re.Match[str]) -> str:
    return _same_lines(match[0], " ")


def _stars(match: re.Match[str]) -> str:
    return _same_lines(match[0], "*")


def _same_lines(text: str, filler: str) -> str:
    return re.sub(r"[^\n]", filler, text)
