"""Selectors: trees, deep nesting, and what parsing costs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from calicoctl.selector import Selector, SelectorError, parse, parser, parser_tables
from calicoctl.selector.nodes import All, And, Equals, Has, In, Node, Not, NotEquals, Or, canonical

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


def test_lark_waits_for_the_first_selector() -> None:
    code = (
        "import sys, calicoctl.selector as selector\n"
        "assert 'lark' not in sys.modules\n"
        "selector.parse('has(a)')\n"
        "assert 'lark' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


@pytest.mark.parametrize(
    "text", ["a == 'b'", "!(has(a) || b in {'c', \"d\"}) && e starts with 'f'", "global()", "a ==", "a in {'b'", "?"]
)
def test_the_parser_of_the_tables_and_one_of_another_lark_agree(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def verdict() -> tuple[str, int]:
        parser.parse.cache_clear()
        parser._load_parser.cache_clear()
        try:
            return parser.parse(text).canonical, 0
        except SelectorError as error:
            return str(error), error.column

    loaded = verdict()
    monkeypatch.setattr(parser_tables, "LARK", "0.0.0")
    built = verdict()
    monkeypatch.undo()
    parser._load_parser.cache_clear()
    assert built == loaded
