"""YAML text to node trees, from the events of libyaml."""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from calicoctl.manifest.compose import (
    AliasLimitError,
    Composer,
    ParseProblem,
    ProblemReporter,
    core_type,
    fits_core_type,
    is_collection_tag,
)
from calicoctl.manifest.nodes import MappingNode, Node, SequenceNode
from calicoctl.manifest.sources import split_lines

try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]
except ImportError:  # PyYAML built without libyaml: slower, the same events
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_yaml(text: str, report: ProblemReporter) -> list[Node]:
    """The documents of a YAML text. What can't be parsed ends the list and goes to `report`."""
    if unprintable := _UNPRINTABLE.search(text):
        before = f"{text[: unprintable.start()]}.".splitlines()
        message = f"control character U+{ord(unprintable[0]):04X} can't stand in YAML"
        report(ParseProblem(len(before) - 1, len(before[-1]) - 1, message, fatal=True))
        return []
    composer = Composer(report)
    try:
        _compose(_Parser(text), composer, text)
    except yaml.MarkedYAMLError as error:
        report(_syntax_problem(error, text))
    except AliasLimitError as error:
        report(ParseProblem(error.line, error.column, str(error), fatal=True))
    return composer.roots


def _compose(parser: Any, composer: Composer, text: str) -> None:
    """Hand each event to the composer. The order of the tests is that of how often each kind occurs."""
    get_event, scalar, end_collection = parser.get_event, composer.scalar, composer.end_collection
    while (event := get_event()) is not None:
        kind = type(event)
        if kind is ScalarEvent:
            mark = event.start_mark
            value, tag = event.value, (None if event.implicit[0] else "str")
            if event.tag:
                value, tag = _resolve_tag(event, composer.report, text)
            scalar(value, tag, event.anchor, mark.line, mark.column)
        elif kind in _COLLECTION_ENDS:
            end_collection()
        elif kind in _COLLECTION_STARTS:
            _start_collection(event, composer)
        elif kind is AliasEvent:
            composer.alias(event.anchor, event.start_mark.line, event.start_mark.column)
        elif kind is DocumentEndEvent:
            composer.end_document()


_COLLECTION_STARTS = frozenset((MappingStartEvent, SequenceStartEvent))
_COLLECTION_ENDS = frozenset((MappingEndEvent, SequenceEndEvent))


def _start_collection(event: Any, composer: Composer) -> None:
    name, node = ("map", MappingNode) if type(event) is MappingStartEvent else ("seq", SequenceNode)
    mark = event.start_mark
    if event.tag is not None and not is_collection_tag(event.tag, name):
        composer.report(ParseProblem(mark.line, mark.column, f"unknown tag {event.tag!r} (leave it out)"))
    composer.start_collection(node(mark.line, mark.column), event.anchor)


def _resolve_tag(event: Any, report: ProblemReporter, text: str) -> tuple[str, str]:
    """The text of a scalar with a tag, and the core type that the tag names.

    Any other tag is most often a selector without quotes: `!has(role)`. So is a lone `!`: YAML would drop it, and
    `! has(role)` would select the opposite. Both are read on as if the quotes were there.
    """
    line, column = event.start_mark.line, event.start_mark.column
    name = core_type(event.tag)
    if name is not None:
        if not fits_core_type(event.value, name):
            report(ParseProblem(line, column, f"{event.value!r} is no !!{name} of YAML 1.2"))
        return event.value, name
    value_text = _cut_value(split_lines(text)[line][column:])
    if value_text.startswith("!!"):
        report(ParseProblem(line, column, f"tag {value_text.split()[0]!r} is not supported (leave it out)"))
        return event.value, "str"
    message = f"unknown tag {value_text.split()[0]!r} (put the text in quotes: {_quote(value_text)})"
    report(ParseProblem(line, column, message))
    return value_text, "str"


_MESSAGES = {
    "found character that cannot start any token": "this character can't start a value (put the text in quotes)",
    "mapping values are not allowed in this context": (
        "':' can't stand here (wrong indentation, or text that needs quotes)"
    ),
    "found incompatible YAML document": "the %YAML directive names another version than 1.1 or 1.2",
    "did not find expected <document start>": "expected '---' before another document",
    "found unexpected end of stream": "the text ends inside quotes",
    "exceeded maximum nesting depth": "nested too deeply (libyaml reads 1000 levels)",
}


def _syntax_problem(error: yaml.MarkedYAMLError, text: str) -> ParseProblem:
    """What a syntax error means, with the two mistakes that are made most: tabs, and selectors without quotes."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = split_lines(text)
    source = lines[line] if line < len(lines) else ""
    if bang := re.search(r"(?:^|[:\-,\[{]\s+)(![^\s'\"]*\(.*)", source):
        message = f"text that begins with '!' needs quotes (write {_quote(_cut_value(bang[1]))})"
        return ParseProblem(line, bang.start(1), message, fatal=True)
    if source[column : column + 1] == "\t":
        return ParseProblem(line, column, "a tab can't indent YAML (use spaces)", fatal=True)
    problem = error.problem or "this is not YAML"
    message = _MESSAGES.get(problem, f"{problem} ({error.context})" if error.context else problem)
    return ParseProblem(line, column, message, fatal=True)


def _cut_value(rest: str) -> str:
    """The value that a line goes on with: up to a comment, or to what ends it within `[ ]` or `{ }`."""
    depth = 0
    quote = ""
    for index, character in enumerate(rest):
        if quote or character in "'\"":
            quote = "" if character == quote else quote or character
            continue
        depth += (character in "([{") - (character in ")]}")
        comment = character == "#" and rest[index - 1].isspace()
        if comment or depth < 0 or (character == "," and depth == 0):
            return rest[:index].rstrip()
    return rest.rstrip()


def _quote(text: str) -> str:
    return f'"{text}"' if '"' not in text else "'" + text.replace("'", "''") + "'"
