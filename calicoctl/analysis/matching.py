"""Which of many selectors match given labels, without asking each: most name a label and a value that are looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from calicoctl.selector import Selector
from calicoctl.selector.nodes import And, Contains, EndsWith, Equals, Has, In, Node, Or, StartsWith

_Key = tuple[str, "str | None"]
"""A label and its value; None as value means any."""


class SelectorIndex:
    """Selectors by what an endpoint needs to have to be selected at all."""

    def __init__(self, selectors: Iterable[Selector]) -> None:
        self.selectors: Sequence[Selector] = tuple(dict.fromkeys(selectors))
        """The different ones; a selector's number is its place here."""
        self.numbers: Mapping[Selector, int] = {selector: number for number, selector in enumerate(self.selectors)}
        self._by_key: dict[_Key, list[int]] = {}
        self._others: list[int] = []
        self._sure: set[int] = set()
        """Those that match whenever their key is there."""
        for number, selector in enumerate(self.selectors):
            keys = _keys(selector.root)
            if isinstance(selector.root, Equals | In | Has):
                self._sure.add(number)
            if keys is None:
                self._others.append(number)
            for key in set(keys or ()):
                self._by_key.setdefault(key, []).append(number)

    def matching(self, labels: Mapping[str, str]) -> frozenset[int]:
        """The numbers of the selectors that match."""
        found = {number for number in self._others if self.selectors[number].matches(labels)}
        for label, value in labels.items():
            for key in ((label, value), (label, None)):
                for number in self._by_key.get(key, ()):
                    if number in self._sure or self.selectors[number].matches(labels):
                        found.add(number)
        return frozenset(found)


def _keys(root: Node) -> list[_Key] | None:
    """Of which keys one at least has to be there; None when the selector may match without any."""
    if isinstance(root, And):
        choices = [keys for operand in root.operands if (keys := _keys_of_one(operand)) is not None]
        return min(choices, key=_cost) if choices else None
    if isinstance(root, Or):
        together: list[_Key] = []
        for operand in root.operands:
            keys = _keys_of_one(operand)
            if keys is None:
                return None
            together += keys
        return together
    return _keys_of_one(root)


def _keys_of_one(condition: Node) -> list[_Key] | None:
    if isinstance(condition, Equals):
        return [(condition.label, condition.value)]
    if isinstance(condition, In):
        return [(condition.label, value) for value in sorted(condition.values)]
    if isinstance(condition, Has | Contains | StartsWith | EndsWith):
        return [(condition.label, None)]
    return None


def _cost(keys: list[_Key]) -> tuple[bool, int]:
    """Keys with a value tell more than those without."""
    return any(value is None for _, value in keys), len(keys)
