"""Formats of the JSON Schemas: functions from a text to its problem."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from calicoctl.kinds.values.networks import (
    normalize_as_number,
    normalize_mac,
    parse_address,
    parse_network,
    port_problem,
)
from calicoctl.selector import SelectorError, parse


class FormatProblem(NamedTuple):
    """A problem of a text."""

    message: str
    column: int | None = None
    """Position in the text, in characters from 1; None if unknown."""


def _check_selector(text: str) -> FormatProblem | None:
    """Return the problem of a selector, which is parsed as Felix does, without white space at its ends."""
    trimmed = text.strip(" \t\r\n")
    if not trimmed:
        if "\n" in text or "\r" in text:
            return FormatProblem("is blank and would select all endpoints (write all(), or remove the field)")
        return None
    try:
        selector = parse(trimmed)
    except SelectorError as error:
        return FormatProblem(error.message, error.column + len(text) - len(text.lstrip(" \t\r\n")))
    if "global()" in trimmed or "global()" in str(selector):
        return FormatProblem("global() has no meaning here (write all())", max(text.find("global("), 0) + 1)
    return None


def _format_from_parser(parser: Callable[[str], object]) -> Callable[[str], FormatProblem | None]:
    """Return the format of the texts that a parser accepts; the problem is the message of its ValueError."""

    def check(text: str) -> FormatProblem | None:
        try:
            parser(text)
        except ValueError as error:
            return FormatProblem(str(error))
        return None

    return check


def _check_port(text: str) -> FormatProblem | None:
    message = port_problem(text)
    return FormatProblem(message) if message else None


_cached = lru_cache(maxsize=65536)
"""Cache of the checks: manifests repeat their selectors and networks."""

FORMATS: dict[str, Callable[[str], FormatProblem | None]] = {
    "selector": _cached(_check_selector),
    "network": _cached(_format_from_parser(parse_network)),
    "address": _cached(_format_from_parser(parse_address)),
    "mac": _format_from_parser(normalize_mac),
    "as-number": _format_from_parser(normalize_as_number),
    "port": _cached(_check_port),
}
