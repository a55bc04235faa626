"""Messages and columns of syntax errors in selectors.

Lark reports the offset where it stopped and the terminals of `selector.lark` that it expected there. The terminals
identify the part of the selector; `calicoctl.selector.hints` has the frequent mistakes in each part.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from calicoctl.selector import hints

_MAX_LABEL_LENGTH: Final = 512
_MAX_QUOTED_LENGTH: Final = 40
"""Maximum number of characters of a token in a message."""

_MAX_LOOKBEHIND: Final = 2000
"""Maximum number of characters searched before the error: enough for a label name and an operator."""

_OPERATORS: Final = rf"{hints.SYMBOLS}|(?<![a-zA-Z0-9_./-])(?:{hints.WORDS})"

# Part of the selector by expected terminal; the first match is used.
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
    """Syntax error in a selector."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message, column)
        self.message = message
        """Problem and remedy; lower case, no full stop."""
        self.column = column
        """Column in the selector, in characters, counted from 1."""

    def __str__(self) -> str:
        return f"column {self.column}: {self.message}"


def syntax_error(text: str, offset: int, expected: Collection[str]) -> SelectorError:
    """Return the error at an offset at which the parser expected one of these terminals."""
    before = text[:offset].rstrip(" \t")
    if offset == len(text):
        offset = len(before)
    return _general_error(text, offset, expected) or _error_in_part(text, offset, before, expected)


def _general_error(text: str, offset: int, expected: Collection[str]) -> SelectorError | None:
    """Return an error that any part can have: invalid white space, an unclosed string, a long label name."""
    rest = text[offset:]
    if rest and not rest[0].isprintable() and rest[0] != "\t":
        return SelectorError(hints.INVALID_SPACE.format(found=_describe_token(text, offset)), offset + 1)
    if re.match(r"\"[^\"]*\Z|'[^']*\Z", rest):
        return SelectorError(f"unclosed string (expected another {rest[0]} after it)", offset + 1)
    label = re.match(hints.LABEL, rest)
    if label and label.end() > _MAX_LABEL_LENGTH and "LABEL" in expected:
        message = f"label name too long: {label.end()} characters (maximum {_MAX_LABEL_LENGTH})"
        return SelectorError(message, offset + 1)
    return None


def _error_in_part(text: str, offset: int, before: str, expected: Collection[str]) -> SelectorError:
    """Return the first hint that matches in the part of the selector at the offset."""
    label = _match_at_end(hints.LABEL, before)
    table = _hints_for_part(before, expected)
    if table is hints.CHAIN and not text[offset:].strip(" \t") and (open_column := _unclosed_parenthesis(before)):
        return SelectorError("unclosed '(' (expected a ')' after it)", open_column)
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
    raise AssertionError("the last pattern of a part matches everything")


def _hints_for_part(before: str, expected: Collection[str]) -> hints.Hints:
    # The terminals do not distinguish the ")" of `has(role` and `all(` from other parentheses.
    if _match_at_end(rf"has\([ \t]*{hints.LABEL}|(?:all|global)\(", before):
        return hints.CLOSE
    return next((table for terminal, table in _HINTS_BY_TERMINAL if terminal in expected), hints.CHAIN)


def _match_at_end(pattern: str, before: str) -> str:
    """Return the match of the pattern at the end of the parsed text, or an empty text."""
    match = re.search(rf"(?:{pattern})\Z", before[-_MAX_LOOKBEHIND:])
    return match.group() if match else ""


def _after_token(before: str) -> str:
    token = _match_at_end(rf"&&|\|\||{_OPERATORS}|[!({{,]", before)
    return f" after '{_shorten(token)}'" if token else ""


def _unclosed_parenthesis(before: str) -> int:
    """Return the column of the innermost unclosed "(", or 0."""
    open_columns: list[int] = []
    for token in re.finditer(rf"{hints.STRING}|[()]", before):
        if token.group() == "(":
            open_columns.append(token.start() + 1)
        elif token.group() == ")":
            open_columns.pop()
    return open_columns[-1] if open_columns else 0


def _describe_token(text: str, offset: int) -> str:
    """Return the token at an offset for a message: strings unchanged, other tokens in quotes."""
    if offset == len(text.rstrip(" \t")):
        return "the end of the selector"
    if not text[offset].isprintable():
        return {"\n": "a line break", "\r": "a line break"}.get(text[offset], f"U+{ord(text[offset]):04X}")
    word = rf"{hints.STRING}|[^\W]+(?:{hints.LABEL})?|{hints.LABEL}|&&|\|\||[=!]=|."
    token = re.compile(word).match(text, offset)
    shortened = _shorten(token.group() if token else text[offset])
    return shortened if shortened[0] in "\"'" and len(shortened) > 1 else f"'{shortened}'"


def _shorten(part: str) -> str:
    """Return the text in one line, cut to the maximum length."""
    part = "".join(char if char.isprintable() else " " for char in part[: _MAX_QUOTED_LENGTH + 1])
    return part[:_MAX_QUOTED_LENGTH] + "…" if len(part) > _MAX_QUOTED_LENGTH else part
