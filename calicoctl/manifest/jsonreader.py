"""JSON text to node trees: what libyaml can't take (surrogate pairs, keys over 1,024 characters).

The standard library reads JSON without telling where anything stands, so the tokens are found here and their
texts decoded there.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

from calicoctl.manifest.compose import Composer, Finding, Report
from calicoctl.manifest.nodes import Mapping, Node, Sequence

_TOKEN = re.compile(
    r"""(?P<space>[ \t\n\r]+)
      | (?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")
      | (?P<plain>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![0-9.a-zA-Z])|true|false|null)
      | (?P<mark>[{}\[\],:])""",
    re.VERBOSE,
)


class _JsonSyntaxError(Exception):
    """The text is no JSON at `offset`."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset


def read_json(text: str, report: Report) -> list[Node]:
    """The one document of a JSON text. What can't be parsed goes to `report`, and there is none."""
    composer = Composer(report)
    starts = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]

    def place(offset: int) -> tuple[int, int]:
        line = bisect_right(starts, offset, hi=max(len(starts) - 1, 1)) - 1
        return line, offset - starts[line]

    try:
        _Parser(text, composer, place).parse()
    except _JsonSyntaxError as error:
        report(Finding(*place(error.offset), str(error), fatal=True))
        return []
    return composer.roots


class _Parser:
    """Checks the grammar of RFC 8259 with a stack of its own and feeds the composer."""

    def __init__(self, text: str, composer: Composer, place: Callable[[int], tuple[int, int]]) -> None:
        self._text = text
        self._composer = composer
        self._place = place
        self._offset = 0

    def parse(self) -> None:
        """Read one value and nothing after it."""
        stack: list[str] = []
        expected = "value"
        while expected != "end":
            kind, token, offset = self._next()
            expected = self._step(kind, token, offset, stack, expected)
        kind, token, offset = self._next()
        if kind != "end":
            raise _JsonSyntaxError(offset, f"expected the end of the text, found {token!r}")

    def _next(self) -> tuple[str, str, int]:
        match = _TOKEN.match(self._text, self._offset)
        if match and match.lastgroup == "space":
            self._offset = match.end()
            match = _TOKEN.match(self._text, self._offset)
        if not match:
            if self._offset == len(self._text):
                return "end", "the end of the text", self._offset
            raise _JsonSyntaxError(self._offset, "this is not JSON")
        self._offset = match.end()
        return match.lastgroup or "", match[0], match.start()

    def _step(self, kind: str, token: str, offset: int, stack: list[str], expected: str) -> str:
        """Take one token; the answer is what has to come next."""
        closes = stack and token == stack[-1]
        if closes and expected in {"comma", f"value or {token}", f"key or {token}"}:
            stack.pop()
            self._composer.close()
            return "comma" if stack else "end"
        if expected == "comma":
            if token != ",":
                raise _JsonSyntaxError(offset, f"expected ',' or {stack[-1]!r}, found {token!r}")
            return "key" if stack[-1] == "}" else "value"
        if expected == "colon":
            if token != ":":
                raise _JsonSyntaxError(offset, f"expected ':', found {token!r}")
            return "value"
        return self._value(kind, token, offset, stack, expected)

    def _value(self, kind: str, token: str, offset: int, stack: list[str], expected: str) -> str:
        line, column = self._place(offset)
        if kind == "string":
            self._composer.scalar(_decode(token, offset), "str", None, line, column)
        elif expected.startswith("key"):
            raise _JsonSyntaxError(offset, f"expected a key in double quotes, found {token!r}")
        elif kind == "plain":
            self._composer.scalar(token, None, None, line, column)
        elif token in {"{", "["}:
            self._composer.open((Mapping if token == "{" else Sequence)(line, column), None)
            stack.append("}" if token == "{" else "]")
            return "key or }" if token == "{" else "value or ]"
        else:
            raise _JsonSyntaxError(offset, f"expected a value, found {token!r}")
        if expected.startswith("key"):
            return "colon"
        return "comma" if stack else "end"


def _decode(token: str, offset: int) -> str:
    """The text of a JSON string. Half a surrogate pair is no text: nothing could store it."""
    text: str = json.loads(token)
    if re.search("[\ud800-\udfff]", text):
        raise _JsonSyntaxError(offset, "half of a surrogate pair is no character")
    return text
