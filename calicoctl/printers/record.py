"""JSON values that several printers share, and results of commands without a formatter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from calicoctl.printable import MAX_LINE_LENGTH, clip, escape_json

if TYPE_CHECKING:
    from calicoctl.errors import Problem


def format_text(_value: object, text: str) -> str:
    """Return the text."""
    return text


def format_json(value: object, _text: str = "") -> str:
    """Return an indented JSON value."""
    import json

    return escape_json(json.dumps(value, indent=2, ensure_ascii=False)) + "\n"


def problem_location(problem: Problem) -> dict[str, Any]:
    """Return the resource, the position and the field of a problem; None for unknown values."""
    kind, _, name = problem.subject.partition("/")
    source, line, column = problem.position
    return {
        "kind": kind or None,
        "name": name or None,
        "file": clip(source, MAX_LINE_LENGTH) or None,  # longer than any file name
        "line": line or None,
        "column": column or None,
        "path": problem.path or None,
    }
