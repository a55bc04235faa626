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
    Finding,
    Report,
    core_type,
    fits_core_type,
    is_collection_tag,
)
from calicoctl.manifest.nodes import Mapping, Node, Sequence
from calicoctl.manifest.sources import lines_of

try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]
except ImportError:  # PyYAML built without libyaml: slower, the same events
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_yaml(text: str, report: Report) -> list[Node]:
    """The documents of a YAML text. What can't be parsed ends the list and goes to `report`."""
    if unprintable := _UNPRINTABLE.search(text):
        before = f"{text[: unprintable.start()]}.".splitlines()
        message = f"control character U+{ord(unprintable[0]):04X} can't stand in YAML"
        report(Finding(len(before) - 1, len(before[-1]) - 1, message, fatal=True))
        return []
    composer = Composer(report)
    try:
        _compose(_Parser(text), composer, text)
    except yaml.MarkedYAMLError as error:
        report(_explain(error, text))
    except AliasLimitError as error:
        report(Finding(error.line, error.column, str(error), fatal=True))
    return composer.roots


def _compose(parser: Any, composer: Composer, text: str) -> None:
    """Hand each event to the composer. The order of the tests is that of how often each kind occurs."""
    get_event, scalar, close = parser.get_event, composer.scalar, composer.close
    while (event := get_event()) is not None:
        kind = type(event)
        if kind is ScalarEvent:
            mark = event.start_mark
            value, tag = event.value, (None if event.implicit[0] else "str")
            if event.tag:
                value, tag = _tagged(event, composer.report, text)
            scalar(value, tag, event.anchor, mark.line, mark.column)
        elif kind in _ENDS:
            close()
        elif kind in _STARTS:
            _open(event, composer)
        elif kind is AliasEvent:
            composer.alias(event.anchor, event.start_mark.line, event.start_mark.column)
        elif kind is DocumentEndEvent:
            composer.end_document()


_STARTS = frozenset((MappingStartEvent, SequenceStartEvent))
_ENDS = frozenset((MappingEndEvent, SequenceEndEvent))


def _open(event: Any, composer: Composer) -> None:
    name, node = ("map", Mapping) if type(event) is MappingStartEvent else ("seq", Sequence)
    mark = event.start_mark
    if event.tag is not None and not is_collection_tag(event.tag, name):
        composer.report(Finding(mark.line, mark.column, f"unknown tag {event.tag!r} (leave it out)"))
    composer.open(node(mark.line, mark.column), event.anchor)


def _tagged(event: Any, report: Report, text: str) -> tuple[str, str]:
    """The text of a scalar with a tag, and the core type that the tag names.

    Any other tag is most often a selector without quotes: `!has(role)`. So is a lone `!`: YAML would drop it, and
    `! has(role)` would select the opposite. Both are read on as if the quotes were there.
    """
    line, column = event.start_mark.line, event.start_mark.column
    name = core_type(event.tag)
    if name is not None:
        if not fits_core_type(event.value, name):
            report(Finding(line, column, f"{event.value!r} is no !!{name} of YAML 1.2"))
        return event.value, name
    written = _value_in(lines_of(text)[line][column:])
    if written.startswith("!!"):
        report(Finding(line, column, f"tag {written.split()[0]!r} is not supported (leave it out)"))
        return event.value, "str"
    message = f"unknown tag {written.split()[0]!r} (put the text in quotes: {_quoted(written)})"
    report(Finding(line, column, message))
    return written, "str"


_BETTER_WORDS = {
    "found character that cannot start any token": "this character can't start a value (put the text in quotes)",
    "mapping values are not allowed in this context": (
        "':' can't stand here (wrong indentation, or text that needs quotes)"
    ),
    "found incompatible YAML document": "the %YAML directive names another version than 1.1 or 1.2",
    "did not find expected <document start>": "expected '---' before another document",
    "found unexpected end of stream": "the text ends inside quotes",
    "exceeded maximum nesting depth": "nested too deeply (libyaml reads 1000 levels)",
}


def _explain(error: yaml.MarkedYAMLError, text: str) -> Finding:
    """What a syntax error means, with the two mistakes that are made most: tabs, and selectors without quotes."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = lines_of(text)
    source = lines[line] if line < len(lines) else ""
    if bang := re.search(r"(?:^|[:\-,\[{]\s+)(![^\s'\"]*\(.*)", source):
        message = f"text that begins with '!' needs quotes (write {_quoted(_value_in(bang[1]))})"
        return Finding(line, bang.start(1), message, fatal=True)
    if source[column : column + 1] == "\t":
        return Finding(line, column, "a tab can't indent YAML (use spaces)", fatal=True)
    problem = error.problem or "this is not YAML"
    message = _BETTER_WORDS.get(problem, f"{problem} ({error.context})" if error.context else problem)
    return Finding(line, column, message, fatal=True)


def _value_in(rest: str) -> str:
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


def _quoted(text: str) -> str:
    return f'"{text}"' if '"' not in text else "'" + text.replace("'", "''") + "'"
