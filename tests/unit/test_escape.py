"""Escapes for characters that a terminal does not print."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calicoctl.escape import escape_unprintable


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("web", "web"), ("a\\b", "a\\b"), ("a\nb", "a\\nb"), ("\x1b[31m\\", "\\x1b[31m\\\\"), ("'\u202e\"", "'\\u202e\"")],
)
def test_unprintable_characters_are_escaped(text: str, escaped: str) -> None:
    assert escape_unprintable(text) == escaped


@given(st.text())
def test_the_result_is_printable_and_reversible(text: str) -> None:
    escaped = escape_unprintable(text)
    assert escaped.isprintable()
    if escaped != text:
        quoted = escaped.replace('"', '\\"')
        assert ast.literal_eval(f'"{quoted}"') == text
