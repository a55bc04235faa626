"""Satisfiability of selectors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calicoctl.analysis.lint.facts.satisfiable import is_satisfiable, matches_everything
from calicoctl.selector import parse
from tests.support.strategies import selectors


@given(selectors(), st.dictionaries(st.sampled_from(["a", "b", "role"]), st.text(max_size=3), max_size=3))
def test_a_selector_with_a_match_is_satisfiable(text: str, labels: dict[str, str]) -> None:
    selector = parse(text)
    if selector.matches(labels):
        assert is_satisfiable((selector,))
    else:
        assert not matches_everything(selector)


@pytest.mark.parametrize(
    ("text", "satisfiable"),
    [
        ("a == 'x' && a == 'y'", False),
        ("a == 'x' && !has(a)", False),
        ("a in {'x', 'y'} && a not in {'x', 'y', 'z'}", False),
        ("a in {}", False),
        ("a starts with 'x' && a starts with 'y'", False),
        ("a starts with 'xy' && !(a contains 'y')", False),
        ("a starts with 'xy' && a ends with 'yz'", True),
        ("a contains 'x' && a contains 'y' && a != 'xy'", True),
        ("a contains '' && !has(a)", False),
        ("a == 'xyz' && a contains 'yz' && b != 'q'", True),
        ("!(a != 'x' || b == 'y') && b == 'y'", False),
        ("!(has(a) || !has(a))", False),
        (" && ".join(f"has(a{number})" for number in range(40)), True),
    ],
)
def test_satisfiable_examples(text: str, satisfiable: bool) -> None:
    assert is_satisfiable((parse(text),)) is satisfiable
    assert matches_everything(parse(f"!({text})")) is not satisfiable
