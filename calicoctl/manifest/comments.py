"""Comments of a YAML text, with their positions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from calicoctl.manifest.sources import Source, split_lines

_HASH = re.compile(r"(?:^|(?<=[ \t]))#")
_Span = tuple[tuple[int, int], tuple[int, int]]


class Comment(NamedTuple):
    """A comment; line and column are counted from 1."""

    line: int
    column: int
    text: str
    """Text from the `#`, without trailing white space."""
    on_own_line: bool
    """Whether the line contains only the comment."""


def find_comments(source: Source) -> Iterator[Comment]:
    """Yield the comments of a source with valid syntax, in order."""
    spans = _scalar_spans(source.text)
    span = next(spans, None)
    for number, line in enumerate(split_lines(source.text)):
        for match in _HASH.finditer(line):
            position = (number, match.start())
            while span and span[1] <= position:
                span = next(spans, None)
            if span and span[0] <= position:
                continue
            yield Comment(
                number + 1, match.start() + 1, line[match.start() :].rstrip(), not line[: match.start()].strip()
            )
            break


def _scalar_spans(text: str) -> Iterator[_Span]:
    """Yield the spans of scalars that may contain a `#`: quoted scalars, and block scalars after their header."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.ScalarEvent) and event.style and event.start_mark and event.end_mark:
            start, end = event.start_mark, event.end_mark
            span_start = (start.line + 1, 0) if event.style in "|>" else (start.line, start.column)
            yield span_start, (end.line, end.column)
