"""Escaped characters in messages and tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calicoctl.printable import escape_unprintable


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
