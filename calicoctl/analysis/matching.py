"""Which of many selectors match given labels, without asking each: most name a label and a value that are looked up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from calicoctl.selector import Selector
from calicoctl.selector.nodes import And, Contains, EndsWith, Equals, Has, In, Node, Or, StartsWith

_Key = tuple[str, "str | None"]
"""A label and its value; None as value means any."""
Keys = frozenset[_Key]


class SelectorIndex:
    """Selectors by what an endpoint needs to have to be selected at all."""

    def __init__(self, selectors: Iterable[Selector]) -> None:
        self.selectors: Sequence[Selector] = tuple(dict.fromkeys(selectors))
        """The different ones; a selector's number is its place here."""
        self.numbers: Mapping[Selector, int] = {selector: number for number, selector in enumerate(self.selectors)}
        self._by_key: dict[_Key, list[int]] = {}
        self._others: list[int] = []
        self._sure = {
            number for number, selector in enumerate(self.selectors) if isinstance(selector.root, Equals | In | Has)
        }
        """Those that match whenever their key is there."""
        self._file([_choices(selector.root) for selector in self.selectors])

    def _file(self, choices: Sequence[Sequence[Keys]]) -> None:
        """Put each selector under the keys that the fewest others have: those tell the most."""
        usual = Counter(key for several in choices for keys in several for key in keys)
        for number, several in enumerate(choices):
            if not several:
                self._others.append(number)
                continue
            for key in min(several, key=lambda keys: sum(usual[key] for key in keys)):
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


def _choices(root: Node) -> list[Keys]:
    """Sets of keys; of each one at least has to be there. None when the selector may match without any."""
    if isinstance(root, And):
        return [keys for operand in root.operands if (keys := _keys_of_one(operand)) is not None]
    if isinstance(root, Or):
        parts = [_keys_of_one(operand) for operand in root.operands]
        return [] if None in parts else [frozenset().union(*filter(None, parts))]
    keys = _keys_of_one(root)
    return [] if keys is None else [keys]


def _keys_of_one(condition: Node) -> Keys | None:
    if isinstance(condition, Equals):
        return frozenset([(condition.label, condition.value)])
    if isinstance(condition, In):
        return frozenset((condition.label, value) for value in condition.values)
    if isinstance(condition, Has | Contains | StartsWith | EndsWith):
        return frozenset([(condition.label, None)])
    return None
