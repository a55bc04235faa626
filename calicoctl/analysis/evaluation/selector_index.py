"""Index of selectors by required labels: finds the selectors that match given labels without evaluating each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from calicoctl.selector import Selector
from calicoctl.selector.nodes import And, Contains, EndsWith, Equals, Has, In, Node, Or, StartsWith

_LabelKey = tuple[str, "str | None"]
"""Label and value; None means any value."""
LabelKeys = frozenset[_LabelKey]


class SelectorIndex:
    """Distinct selectors, indexed by labels that an endpoint needs to match."""

    def __init__(self, selectors: Iterable[Selector]) -> None:
        self.selectors: Sequence[Selector] = tuple(dict.fromkeys(selectors))
        """Distinct selectors; the number of a selector is its position."""
        self.numbers: Mapping[Selector, int] = {selector: number for number, selector in enumerate(self.selectors)}
        self._by_key: dict[_LabelKey, list[int]] = {}
        self._unindexed: list[int] = []
        self._exact = {
            number for number, selector in enumerate(self.selectors) if isinstance(selector.root, Equals | In | Has)
        }
        """Numbers of the selectors that match whenever one of their keys is present."""
        self._index([_required_keys(selector.root) for selector in self.selectors])

    def _index(self, required_keys: Sequence[Sequence[LabelKeys]]) -> None:
        """Index each selector by its most selective keys: they occur in the fewest selectors."""
        frequency = Counter(key for alternatives in required_keys for keys in alternatives for key in keys)
        for number, alternatives in enumerate(required_keys):
            if not alternatives:
                self._unindexed.append(number)
                continue
            for key in min(alternatives, key=lambda keys: sum(frequency[key] for key in keys)):
                self._by_key.setdefault(key, []).append(number)

    def matching(self, labels: Mapping[str, str]) -> frozenset[int]:
        """Return the numbers of the selectors that match labels."""
        result = {number for number in self._unindexed if self.selectors[number].matches(labels)}
        for label, value in labels.items():
            for key in ((label, value), (label, None)):
                for number in self._by_key.get(key, ()):
                    if number in self._exact or self.selectors[number].matches(labels):
                        result.add(number)
        return frozenset(result)


def _required_keys(root: Node) -> list[LabelKeys]:
    """Return sets of keys: labels match only if each set contains one of them. Empty if none is required."""
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
