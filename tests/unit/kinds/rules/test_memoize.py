"""What functions of rules remember is never taken for another rule's."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from calicoctl.kinds.rules import memoize as module
from calicoctl.kinds.rules.memoize import memoized


def counting_function() -> Callable[[Any], int]:
    """A function that tells how often it was called."""
    calls = count(1)
    return lambda _rule: next(calls)


def test_equal_rules_are_worked_out_once() -> None:
    of = memoized(counting_function())
    assert [of({"action": "allow"}), of({"action": "deny"}), of({"action": "".join(["al", "low"])})] == [1, 2, 1]


def test_values_that_python_compares_equal_are_distinguished() -> None:
    of = memoized(lambda rule: type(rule["value"]).__name__)
    assert [of({"value": value}) for value in (True, 1, 1.0, "1")] == ["bool", "int", "float", "str"]


def test_unserializable_values_are_not_cached() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    of = memoized(counting_function())
    assert [of({"value": deep}), of({"value": deep}), of({"value": object()})] == [1, 2, 3]


def test_only_so_many_are_remembered(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "_MAX_RESULTS", 1)
    of = memoized(counting_function())
    assert [of({"a": 1}), of({"a": 2}), of({"a": 2}), of({"a": 1})] == [1, 2, 3, 1]
