"""The formats that our schemas name, each a function from text to what is wrong with it."""

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
    """What is wrong with a text, and at which character of it (from 1) where that is known."""

    message: str
    column: int | None = None


def _check_selector(text: str) -> FormatProblem | None:
    """A selector as the agent parses it, without the blanks and line breaks at its ends."""
    trimmed = text.strip(" \t\r\n")
    if not trimmed:
        if "\n" in text or "\r" in text:
            return FormatProblem("is blank, and would select everything (write all(), or leave it out)")
        return None
    try:
        selector = parse(trimmed)
    except SelectorError as error:
        return FormatProblem(error.message, error.column + len(text) - len(text.lstrip(" \t\r\n")))
    if "global()" in trimmed or "global()" in str(selector):
        return FormatProblem("global() has no meaning here (write all())", max(text.find("global("), 0) + 1)
    return None


def _format_from_parser(parser: Callable[[str], object]) -> Callable[[str], FormatProblem | None]:
    """The format of what a function takes; the message of its ValueError says what is wrong."""

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
"""Manifests repeat their selectors and networks: each text is looked at once."""

FORMATS: dict[str, Callable[[str], FormatProblem | None]] = {
    "selector": _cached(_check_selector),
    "network": _cached(_format_from_parser(parse_network)),
    "address": _cached(_format_from_parser(parse_address)),
    "mac": _format_from_parser(normalize_mac),
    "as-number": _format_from_parser(normalize_as_number),
    "port": _cached(_check_port),
}
