"""Selectors: trees, deep nesting, and what parsing costs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import UnexpectedInput

from calicoctl.selector import Selector, SelectorError, parse, parser
from calicoctl.selector.nodes import All, And, Equals, Has, In, Node, Not, NotEquals, Or, canonical
from calicoctl.selector.table_parser import RejectedError, parse_text

DEPTH = 20_000


TREES: list[tuple[str, Node]] = [
    ("", All()),
    (" \t", All()),
    ("(all())", All()),
    ("in in {'in', \"in\",}", In("in", frozenset({"in"}))),
    ("a=='x'&&b!=''", And((Equals("a", "x"), NotEquals("b", "")))),
    ("!a == 'x'", Not(Equals("a", "x"))),
    ("!!!has(a)", Not(Has("a"))),
    ("!!has(a)", Has("a")),
    ("!(!has(a))", Not(Not(Has("a")))),
    ("has(a) && has(b) && has(c)", And((Has("a"), Has("b"), Has("c")))),
    ("(has(a) && has(b)) && has(c)", And((And((Has("a"), Has("b"))), Has("c")))),
    ("has(a) || has(b) && has(c)", Or((Has("a"), And((Has("b"), Has("c")))))),
]


@pytest.mark.parametrize(("text", "root"), TREES, ids=[row[0] for row in TREES])
def test_trees(text: str, root: Node) -> None:
    assert parse(text).root == root


DEEP: dict[str, Callable[[int], str]] = {
    "parentheses": lambda depth: "(" * depth + "has(a)" + ")" * depth,
    "negations": lambda depth: "!(" * depth + "has(a)" + ")" * depth,
    "chains": lambda depth: "(" * depth + "has(a)" + " && !has(b))" * depth,
    "adjacent": lambda depth: "!" * depth + "has(a)",
    "wide": lambda depth: " || ".join(["has(a)"] * depth),
}


@pytest.mark.parametrize("shape", DEEP)
def test_nesting_has_no_limit(shape: str) -> None:
    selector = parse(DEEP[shape](DEPTH))
    assert selector.matches({"a": ""})
    assert not selector.matches({"b": ""})
    again = Selector(parse(DEEP[shape](DEPTH) + " ").root)
    assert again == selector
    assert hash(again.root) == hash(selector.root)
    assert again.root == selector.root
    assert repr(selector)
    assert repr(selector.root)
    assert len(selector.unique_id) == 40
    if shape == "chains":
        assert canonical(selector.root) == DEEP[shape](DEPTH)


@pytest.mark.parametrize("text", ["(" * DEPTH, "!(" * DEPTH, "(has(a) && " * DEPTH])
def test_errors_at_any_depth(text: str) -> None:
    with pytest.raises(SelectorError) as caught:
        parse(text)
    assert caught.value.column == len(text.rstrip()) + 1


def test_a_text_is_parsed_once() -> None:
    text = "seen-before == 'yes'"
    assert parse(text) is parse(text)


def test_lark_waits_for_a_syntax_error() -> None:
    code = (
        "import sys, calicoctl.selector as selector\n"
        "selector.parse('has(a)')\n"
        "assert 'lark' not in sys.modules\n"
        "try: selector.parse('has(')\n"
        "except selector.SelectorError: pass\n"
        "assert 'lark' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


TOKENS = (
    *("has(", "all(", "global(", "(", ")", "!", "&&", "||", "==", "!=", "{", "}", ",", " ", "\t", "\n", "é", "'", '"'),
    *("in", "not in", "notin", "contains", "starts with", "endswith", "'a'", '"b"', "a", "has", "b.c/d-", "x" * 513),
)
RECORDINGS = Path(__file__).parents[2] / "golden" / "data" / "selectors.jsonl"
SELECTORS = [json.loads(line)["sel"] or "" for line in RECORDINGS.read_text(encoding="utf-8").splitlines()]


@given(
    st.one_of(
        st.lists(st.sampled_from(TOKENS), max_size=12).map("".join),
        st.tuples(st.sampled_from(SELECTORS), st.integers(0, 80), st.integers(0, 2), st.sampled_from(TOKENS)).map(
            lambda drawn: drawn[0][: drawn[1]] + drawn[3] + drawn[0][drawn[1] + drawn[2] :]
        ),
        st.sampled_from(SELECTORS),
    )
)
def test_the_tables_accept_what_lark_accepts(text: str) -> None:
    try:
        expected = parser.build_parser().parse(text)
    except UnexpectedInput:
        with pytest.raises(RejectedError):
            parse_text(text, parser._CALLBACKS)
    else:
        assert parse_text(text, parser._CALLBACKS) == expected
