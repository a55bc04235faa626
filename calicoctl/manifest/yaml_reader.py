"""YAML parser: sends the events of libyaml to the composer."""

from __future__ import annotations

import re
from typing import Any

from calicoctl.manifest.compose import (
    AliasLimitError,
    Composer,
    ParseProblem,
    ProblemReporter,
    core_type,
    fits_core_type,
    is_collection_tag,
)
from calicoctl.manifest.libyaml import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    MarkedYAMLError,
    Parser,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from calicoctl.manifest.nodes import MappingNode, Node, SequenceNode, single_quote
from calicoctl.manifest.sources import split_lines

# The class of the printable characters, negated, takes as long to compile as a small manifest to be read.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def read_yaml(text: str, report: ProblemReporter) -> list[Node]:
    """Return the documents of a YAML text up to the first syntax error, which is reported."""
    if unprintable := _UNPRINTABLE.search(text):
        before = f"{text[: unprintable.start()]}.".splitlines()
        message = f"invalid control character U+{ord(unprintable[0]):04X}"
        report(ParseProblem(len(before) - 1, len(before[-1]) - 1, message, fatal=True))
        return []
    composer = Composer(report)
    try:
        _compose(Parser(text), composer, text)
    except MarkedYAMLError as error:
        report(_syntax_problem(error, text))
    except AliasLimitError as error:
        report(ParseProblem(error.line, error.column, str(error), fatal=True))
    return composer.roots


def _compose(parser: Any, composer: Composer, text: str) -> None:
    """Send each event to the composer. The most frequent events are tested first."""
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
        composer.report(ParseProblem(mark.line, mark.column, f"unknown tag {event.tag!r} (remove it)"))
    composer.start_collection(node(mark.line, mark.column), event.anchor)


def _resolve_tag(event: Any, report: ProblemReporter, text: str) -> tuple[str, str]:
    """Return the text of a scalar with a tag, and its core type.

    Other tags are mostly selectors without quotes, such as `!has(role)`, and so is `!` before a space: YAML would drop
    it, and `! has(role)` would select the opposite. Both are reported and then read as quoted text.
    """
    line, column = event.start_mark.line, event.start_mark.column
    name = core_type(event.tag)
    if name is not None:
        if not fits_core_type(event.value, name):
            report(ParseProblem(line, column, f"{event.value!r} is not a valid !!{name} in YAML 1.2"))
        return event.value, name
    value_text = _cut_value(split_lines(text)[line][column:])
    if value_text.startswith("!!"):
        report(ParseProblem(line, column, f"tag {value_text.split()[0]!r} is not supported (remove it)"))
        return event.value, "str"
    message = f"unknown tag {value_text.split()[0]!r} (write the text in quotes: {_quote(value_text)})"
    report(ParseProblem(line, column, message))
    return value_text, "str"


_MESSAGES = {
    "found character that cannot start any token": "invalid first character of a value (write the text in quotes)",
    "mapping values are not allowed in this context": (
        "unexpected ':' (fix the indentation, or write the text in quotes)"
    ),
    "found incompatible YAML document": "unsupported version in the %YAML directive (supported are 1.1 and 1.2)",
    "did not find expected <document start>": "expected '---' before another document",
    "found unexpected end of stream": "unclosed quotes at the end of the text",
    "exceeded maximum nesting depth": "nested too deeply (maximum: 1000 levels)",
}


def _syntax_problem(error: MarkedYAMLError, text: str) -> ParseProblem:
    """Return the problem of a syntax error, with a remedy for the frequent ones: tabs, selectors without quotes."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = split_lines(text)
    source = lines[line] if line < len(lines) else ""
    if bang := re.search(r"(?:^|[:\-,\[{]\s+)(![^\s'\"]*\(.*)", source):
        message = f"text that starts with '!' needs quotes (write {_quote(_cut_value(bang[1]))})"
        return ParseProblem(line, bang.start(1), message, fatal=True)
    if source[column : column + 1] == "\t":
        return ParseProblem(line, column, "tab in the indentation (use spaces)", fatal=True)
    problem = error.problem or "invalid YAML"
    message = _MESSAGES.get(problem, f"{problem} ({error.context})" if error.context else problem)
    return ParseProblem(line, column, message, fatal=True)


def _cut_value(rest: str) -> str:
    """Return the value at the start of a text: up to a comment, or the end of an item in `[ ]` or `{ }`."""
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
    return single_quote(text) if '"' in text or "\\" in text else f'"{text}"'
