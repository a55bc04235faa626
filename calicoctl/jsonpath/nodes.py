"""Parsed JSONPath templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


class JsonPathError(ValueError):
    """Syntax error of a template, or a value that a path cannot be applied to."""


@dataclass(frozen=True)
class KeyStep:
    """`.name`: value of a key."""

    name: str


@dataclass(frozen=True)
class QuotedKey:
    """`['text']`: value of this key. kubectl reads the text as a path, which applies if the key does not exist."""

    text: str
    path: Path


@dataclass(frozen=True)
class Slice:
    """`[start:stop:step]` of a list."""

    start: int | None
    stop: int | None
    step: int


@dataclass(frozen=True)
class Index:
    """`[index]`: one item of a list. A negative index counts from the end."""

    index: int


@dataclass(frozen=True)
class Wildcard:
    """`.*`: all items or values."""


@dataclass(frozen=True)
class Recursive:
    """`..`: a value and all mappings and lists in it."""


@dataclass(frozen=True)
class Union:
    """`[a,b]`: results of several paths."""

    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Filter:
    """`[?(left operator right)]`: items of a list for which the comparison is true.

    Without an operator, items for which `left` has a result.
    """

    left: Path
    operator: str = ""
    right: Path = ()


@dataclass(frozen=True)
class Literal:
    """A text, a number or a bool."""

    value: str | int | float | bool


Step: TypeAlias = "KeyStep | QuotedKey | Slice | Index | Wildcard | Recursive | Union | Filter | Literal"
Path: TypeAlias = "tuple[Step, ...]"
"""Steps from a value to results. Each applies to all results of the previous one."""


@dataclass(frozen=True)
class RangeBlock:
    """`{range path}body{end}`: the body for each result of a path."""

    path: Path
    body: Template


Template: TypeAlias = "tuple[str | Path | RangeBlock, ...]"
"""Texts, paths and ranges."""
