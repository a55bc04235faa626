"""Parser of JSONPath templates and of paths to fields, as kubectl reads them (client-go `util/jsonpath`)."""

from __future__ import annotations

import re
from typing import NoReturn

from calicoctl.jsonpath.nodes import (
    Filter,
    Index,
    JsonPathError,
    KeyStep,
    Literal,
    Path,
    QuotedKey,
    RangeBlock,
    Recursive,
    Slice,
    Step,
    Template,
    Union,
    Wildcard,
)
from calicoctl.jsonpath.quoted_text import unquote

OPERATORS = ("==", "!=", "<=", ">=", "<", ">")
_NAME = re.compile(r"(?:\\.|[^\\ \t\r\n.,\[\]$@{}])*", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9.]+")
_QUOTED = re.compile(r""""((?:\\.|[^"\\\n])*)"|'((?:\\.|[^'\\\n])*)'""")
_BRACKETS = re.compile(r"""\[((?:"[^"\n]*"|'[^'\n]*'|[^\]\n"'])*)\]""")
_FILTER = re.compile(r"""\[\?\(((?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[^"'\n])*?)\)\]""")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=~]+)(.+)", re.DOTALL)
_SLICE = re.compile(r"(-?[0-9]*)(?::(-?[0-9]*))?(?::(-?[0-9]*))?")
_RELAXED = re.compile(r"\{\.?([^{}]+)\}|\.?([^{}]+)", re.DOTALL)


def parse_template(text: str) -> Template:
    """Parse a template such as `{range .items[*]}{.metadata.name} {end}`.

    Raises:
        JsonPathError: syntax error.
    """
    try:
        template = _Parser(text).template(in_range=False)
    except RecursionError:
        raise JsonPathError("the template has too many levels") from None
    if not any(not isinstance(part, str) for part in template):
        raise JsonPathError(f"no path in braces (write {{{text}}})" if text.startswith(".") else "no path in braces")
    return template


def parse_field_path(text: str) -> Path:
    """Parse a path to a field as in `--sort-by`: `.spec.order`, `spec.order` or `{.spec.order}`.

    Raises:
        JsonPathError: syntax error.
    """
    match = _RELAXED.fullmatch(text)
    if not match:
        raise JsonPathError(f"invalid path {text!r} (write .NAME.NAME)")
    return parse_path("." + (match[1] or match[2]))


def parse_path(text: str) -> Path:
    """Parse a path without braces.

    Raises:
        JsonPathError: syntax error.
    """
    return _Parser(f"{text}}}").path()


