"""All spellings of a selector have the same tree and agree with an independent evaluator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calicoctl.analysis.evaluation.selector_index import SelectorIndex
from calicoctl.selector import Selector, SelectorError, parse
from calicoctl.selector import nodes as n
from tests.support.strategies import LABEL_VALUES, LABELS, selector_trees

TREES = selector_trees()
LABEL_SETS = st.dictionaries(LABELS, LABEL_VALUES, max_size=5)
SPACES = st.text(" \t", max_size=2)


@given(TREES)
def test_canonical_form_is_read_back(root: n.Node) -> None:
    again = parse(n.canonical(root))
    assert again.root == _without_double_not(root)
    assert again.canonical == parse(again.canonical).canonical


@given(TREES, st.data())
def test_spelling_does_not_matter(root: n.Node, data: st.DataObject) -> None:
    selector = parse(_random_spelling(root, data))
    assert selector.root == root
    assert selector.unique_id == Selector(root).unique_id


@given(TREES, LABEL_SETS)
def test_matching(root: n.Node, labels: dict[str, str]) -> None:
    expected = _evaluate(root, labels)
    assert Selector(root).matches(labels) is expected
    assert parse(n.canonical(root)).matches(labels) is expected


@given(st.lists(TREES, max_size=8), LABEL_SETS)
def test_an_index_of_many_finds_exactly_those_that_match(roots: list[n.Node], labels: dict[str, str]) -> None:
    index = SelectorIndex(map(Selector, roots))
    expected = {number for number, selector in enumerate(index.selectors) if _evaluate(selector.root, labels)}
    assert index.matching(labels) == expected
    assert {index.numbers[Selector(root)] for root in roots} == set(range(len(index.selectors)))


WORDS = "a in not has( has all( global( ) ( == != = ! && || & | { } , 'x' \"x\" ' starts with contains é and NOT"
PIECES = st.sampled_from([*WORDS.split(), " ", "\t", "\n"])


@given(st.lists(PIECES).map("".join) | st.text(max_size=20))
def test_any_text_parses_or_is_explained(text: str) -> None:
    error = _error(text)
    if error is not None:
        assert 1 <= error.column <= len(text) + 1
        assert error.message.isprintable()
        assert not error.message.endswith(".")


def _error(text: str) -> SelectorError | None:
    try:
        parse(text)
    except SelectorError as error:
        return error
    return None


def _without_double_not(node: n.Node) -> n.Node:
    """Drop each `Not` in a `Not`: the canonical form prints it as `!!`, which parses as no negation."""
    match node:
        case n.Not(n.Not(operand)):
            return _without_double_not(operand)
        case n.Not(operand):
            return n.Not(_without_double_not(operand))
        case n.And(operands) | n.Or(operands):
            return type(node)(tuple(map(_without_double_not, operands)))
        case _:
            return node


def _evaluate(node: n.Node, labels: Mapping[str, str]) -> bool:
    """Evaluate a selector as documented, by recursion and by negation of the positive operator."""
    match node:
        case n.Not(operand):
            return not _evaluate(operand, labels)
        case n.And(operands):
            return min(_evaluate(operand, labels) for operand in operands)
        case n.Or(operands):
            return max(_evaluate(operand, labels) for operand in operands)
        case _:
            return _evaluate_condition(node, labels)


def _evaluate_condition(node: Any, labels: Mapping[str, str]) -> bool:
    if isinstance(node, n.NotEquals | n.NotIn):
        positive = n.Equals if isinstance(node, n.NotEquals) else n.In
        return not _evaluate_condition(positive(*(getattr(node, key) for key in node.__match_args__)), labels)
    if isinstance(node, n.All | n.Global):
        return True
    if node.label not in labels:
        return False
    tests: dict[type, Any] = {
        n.Has: lambda _: True,
        n.Equals: lambda value: value == node.value,
        n.In: lambda value: any(value == each for each in node.values),
        n.Contains: lambda value: value.find(node.value) >= 0,
        n.StartsWith: lambda value: value[: len(node.value)] == node.value,
        n.EndsWith: lambda value: value[len(value) - len(node.value) :] == node.value and len(value) >= len(node.value),
    }
    return bool(tests[type(node)](labels[node.label]))


def _random_spelling(node: n.Node, data: st.DataObject) -> str:
    """Write a tree with random spaces and parentheses; chains keep their order."""
    space = data.draw(SPACES)
    match node:
        case n.Not(operand):
            text = "!" + space + _in_parentheses(operand, data) + space
        case n.And(operands):
            text = f"{space}&&{space}".join(_in_parentheses(operand, data) for operand in operands)
        case n.Or(operands):
            text = f"{space}||{space}".join(_in_parentheses(operand, data) for operand in operands)
        case _:
            text = str(node)
    return f"{space}({space}{text}{space}){space}" if data.draw(st.booleans()) else f"{space}{text}{space}"


def _in_parentheses(node: n.Node, data: st.DataObject) -> str:
    text = _random_spelling(node, data)
    return f"({text})" if isinstance(node, n.Compound) else text
