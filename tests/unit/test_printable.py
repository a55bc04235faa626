"""Escaped characters in messages and tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calicoctl.printable import escape_unprintable, wrap_lines


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("", ""),
        ("größer 'a' \\ 😀", "größer 'a' \\ 😀"),
        ("a\nb\r\t", "a\\nb\\r\\t"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x85\u2028\u202e", "\\x85\\u2028\\u202e"),
        ("\udc80", "\\udc80"),
    ],
)
def test_escape_unprintable(text: str, escaped: str) -> None:
    assert escape_unprintable(text) == escaped


@given(st.text())
def test_the_result_is_printable(text: str) -> None:
    assert escape_unprintable(text).isprintable()


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("  a (/calico/resources/v3/x/y) b", ["  a (/calico/", "      resources/", "      v3/x/y) b"]),
        ("  " + "x" * 30, ["  " + "x" * 14, "      " + "x" * 7, "      " + "x" * 9]),
        ("a short/word andb", ["a short/word", "    andb"]),
        ("", [""]),
    ],
)
def test_wrapped_lines(line: str, lines: list[str]) -> None:
    assert wrap_lines(f"{line}\n", 16).splitlines() == lines
