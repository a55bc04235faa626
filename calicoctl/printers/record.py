"""Results of commands without a formatter of their own: a text, or the same values in JSON."""

from __future__ import annotations


def format_text(_value: object, text: str) -> str:
    """Return the text."""
    return text


def format_json(value: object, _text: str = "") -> str:
    """Return an indented JSON value."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
