"""Parsed JSONPath templates."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class JsonPathError(ValueError):
    """Syntax error of a template, or a value that a path cannot be applied to."""


class KeyStep(NamedTuple):
    """`.name`: value of a key."""

    name: str


class QuotedKey(NamedTuple):
    """`['text']`: value of this key. kubectl reads the text as a path, which applies if the key does not exist."""

    text: str
    path: Path


class Slice(NamedTuple):
    """`[start:stop:step]` of a list."""

    start: int | None
    stop: int | None
    step: int


class Index(NamedTuple):
    """`[index]`: one item of a list. A negative index counts from the end."""

    number: int


class Wildcard(NamedTuple):
    """`.*`: all items or values."""


class Recursive(NamedTuple):
    """`..`: a value and all mappings and lists in it."""


class Union(NamedTuple):
    """`[a,b]`: results of several paths."""

    paths: tuple[Path, ...]


class Filter(NamedTuple):
    """`[?(left operator right)]`: items of a list for which the comparison is true.

    Without an operator, items for which `left` has a result.
    """

    left: Path
    operator: str = ""
    right: Path = ()


class Literal(NamedTuple):
    """A text, a number or a bool."""

    value: str | int | float | bool


Step: TypeAlias = "KeyStep | QuotedKey | Slice | Index | Wildcard | Recursive | Union | Filter | Literal"
Path: TypeAlias = "tuple[Step, ...]"
"""Steps from a value to results. Each applies to all results of the previous one."""


class RangeBlock(NamedTuple):
    """`{range path}body{end}`: the body for each result of a path."""

    path: Path
    body: Template


Template: TypeAlias = "tuple[str | Path | RangeBlock, ...]"
"""Texts, paths and ranges."""
