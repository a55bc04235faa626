"""The labels that are known: those of endpoints, and what was most likely meant where nobody has what is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from calicoctl.analysis.lint.possible import conditions, labels_in
from calicoctl.analysis.matching import SelectorIndex
from calicoctl.schema.suggestion import suggestion
from calicoctl.selector import Selector
from calicoctl.selector.nodes import Equals, Has, In, NotEquals, NotIn

Labels = Mapping[str, str]


class Known:
    """The labels of everybody, as far as selectors can tell them apart.

    Args:
        everybody: the different labels that endpoints have.
        selectors: those that will be asked about most.
    """

    def __init__(self, everybody: Iterable[Labels], selectors: Iterable[Selector] = ()) -> None:
        self._everybody = list({frozenset(labels.items()): labels for labels in everybody}.values())
        self._parts: dict[tuple[str, ...], list[Labels]] = {}
        index = SelectorIndex(selectors)
        matching = frozenset[int]().union(*map(index.matching, self._everybody))
        self._matched = {selector: number in matching for selector, number in index.numbers.items()}

    @property
    def anybody(self) -> bool:
        """Whether there is anybody to judge selectors by."""
        return bool(self._everybody)

    @cached_property
    def values(self) -> Mapping[str, frozenset[str]]:
        """The labels with all values that somebody has."""
        found: dict[str, set[str]] = {}
        for labels in self._everybody:
            for label, value in labels.items():
                found.setdefault(label, set()).add(value)
        return {label: frozenset(values) for label, values in found.items()}

    def sorts(self, selector: Selector) -> list[Labels]:
        """What a selector can tell apart: the different labels that there are, of those that it asks for."""
        asked = labels_in(selector)
        if asked not in self._parts:
            parts = {tuple(labels.get(label) for label in asked) for labels in self._everybody}
            self._parts[asked] = [
                {label: value for label, value in zip(asked, part, strict=True) if value is not None} for part in parts
            ]
        return self._parts[asked]

    def matches(self, selector: Selector) -> bool:
        """Whether somebody is selected."""
        if selector not in self._matched:
            self._matched[selector] = any(map(selector.matches, self.sorts(selector)))
        return self._matched[selector]

    def meant(self, selector: Selector) -> str:
        """What a selector that selects nobody was most likely to ask for, in brackets; empty when nothing is near."""
        for node in conditions(selector):
            if node.label not in self.values:
                if near := suggestion(node.label, sorted(self.values)):
                    return f": nobody has the label {node.label!r}{near}"
                return f": nobody has the label {node.label!r}"
            if isinstance(node, Has | NotEquals | NotIn):
                continue
            if Selector(node).matches({}) or self.matches(Selector(node)):
                continue
            wanted = [node.value] if isinstance(node, Equals) else sorted(node.values) if isinstance(node, In) else []
            nears = (suggestion(value, sorted(self.values[node.label])) for value in wanted)
            return f": nobody has {node}" + next(filter(None, nears), "")
        return ": nobody has all of that"
