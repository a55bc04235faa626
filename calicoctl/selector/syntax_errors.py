"""Where a selector is wrong, and in which part of it.

The parser knows where it stopped, and which terminals of `selector.lark` could have come next. These tell
the part that was being read; `calicoctl.selector.mistakes` knows what people write there instead.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from calicoctl.selector import hints

_MAX_LABEL_LENGTH: Final = 512
_MAX_QUOTED_LENGTH: Final = 40
"""How much of a long word a message repeats."""

_MAX_LOOKBEHIND: Final = 2000
"""How far back a message looks: enough for a label name and an operator, and quick behind long strings."""

_OPERATORS: Final = r"==|!=|(?<![a-zA-Z0-9_./-])(?:contains|(?:starts|ends)[ \t]*with|(?:not[ \t]*)?in)"

# The part of a selector that is being read where a terminal is expected; the first that applies counts.
_HINTS_BY_TERMINAL: Final = (
    ("EQUALS", hints.OPERATOR),
    ("NOT", hints.CONDITION),
    ("LABEL", hints.HAS_LABEL),
    ("SET_OPEN", hints.SET),
    ("COMMA", hints.COMMA),
    ("SET_CLOSE", hints.VALUE_IN_SET),
    ("STRING", hints.QUOTED_STRING),
    ("AND", hints.CHAIN),
)


class SelectorError(ValueError):
    """A text that is not a selector."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message, column)
        self.message = message
        """What is wrong and what to write instead: lower case, no full stop."""
        self.column = column
        """Where in the selector: counts from 1, in characters."""

    def __str__(self) -> str:
        return f"column {self.column}: {self.message}"


def syntax_error(text: str, offset: int, expected: Collection[str]) -> SelectorError:
    """Say what is wrong at an offset, where the parser expected one of these terminals."""
    before = text[:offset].rstrip(" \t")
    if offset == len(text):
        offset = len(before)
    return _general_error(text, offset, expected) or _error_in_part(text, offset, before, expected)


def _general_error(text: str, offset: int, expected: Collection[str]) -> SelectorError | None:
    """Find what can go wrong in any part: white space, an open string, a label name that is too long."""
    rest = text[offset:]
    if rest and not rest[0].isprintable() and rest[0] != "\t":
        return SelectorError(hints.INVALID_SPACE.format(found=_describe_token(text, offset)), offset + 1)
    if re.match(r"\"[^\"]*\Z|'[^']*\Z", rest):
        return SelectorError(f"this string is never closed (expected another {rest[0]} behind it)", offset + 1)
    label = re.match(hints.LABEL, rest)
    if label and label.end() > _MAX_LABEL_LENGTH and "LABEL" in expected:
        message = f"a label name has at most {_MAX_LABEL_LENGTH} characters, this one has {label.end()}"
        return SelectorError(message, offset + 1)
    return None


def _error_in_part(text: str, offset: int, before: str, expected: Collection[str]) -> SelectorError:
    """Look up the mistake in the table of the part that was being read."""
    label = _match_at_end(hints.LABEL, before)
    table = _hints_for_part(before, expected)
    if table is hints.CHAIN and not text[offset:].strip(" \t") and (open_column := _unclosed_parenthesis(before)):
        return SelectorError("this '(' is never closed (expected a ')' behind it)", open_column)
    start = len(before) - len(label) if table is hints.OPERATOR else len(before)
    for pattern, message in table:
        match = re.compile(rf"[ \t]*(?:{pattern})").match(text, start)
        if match:
            groups = match.groupdict()
            position = match.start("at") if groups.get("at") else offset
            texts = {
                "found": _describe_token(text, position),
                "after": _after_token(before),
                "label": _shorten(label),
                "comparison": _shorten(_match_at_end(rf"{hints.LABEL}[ \t]*(?:{_OPERATORS})", before)),
                "call": _shorten(_match_at_end(r"(?:has|all|global)\([^(]*", before)),
                "value": _shorten(groups.get("value") or ""),
            }
            return SelectorError(message.format(**texts), position + 1)
    raise AssertionError("the last pattern of a table fits everything")


def _hints_for_part(before: str, expected: Collection[str]) -> hints.Hints:
    # Terminals don't tell the ")" of `has(role` and `all(` from that of other parentheses.
    if _match_at_end(rf"has\([ \t]*{hints.LABEL}|(?:all|global)\(", before):
        return hints.CLOSE
    return next((table for terminal, table in _HINTS_BY_TERMINAL if terminal in expected), hints.CHAIN)


def _match_at_end(pattern: str, before: str) -> str:
    """The text that a pattern fits at the end of what was understood, or nothing."""
    match = re.search(rf"(?:{pattern})\Z", before[-_MAX_LOOKBEHIND:])
    return match.group() if match else ""


def _after_token(before: str) -> str:
    token = _match_at_end(rf"&&|\|\||{_OPERATORS}|[!({{,]", before)
    return f" after '{_shorten(token)}'" if token else ""


def _unclosed_parenthesis(before: str) -> int:
    """The column of the innermost "(" that is still open, or 0."""
    open_columns: list[int] = []
    for token in re.finditer(rf"{hints.STRING}|[()]", before):
        if token.group() == "(":
            open_columns.append(token.start() + 1)
        elif token.group() == ")":
            open_columns.pop()
    return open_columns[-1] if open_columns else 0


def _describe_token(text: str, offset: int) -> str:
    """Name what stands at an offset: strings as they are, other words and signs in quotes."""
    if offset == len(text.rstrip(" \t")):
        return "the end of the selector"
    if not text[offset].isprintable():
        return {"\n": "a line break", "\r": "a line break"}.get(text[offset], f"U+{ord(text[offset]):04X}")
    word = rf"{hints.STRING}|[^\W]+(?:{hints.LABEL})?|{hints.LABEL}|&&|\|\||[=!]=|."
    token = re.compile(word).match(text, offset)
    shortened = _shorten(token.group() if token else text[offset])
    return shortened if shortened[0] in "\"'" and len(shortened) > 1 else f"'{shortened}'"


def _shorten(part: str) -> str:
    """Make a part of the selector fit for a message: in one line, and not too long."""
    part = "".join(char if char.isprintable() else " " for char in part[: _MAX_QUOTED_LENGTH + 1])
    return part[:_MAX_QUOTED_LENGTH] + "…" if len(part) > _MAX_QUOTED_LENGTH else part
