"""Where a selector is wrong, and in which part of it.

The parser knows where it stopped, and which terminals of `selector.lark` could have come next. These tell
the part that was being read; `calicoctl.selector.mistakes` knows what people write there instead.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from calicoctl.selector import mistakes

_LABEL_LIMIT: Final = 512
_SHOWN: Final = 40
"""How much of a long word a message repeats."""

_REACH: Final = 2000
"""How far back a message looks: enough for a label name and an operator, and quick behind long strings."""

_OPERATORS: Final = r"==|!=|(?<![a-zA-Z0-9_./-])(?:contains|(?:starts|ends)[ \t]*with|(?:not[ \t]*)?in)"

# The part of a selector that is being read where a terminal is expected; the first that applies counts.
_PARTS: Final = (
    ("EQUALS", mistakes.OPERATOR),
    ("NOT", mistakes.CONDITION),
    ("LABEL", mistakes.HAS_LABEL),
    ("SET_OPEN", mistakes.SET),
    ("COMMA", mistakes.COMMA),
    ("SET_CLOSE", mistakes.VALUE_IN_SET),
    ("STRING", mistakes.QUOTED),
    ("AND", mistakes.CHAIN),
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


def explain(text: str, offset: int, expected: Collection[str]) -> SelectorError:
    """Say what is wrong at an offset, where the parser expected one of these terminals."""
    before = text[:offset].rstrip(" \t")
    if offset == len(text):
        offset = len(before)
    return _everywhere(text, offset, expected) or _in_part(text, offset, before, expected)


def _everywhere(text: str, offset: int, expected: Collection[str]) -> SelectorError | None:
    """Find what can go wrong in any part: white space, an open string, a label name that is too long."""
    rest = text[offset:]
    if rest and not rest[0].isprintable() and rest[0] != "\t":
        return SelectorError(mistakes.SPACE.format(found=_found(text, offset)), offset + 1)
    if re.match(r"\"[^\"]*\Z|'[^']*\Z", rest):
        return SelectorError(f"this string is never closed (expected another {rest[0]} behind it)", offset + 1)
    label = re.match(mistakes.LABEL, rest)
    if label and label.end() > _LABEL_LIMIT and "LABEL" in expected:
        message = f"a label name has at most {_LABEL_LIMIT} characters, this one has {label.end()}"
        return SelectorError(message, offset + 1)
    return None


def _in_part(text: str, offset: int, before: str, expected: Collection[str]) -> SelectorError:
    """Look up the mistake in the table of the part that was being read."""
    label = _last(mistakes.LABEL, before)
    table = _part(before, expected)
    if table is mistakes.CHAIN and not text[offset:].strip(" \t") and (opened := _unclosed(before)):
        return SelectorError("this '(' is never closed (expected a ')' behind it)", opened)
    start = len(before) - len(label) if table is mistakes.OPERATOR else len(before)
    for pattern, message in table:
        match = re.compile(rf"[ \t]*(?:{pattern})").match(text, start)
        if match:
            named = match.groupdict()
            at = match.start("at") if named.get("at") else offset
            texts = {
                "found": _found(text, at),
                "after": _after(before),
                "label": _shown(label),
                "comparison": _shown(_last(rf"{mistakes.LABEL}[ \t]*(?:{_OPERATORS})", before)),
                "call": _shown(_last(r"(?:has|all|global)\([^(]*", before)),
                "value": _shown(named.get("value") or ""),
            }
            return SelectorError(message.format(**texts), at + 1)
    raise AssertionError("the last pattern of a table fits everything")


def _part(before: str, expected: Collection[str]) -> mistakes.Mistakes:
    # Terminals don't tell the ")" of `has(role` and `all(` from that of other parentheses.
    if _last(rf"has\([ \t]*{mistakes.LABEL}|(?:all|global)\(", before):
        return mistakes.CLOSE
    return next((table for terminal, table in _PARTS if terminal in expected), mistakes.CHAIN)


def _last(pattern: str, before: str) -> str:
    """The text that a pattern fits at the end of what was understood, or nothing."""
    match = re.search(rf"(?:{pattern})\Z", before[-_REACH:])
    return match.group() if match else ""


def _after(before: str) -> str:
    token = _last(rf"&&|\|\||{_OPERATORS}|[!({{,]", before)
    return f" after '{_shown(token)}'" if token else ""


def _unclosed(before: str) -> int:
    """The column of the innermost "(" that is still open, or 0."""
    opened: list[int] = []
    for token in re.finditer(rf"{mistakes.STRING}|[()]", before):
        if token.group() == "(":
            opened.append(token.start() + 1)
        elif token.group() == ")":
            opened.pop()
    return opened[-1] if opened else 0


def _found(text: str, offset: int) -> str:
    """Name what stands at an offset: strings as they are, other words and signs in quotes."""
    if offset == len(text.rstrip(" \t")):
        return "the end of the selector"
    if not text[offset].isprintable():
        return {"\n": "a line break", "\r": "a line break"}.get(text[offset], f"U+{ord(text[offset]):04X}")
    word = rf"{mistakes.STRING}|[^\W]+(?:{mistakes.LABEL})?|{mistakes.LABEL}|&&|\|\||[=!]=|."
    token = re.compile(word).match(text, offset)
    found = _shown(token.group() if token else text[offset])
    return found if found[0] in "\"'" and len(found) > 1 else f"'{found}'"


def _shown(part: str) -> str:
    """Make a part of the selector fit for a message: in one line, and not too long."""
    part = "".join(char if char.isprintable() else " " for char in part[: _SHOWN + 1])
    return part[:_SHOWN] + "…" if len(part) > _SHOWN else part
