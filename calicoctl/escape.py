"""Escapes for characters that a terminal does not print."""

from __future__ import annotations


def escape_unprintable(text: str) -> str:
    """Return the text in one line, with unprintable characters as Python escapes."""
    return text if text.isprintable() else "".join(map(_escape, text))


def _escape(character: str) -> str:
    return character if character.isprintable() and character != "\\" else repr(character)[1:-1]
