"""The labels that are known: those of endpoints, and what was most likely meant where nobody has what is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from calicoctl.analysis.lint.possible import label_conditions, label_names
from calicoctl.analysis.matching import SelectorIndex
from calicoctl.schema.suggestion import suggestion
from calicoctl.selector import Selector
from calicoctl.selector.nodes import Equals, Has, In, NotEquals, NotIn

Labels = Mapping[str, str]


class LabelIndex:
    """The labels of everybody, as far as selectors can tell them apart.

    Args:
        everybody: the different labels that endpoints have.
        selectors: those that will be asked about most.
    """

    def __init__(self, endpoint_labels: Iterable[Labels], selectors: Iterable[Selector] = ()) -> None:
        self._endpoint_labels = list({frozenset(labels.items()): labels for labels in endpoint_labels}.values())
        self._distinct_labels: dict[tuple[str, ...], list[Labels]] = {}
        index = SelectorIndex(selectors)
        matching_numbers = frozenset[int]().union(*map(index.matching, self._endpoint_labels))
        self._matched = {selector: number in matching_numbers for selector, number in index.numbers.items()}

    @property
    def has_endpoints(self) -> bool:
        """Whether there is anybody to judge selectors by."""
        return bool(self._endpoint_labels)

    @cached_property
    def values(self) -> Mapping[str, frozenset[str]]:
        """The labels with all values that somebody has."""
        result: dict[str, set[str]] = {}
        for labels in self._endpoint_labels:
            for label, value in labels.items():
                result.setdefault(label, set()).add(value)
        return {label: frozenset(values) for label, values in result.items()}

    def distinct_labels(self, selector: Selector) -> list[Labels]:
        """What a selector can tell apart: the different labels that there are, of those that it asks for."""
        names = label_names(selector)
        if names not in self._distinct_labels:
            combinations = {tuple(labels.get(label) for label in names) for labels in self._endpoint_labels}
            self._distinct_labels[names] = [
                {label: value for label, value in zip(names, part, strict=True) if value is not None}
                for part in combinations
            ]
        return self._distinct_labels[names]

    def matches(self, selector: Selector) -> bool:
        """Whether somebody is selected."""
        if selector not in self._matched:
            self._matched[selector] = any(map(selector.matches, self.distinct_labels(selector)))
        return self._matched[selector]

    def suggestion_for(self, selector: Selector) -> str:
        """What a selector that selects nobody was most likely to ask for, in brackets; empty when nothing is near."""
        for node in label_conditions(selector):
            if node.label not in self.values:
                if hint := suggestion(node.label, sorted(self.values)):
                    return f": nobody has the label {node.label!r}{hint}"
                return f": nobody has the label {node.label!r}"
            if isinstance(node, Has | NotEquals | NotIn):
                continue
            if Selector(node).matches({}) or self.matches(Selector(node)):
                continue
            wanted_values = (
                [node.value] if isinstance(node, Equals) else sorted(node.values) if isinstance(node, In) else []
            )
            hints = (suggestion(value, sorted(self.values[node.label])) for value in wanted_values)
            return f": nobody has {node}" + next(filter(None, hints), "")
        return ": nobody has all of that"
