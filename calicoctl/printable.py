"""Text for one line of a terminal."""

from __future__ import annotations


def escape_unprintable(text: str) -> str:
    r"""Return the text with each unprintable character as a Python escape, such as `\n`, `\x1b` or `\u202e`.

    These are control and format characters, line breaks, and all white space other than the space.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