class _Parser:
    """Recursive-descent parser. Positions are offsets in the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def template(self, *, in_range: bool) -> Template:
        """Parse up to the end, or up to the `{end}` of a range. As in kubectl, the last `{end}` can be missing."""
        parts: list[str | Path | RangeBlock] = []
        while self._at < len(self._text):
            before, brace, _ = self._text[self._at :].partition("{")
            if before:
                parts.append(before)
            self._at += len(before) + len(brace)
            if not brace:
                break
            start = self._at
            keyword = self._keyword()
            if keyword == "end":
                if not in_range:
                    self._fail("{end} without {range}", start)
                self.path()
                break
            path = self.path()
            parts.append(RangeBlock(path, self.template(in_range=True)) if keyword == "range" else path)
        return tuple(parts)

    def _keyword(self) -> str:
        """Skip `range` or `end` at the beginning of an action, and return it."""
        match = re.compile(r"[ \t]*(range|end)(?=[ \t}.$@\[])").match(self._text, self._at)
        if not match:
            return ""
        self._at = match.end()
        return match[1]

    def path(self) -> Path:
        """Parse steps up to the closing brace."""
        steps: list[Step] = []
        while True:
            character = self._text[self._at : self._at + 1]
            if character == "}":
                self._at += 1
                return tuple(steps)
            if character and character in " \t@$":  # kubectl ignores $: the path starts at the current object anyway
                self._at += 1
            elif steps and isinstance(steps[-1], Recursive) and re.match(r"\w", character):
                steps.append(KeyStep(self._take(_NAME).replace("\\", "")))
            elif (step := self._step(character)) is not None:  # a step without fields is false
                steps.append(step)

    def _step(self, character: str) -> Step | None:
        rest = self._text[self._at :]
        if rest.startswith(".."):
            self._at += 2
            return Recursive()
        if character == ".":
            self._at += 1
            return self._field()
        if character == "[":
            return self._filter() if rest.startswith("[?(") else self._brackets()
        return self._literal(character)

    def _field(self) -> Step | None:
        name = self._take(_NAME)
        if name == "*":
            return Wildcard()
        return KeyStep(name.replace("\\", "")) if name else None

    def _literal(self, character: str) -> Literal:
        start = self._at
        if match := _QUOTED.match(self._text, start):
            self._at = match.end()
            return Literal(unquote(match[1] if match[1] is not None else match[2]))
        if match := _NUMBER.match(self._text, start):
            self._at = match.end()
            return Literal(self._number(match[0]))
        name = self._take(_NAME)
        if name in {"true", "false"}:
            return Literal(name == "true")
        return self._fail(_describe_unexpected(character, name), start)

    def _number(self, text: str) -> int | float:
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            return self._fail(f"invalid number {text!r}")

    def _filter(self) -> Filter:
        match = _FILTER.match(self._text, self._at)
        if not match:
            self._fail('unclosed filter (write [?(@.FIELD=="VALUE")])')
        comparison = _COMPARISON.fullmatch(match[1])
        if not comparison:
            self._at = match.end()
            return Filter(parse_path(match[1]))
        left, operator, right = comparison.groups()
        if operator not in OPERATORS:
            known = ", ".join(OPERATORS)
            hint = "regular expressions are not supported" if "~" in operator else f"operators are {known}"
            self._fail(f"unknown operator {operator!r} in a filter ({hint})")
        if re.search(r"&&|\|\|", re.sub(_QUOTED, "", right)):
            self._fail("&& and || are not supported in a filter (as in kubectl: write one comparison)")
        self._at = match.end()
        return Filter(parse_path(left), operator, parse_path(right))

    def _brackets(self) -> Step:
        match = _BRACKETS.match(self._text, self._at)
        if not match:
            self._fail("missing ]")
        content = match[1]
        parts = [part.strip(" ") for part in re.split(r""",(?=(?:[^"']*["'][^"']*["'])*[^"']*$)""", content)]
        steps = tuple(self._bracket_step(part) for part in parts)
        self._at = match.end()
        return steps[0] if len(steps) == 1 else Union(tuple((step,) for step in steps))

    def _bracket_step(self, content: str) -> Step:
        if quoted := _QUOTED.fullmatch(content):
            text = quoted[1] if quoted[1] is not None else quoted[2]
            return QuotedKey(text.replace("\\", ""), parse_path(f".{text}"))
        if content in {"*", ":", "::"}:
            return Slice(None, None, 1)
        match = _SLICE.fullmatch(content)
        if not match or not content or content == "-":
            self._fail(f"invalid index [{content}] (write [NUMBER], [START:STOP], [*], ['KEY'] or [?(FILTER)])")
        start, stop, step = (int(part) if part and part != "-" else None for part in match.groups())
        if ":" not in content:
            return Index(start or 0)
        if step is not None and step <= 0:
            self._fail("the step of a slice must be above 0")
        return Slice(start, stop, step or 1)

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        assert match  # noqa: S101 - the pattern matches the empty text
        self._at = match.end()
        return match[0]

    def _fail(self, message: str, at: int | None = None) -> NoReturn:
        raise JsonPathError(f"column {(self._at if at is None else at) + 1}: {message}")


def _describe_unexpected(character: str, name: str) -> str:
    """Return the message for the beginning of a step that no step begins with."""
    if not character or character == "\n":
        return "missing } at the end of an expression"
    if character in "\"'":
        return "missing closing quote"
    return f"unknown word {name!r} (write .{name} for a field)" if name else f"unexpected {character!r}"
