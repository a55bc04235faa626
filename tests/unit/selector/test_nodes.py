"""Nodes of selectors: equality and repr."""

from __future__ import annotations

from calicoctl.selector import parse
from calicoctl.selector.nodes import And, Equals, Has, NotEquals, Or


def test_nodes_of_two_kinds_differ() -> None:
    assert len({Equals("a", "b"), NotEquals("a", "b")}) == 2
    assert len({And((Has("a"), Has("b"))), Or((Has("a"), Has("b")))}) == 2


def test_selectors_with_the_same_tree_are_equal() -> None:
    assert {parse("has(a)")} == {parse(" (has( a ))")}
    assert parse("has(a)") != parse("has(b)")
    assert repr(parse("!has(a)")) == "<Selector !has(a)>"
    assert repr(parse("!has(a)").root) == "<Not !has(a)>"
