"""LALR(1) parser that runs the tables of `parser_tables`: Lark generates them, and is not imported for valid selectors.

The import of Lark takes a tenth of an `apply` of one file. Lark is imported for syntax errors, whose messages need it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from calicoctl.selector.parser_tables import ACCEPTING, PATTERNS, RULES, START, STATES


class RejectedError(ValueError):
    """The text is not in the language."""


def parse_text(text: str, callbacks: Mapping[str, Callable[..., Any]]) -> Any:
    """Parse a text as a contextual lexer and an LALR parser of Lark do.

    Args:
        text: the text.
        callbacks: functions by the name of a terminal, whose text they get, or of a rule, which get a list of values.

    Returns:
        The value of the start rule.

    Raises:
        RejectedError: syntax error.
    """
    states, position = [START], 0
    values: list[Any] = []
    while True:
        terminal, word, position = _next_token(text, position, STATES[states[-1]][0])
        while (action := STATES[states[-1]][1].get(terminal)) is not None and action < 0:
            _reduce(states, values, ~action, callbacks)
            if states[-1] == ACCEPTING and terminal == "$END":
                return values[-1]
        if action is None:
            raise RejectedError
        states.append(action)
        callback = callbacks.get(terminal)
        values.append(callback(word) if callback else word)


def _next_token(text: str, position: int, lexer: int) -> tuple[str, str, int]:
    """Return the next terminal that can follow, its text, and the position after it."""
    match = _pattern(lexer)
    while position < len(text):
        found = match(text, position)
        if not found or not found.lastgroup:
            raise RejectedError
        position = found.end()
        if not found.lastgroup.startswith("__IGNORE"):
            return found.lastgroup, found[0], position
    return "$END", "", position


@cache
def _pattern(lexer: int) -> Callable[[str, int], re.Match[str] | None]:
    return re.compile(PATTERNS[lexer]).match


def _reduce(states: list[int], values: list[Any], rule: int, callbacks: Mapping[str, Callable[..., Any]]) -> None:
    """Replace the values of the symbols of a rule by the value of the rule."""
    origin, length, kept, callback = RULES[rule]
    first = len(values) - length
    children: list[Any] = []
    for index, inline in kept:
        child = values[first + index]
        if not inline:
            children.append(child)
        elif children:
            children += child
        else:
            children = child
    del states[len(states) - length :], values[first:]
    states.append(STATES[states[-1]][1][origin])
    is_single = len(children) == 1 and callback.startswith("?")
    name = callback.removeprefix("?")
    values.append(children[0] if is_single else callbacks[name](children) if name else children)
