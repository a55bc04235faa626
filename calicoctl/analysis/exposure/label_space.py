"""All labels that selectors distinguish: selectors as decision diagrams over the values of each label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from calicoctl.analysis.exposure.decision_diagram import (
    Diagram,
    DiagramBuilder,
    ExposureLimit,
    both,
    either,
    negate,
)
from calicoctl.analysis.lint.facts.satisfiable import (
    FILLER,
    MAX_COMBINATIONS,
    Condition,
    distinguishing_values,
    label_conditions,
)
from calicoctl.analysis.model.policy_set import EntityRule
from calicoctl.selector import Selector
from calicoctl.selector.nodes import And, Equals, Has, In, Not, NotEquals, NotIn, Or, postorder
from calicoctl.selector.nodes import Node as SelectorNode

MAX_VALUES: Final = MAX_COMBINATIONS
"""Maximum number of values of one label that selectors distinguish: `distinguishing_values` may omit further ones."""

_NO_SELECTORS: Final = frozenset[Selector]()

_WHOLE_VALUE: Final = Equals | NotEquals | In | NotIn | Has
"""Conditions that compare the complete value."""

MISSING: Final = 0
"""Number of the value of a missing label."""


class LabelValues:
    """Values of one label that conditions distinguish: each other value is equivalent to one of them.

    Args:
        label: key of the label.
        conditions: all conditions with this label.

    Raises:
        ExposureLimit: the conditions distinguish too many values.
    """

    def __init__(self, label: str, conditions: Collection[Condition]) -> None:
        self.label = label
        self.patterns = sorted({each for each in conditions if not isinstance(each, _WHOLE_VALUE)}, key=str)
        """Conditions on a part of the value."""
        self.values = distinguishing_values(conditions)
        """Value by number; number 0 is None, for a missing label."""
        if len(self.values) > MAX_VALUES:
            raise ExposureLimit(f"selectors distinguish more than {MAX_VALUES:,} values of the label {label}")
        self.other = self.values.index(FILLER)
        """Number of a value that no condition contains, also not a part of it; smaller numbers are in conditions."""
        self._numbers = {value: number for number, value in enumerate(self.values)}

    @property
    def all(self) -> frozenset[int]:
        """Numbers of all values."""
        return frozenset(range(len(self.values)))

    def matching(self, condition: Condition) -> frozenset[int]:
        """Return the numbers of the values that a condition matches."""
        return frozenset(number for number in range(len(self.values)) if self.matches(condition, number))

    def matches(self, condition: Condition, number: int) -> bool:
        """Whether a condition matches a value."""
        value = self.values[number]
        return condition.matches({} if value is None else {self.label: value})

    def distinguished_by(self, condition: Condition) -> Iterable[int]:
        """Return the numbers of the values for which a condition may differ from `other`."""
        if condition in self.patterns:
            return range(len(self.values))
        if isinstance(condition, Has):
            return (MISSING,)
        values = getattr(condition, "values", None) or [getattr(condition, "value", "")]
        return (MISSING, *(self._numbers[value] for value in values if value in self._numbers))


class LabelSpace:
    """Labels of all selectors, and the sets of labels that selectors match.

    Args:
        selectors: all selectors that will be used.

    Raises:
        ExposureLimit: the selectors distinguish too many values of a label.
    """

    def __init__(self, selectors: Iterable[Selector]) -> None:
        conditions: dict[str, dict[Condition, None]] = {}
        counts: Counter[str] = Counter()
        for selector in dict.fromkeys(selectors):
            for condition in label_conditions(selector):
                conditions.setdefault(condition.label, {})[condition] = None
                counts[condition.label] += 1
        order = sorted(conditions, key=lambda label: (-counts[label], label))
        self.labels = [LabelValues(label, list(conditions[label])) for label in order]
        """Labels in the order in which diagrams test them: the most frequent first."""
        self.levels: Mapping[str, int] = {label: level for level, label in enumerate(order)}
        """Position of each label in the order."""
        self.builder = DiagramBuilder()
        self._sets: dict[Selector, Diagram] = {}
        self._sides: dict[tuple[EntityRule, frozenset[Selector]], Diagram] = {}

    def labels_of(self, selector: Selector) -> Diagram:
        """Return the set of labels that a selector matches."""
        if selector not in self._sets:
            self._sets[selector] = self._convert(selector.root)
        return self._sets[selector]

    def labels_of_side(self, side: EntityRule, at_address: frozenset[Selector] = _NO_SELECTORS) -> Diagram:
        """Return the set of labels that the selectors of the source or the destination of a rule match.

        Args:
            side: the source or the destination.
            at_address: selectors that network sets with the address match, regardless of the labels.
        """
        key = (side, at_address.intersection(side.effective_selectors))
        if key not in self._sides:
            result: Diagram = True
            for selector in side.required_selectors:
                if selector not in at_address:
                    result = self.builder.apply(both, result, self.labels_of(selector))
            for selector in side.excluded_selectors:
                excluded = True if selector in at_address else self.labels_of(selector)
                result = self.builder.apply(both, result, self.complement(excluded))
            self._sides[key] = result
        return self._sides[key]

    def complement(self, labels: Diagram) -> Diagram:
        """Return all labels that are not in a set."""
        return self.builder.apply(negate, labels)

    def having(self, keys: Iterable[str]) -> Diagram:
        """Return the labels that have some keys."""
        result: Diagram = True
        for key in keys:
            if key in self.levels:
                result = self.builder.apply(both, result, self._condition(Has(key)))
        return result

    def _convert(self, root: SelectorNode) -> Diagram:
        # Nesting is as deep as the manifest nests parentheses; the parser accepts any depth.
        results: list[Diagram] = []
        for node in postorder(root):
            if isinstance(node, Not):
                results[-1] = self.complement(results[-1])
            elif isinstance(node, And | Or):
                start = len(results) - len(node.operands)
                results[start:] = [self._combine(results[start:], is_union=isinstance(node, Or))]
            elif isinstance(node, Condition):
                results.append(self._condition(node))
            else:
                results.append(True)
        return results[0]

    def _combine(self, operands: list[Diagram], *, is_union: bool) -> Diagram:
        result = operands[0]
        for operand in operands[1:]:
            result = self.builder.apply(either if is_union else both, result, operand)
        return result

    def _condition(self, condition: Condition) -> Diagram:
        level = self.levels[condition.label]
        values = self.labels[level]
        children = {number: values.matches(condition, number) for number in values.distinguished_by(condition)}
        return self.builder.node(level, values.matches(condition, values.other), children)
