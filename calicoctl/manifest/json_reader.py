"""JSON parser with positions, for JSON that libyaml rejects (surrogate pairs, keys over 1,024 characters).

The `json` module has no positions: this parser finds the tokens, and `json` decodes the strings.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

from calicoctl.manifest.compose import Composer, ParseProblem, ProblemReporter
from calicoctl.manifest.nodes import MappingNode, Node, SequenceNode

_TOKEN = re.compile(
    r"""(?P<space>[ \t\n\r]+)
      | (?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")
      | (?P<plain>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![0-9.a-zA-Z])|true|false|null)
      | (?P<mark>[{}\[\],:])""",
    re.VERBOSE,
)


class _JsonSyntaxError(Exception):
    """JSON syntax error at `offset`."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset


def read_json(text: str, report: ProblemReporter) -> list[Node]:
    """Return the documents of a JSON text, one after the other; report a syntax error and return an empty list."""
    composer = Composer(report)
    starts = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]

    def line_and_column(offset: int) -> tuple[int, int]:
        line = bisect_right(starts, offset, hi=max(len(starts) - 1, 1)) - 1
        return line, offset - starts[line]

    try:
        _JsonParser(text, composer, line_and_column).parse()
    except _JsonSyntaxError as error:
        report(ParseProblem(*line_and_column(error.offset), str(error), fatal=True))
        return []
    return composer.roots


class _JsonParser:
    """Parser of RFC 8259 without recursion; it sends events to the composer."""

    def __init__(self, text: str, composer: Composer, line_and_column: Callable[[int], tuple[int, int]]) -> None:
        self._text = text
        self._composer = composer
        self._line_and_column = line_and_column
        self._offset = 0

    def parse(self) -> None:
        """Parse the values up to the end of the text, at least one."""
        kind, token, offset = self._next_token()
        while True:
            stack: list[str] = []
            expected = self._accept(kind, token, offset, stack, "value")
            while expected != "end":
                expected = self._accept(*self._next_token(), stack, expected)
            self._composer.end_document()
            kind, token, offset = self._next_token()
            if kind == "end":
                return
            if token not in {"{", "["}:
                raise _JsonSyntaxError(offset, f"expected another document or the end of the text, found {token!r}")

    def _next_token(self) -> tuple[str, str, int]:
        match = _TOKEN.match(self._text, self._offset)
        if match and match.lastgroup == "space":
            self._offset = match.end()
            match = _TOKEN.match(self._text, self._offset)
        if not match:
            if self._offset == len(self._text):
                return "end", "the end of the text", self._offset
            raise _JsonSyntaxError(self._offset, "invalid JSON")
        self._offset = match.end()
        return match.lastgroup or "", match[0], match.start()

    def _accept(self, kind: str, token: str, offset: int, stack: list[str], expected: str) -> str:
        """Handle a token; return what must follow."""
        is_closing = stack and token == stack[-1]
        if is_closing and expected in {"comma", f"value or {token}", f"key or {token}"}:
            stack.pop()
            self._composer.end_collection()
            return "comma" if stack else "end"
        if expected == "comma":
            if token != ",":
                raise _JsonSyntaxError(offset, f"expected ',' or {stack[-1]!r}, found {token!r}")
            return "key" if stack[-1] == "}" else "value"
        if expected == "colon":
            if token != ":":
                raise _JsonSyntaxError(offset, f"expected ':', found {token!r}")
            return "value"
        return self._accept_value(kind, token, offset, stack, expected)

    def _accept_value(self, kind: str, token: str, offset: int, stack: list[str], expected: str) -> str:
        line, column = self._line_and_column(offset)
        if kind == "string":
            self._composer.scalar(_decode_string(token, offset), "str", None, line, column)
        elif expected.startswith("key"):
            raise _JsonSyntaxError(offset, f"expected a key in double quotes, found {token!r}")
        elif kind == "plain":
            self._composer.scalar(token, None, None, line, column)
        elif token in {"{", "["}:
            self._composer.start_collection((MappingNode if token == "{" else SequenceNode)(line, column), None)
            stack.append("}" if token == "{" else "]")
            return "key or }" if token == "{" else "value or ]"
        else:
            raise _JsonSyntaxError(offset, f"expected a value, found {token!r}")
        if expected.startswith("key"):
            return "colon"
        return "comma" if stack else "end"


def _decode_string(token: str, offset: int) -> str:
    """Return the text of a JSON string. A single surrogate is rejected: it has no UTF-8 form."""
    text: str = json.loads(token)
    if re.search("[\ud800-\udfff]", text):
        raise _JsonSyntaxError(offset, "single surrogate (write both halves of the pair)")
    return text
