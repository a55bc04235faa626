"""Which of many selectors match given labels, without asking each: most name a label and a value that are looked up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from calicoctl.selector import Selector
from calicoctl.selector.nodes import And, Contains, EndsWith, Equals, Has, In, Node, Or, StartsWith

_LabelKey = tuple[str, "str | None"]
"""A label and its value; None as value means any."""
LabelKeys = frozenset[_LabelKey]


class SelectorIndex:
    """Selectors by what an endpoint needs to have to be selected at all."""

    def __init__(self, selectors: Iterable[Selector]) -> None:
        self.selectors: Sequence[Selector] = tuple(dict.fromkeys(selectors))
        """The different ones; a selector's number is its place here."""
        self.numbers: Mapping[Selector, int] = {selector: number for number, selector in enumerate(self.selectors)}
        self._by_key: dict[_LabelKey, list[int]] = {}
        self._unindexed: list[int] = []
        self._exact = {
            number for number, selector in enumerate(self.selectors) if isinstance(selector.root, Equals | In | Has)
        }
        """Those that match whenever their key is there."""
        self._index([_required_keys(selector.root) for selector in self.selectors])

    def _index(self, required_keys: Sequence[Sequence[LabelKeys]]) -> None:
        """Put each selector under the keys that the fewest others have: those tell the most."""
        frequency = Counter(key for alternatives in required_keys for keys in alternatives for key in keys)
        for number, several in enumerate(required_keys):
            if not several:
                self._unindexed.append(number)
                continue
            for key in min(several, key=lambda keys: sum(frequency[key] for key in keys)):
                self._by_key.setdefault(key, []).append(number)

    def matching(self, labels: Mapping[str, str]) -> frozenset[int]:
        """The numbers of the selectors that match."""
        result = {number for number in self._unindexed if self.selectors[number].matches(labels)}
        for label, value in labels.items():
            for key in ((label, value), (label, None)):
                for number in self._by_key.get(key, ()):
                    if number in self._exact or self.selectors[number].matches(labels):
                        result.add(number)
        return frozenset(result)


def _required_keys(root: Node) -> list[LabelKeys]:
    """Sets of keys; of each one at least has to be there. None when the selector may match without any."""
    if isinstance(root, And):
        return [keys for operand in root.operands if (keys := _condition_keys(operand)) is not None]
    if isinstance(root, Or):
        operand_keys = [_condition_keys(operand) for operand in root.operands]
        return [] if None in operand_keys else [frozenset().union(*filter(None, operand_keys))]
    keys = _condition_keys(root)
    return [] if keys is None else [keys]


def _condition_keys(condition: Node) -> LabelKeys | None:
    if isinstance(condition, Equals):
        return frozenset([(condition.label, condition.value)])
    if isinstance(condition, In):
        return frozenset((condition.label, value) for value in condition.values)
    if isinstance(condition, Has | Contains | StartsWith | EndsWith):
        return frozenset([(condition.label, None)])
    return None
