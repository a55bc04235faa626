"""Text for a terminal: escaped control characters, and long text clipped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

MAX_MESSAGE_LENGTH = 800
"""Maximum number of characters of a message with all values in it."""
MAX_CELL_LENGTH = 400
"""Maximum number of characters of a cell of a table for users."""
MAX_LINE_LENGTH = 4000
"""Maximum number of characters of a line of a result in text; formats for programs have no limit."""

COLUMN_SEPARATOR = "   "
_CONTINUATION_INDENT = 4
"""Indentation of a continuation of a wrapped line, relative to the line."""

BIDIRECTIONAL_CONTROLS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that change the order of the text around them, as ranges of a regular expression."""
_CONTROLS = re.compile(
    "\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff"
    + BIDIRECTIONAL_CONTROLS
    + "]"
)
"""Matches characters that a terminal acts on, except line ends and tabs, and characters that UTF-8 cannot encode."""


def escape_unprintable(text: str) -> str:
    r"""Return the text with each unprintable character as a Python escape, such as `\n`, `\x1b` or `\u202e`.

    These are control and format characters, line breaks, and all white space other than the space.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def join_lines(lines: Iterable[str]) -> str:
    """Return lines of text, each with a line break after it. Line breaks in values are escaped."""
    return "".join(f"{escape_unprintable(line)}\n" for line in lines)


def align_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line for each row of a table, with its cells padded to the width of their columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [COLUMN_SEPARATOR.join(map(str.ljust, row, widths)).rstrip() for row in rows]


def wrap_lines(text: str, width: int, visible_length: Callable[[str], int] = len) -> str:
    """Return lines of text of at most this width. A line continues with a larger indentation.

    A word that is longer than a line, such as a key of the datastore, is broken after a slash if possible.
    """
    lines = text.splitlines()
    if all(visible_length(line) <= width for line in lines):
        return text
    wrapped: list[str] = []
    for line in lines:
        wrapped += [line] if visible_length(line) <= width else _wrap_line(line, width, visible_length) or [line]
    return "".join(f"{line}\n" for line in wrapped)


def _wrap_line(line: str, width: int, visible_length: Callable[[str], int]) -> list[str]:
    import textwrap

    indentation = " " * min(len(line) - len(line.lstrip()) + _CONTINUATION_INDENT, width // 2)
    room = width - len(indentation)

    class PathWrapper(textwrap.TextWrapper):
        """Wrapper that also breaks long words."""

        def _split(self, text: str) -> list[str]:
            chunks = super()._split(text)
            return [piece for chunk in chunks for piece in _pieces(chunk, room, visible_length)]

    wrapper = PathWrapper(width, subsequent_indent=indentation, break_long_words=False, break_on_hyphens=False)
    return wrapper.wrap(line)


def _pieces(chunk: str, room: int, visible_length: Callable[[str], int]) -> list[str]:
    """Return the pieces of a word that is longer than the room; a word with a mark of its color is not broken."""
    if len(chunk) <= room or chunk.isspace() or visible_length(chunk) != len(chunk):
        return [chunk]
    return re.findall(rf"\(?/?[^/]{{1,{max(room - 3, 1)}}}/?|/", chunk)


def escape_controls(text: str) -> str:
    """Return lines of text with the characters that a terminal acts on as Python escapes; line ends and tabs stay."""
    return _CONTROLS.sub(lambda match: repr(match[0])[1:-1], text)


def escape_json(text: str) -> str:
    """Return a JSON text of the same value, with the characters that a terminal acts on as JSON escapes."""
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def clip(text: str, limit: int = MAX_MESSAGE_LENGTH, note: str = "") -> str:
    """Return the text, or its start, its length with the note, and its end if it is longer than the limit.

    The start has the position and the resource of a message, the end the remedy.
    """
    if len(text) <= limit:
        return text
    start, end = limit * 2 // 3, limit // 4
    return f"{text[:start]}... [{len(text):,} characters{note}] ...{text[-end:]}"


def clip_lines(text: str) -> str:
    """Return lines of text, each clipped. Clipped lines differ if the lines differ: they have a digest."""
    if len(text) <= MAX_LINE_LENGTH:
        return text
    return "".join(map(_clip_line, text.splitlines(keepends=True)))


def _clip_line(line: str) -> str:
    if len(line) <= MAX_LINE_LENGTH:
        return line
    import hashlib

    digest = hashlib.sha256(line.encode(errors="surrogatepass")).hexdigest()[:8]
    return clip(line, MAX_LINE_LENGTH, f", sha256 {digest}")
