"""Labels of all endpoints, to answer which selectors match an endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from calicoctl.analysis.evaluation.selector_index import SelectorIndex
from calicoctl.analysis.lint.facts.satisfiable import label_conditions, label_names
from calicoctl.kinds.values.labels import NAMESPACE_LABEL
from calicoctl.selector import Selector
from calicoctl.selector.nodes import All, And, Equals, Has, In, Node, NotEquals, NotIn
from calicoctl.suggestion import suggestion

Labels = Mapping[str, str]


class LabelIndex:
    """Distinct label sets of endpoints.

    Args:
        endpoint_labels: the labels of endpoints, including those of their profiles.
        selectors: frequent arguments of `matches`; their answers are computed together.
    """

    def __init__(self, endpoint_labels: Iterable[Labels], selectors: Iterable[Selector] = ()) -> None:
        self._endpoint_labels = list({frozenset(labels.items()): labels for labels in endpoint_labels}.values())
        self._distinct_labels: dict[tuple[str, ...], list[Labels]] = {}
        index = SelectorIndex(selectors)
        matching_numbers = frozenset[int]().union(*map(index.matching, self._endpoint_labels))
        self._matched = {selector: number in matching_numbers for selector, number in index.numbers.items()}

    @property
    def has_endpoints(self) -> bool:
        """Whether there is an endpoint; without one, no selector is suspicious."""
        return bool(self._endpoint_labels)

    @cached_property
    def values(self) -> Mapping[str, frozenset[str]]:
        """Labels with all their values."""
        result: dict[str, set[str]] = {}
        for labels in self._endpoint_labels:
            for label, value in labels.items():
                result.setdefault(label, set()).add(value)
        return {label: frozenset(values) for label, values in result.items()}

    def distinct_labels(self, selector: Selector) -> list[Labels]:
        """Return the distinct label sets of endpoints, reduced to the labels in the selector."""
        names = label_names(selector)
        if names not in self._distinct_labels:
            combinations = {tuple(labels.get(label) for label in names) for labels in self._endpoint_labels}
            self._distinct_labels[names] = [
                {label: value for label, value in zip(names, part, strict=True) if value is not None}
                for part in combinations
            ]
        return self._distinct_labels[names]

    def matches(self, selector: Selector) -> bool:
        """Return whether the selector matches an endpoint."""
        if selector not in self._matched:
            self._matched[selector] = any(map(selector.matches, self.distinct_labels(selector)))
        return self._matched[selector]

    def mismatch(self, selector: Selector) -> str:
        """Return the reason why a selector matches no endpoint, with a suggestion if a similar label exists."""
        namespace, others = _split_namespace(selector)
        if not namespace:
            return self._mismatch(selector)
        known = self.values.get(NAMESPACE_LABEL, frozenset())
        if namespace not in known:
            return f"none is in namespace {namespace!r}{suggestion(namespace, sorted(known))}"
        if others and self.matches(others):
            return f"none in namespace {namespace!r} matches {others}"
        return self._mismatch(others or selector)

    def _mismatch(self, selector: Selector) -> str:
        for node in label_conditions(selector):
            if node.label not in self.values:
                return f"none has the label {node.label!r}{suggestion(node.label, sorted(self.values))}"
            if isinstance(node, Has | NotEquals | NotIn):
                continue
            if Selector(node).matches({}) or self.matches(Selector(node)):
                continue
            values = [node.value] if isinstance(node, Equals) else sorted(node.values) if isinstance(node, In) else []
            hints = (suggestion(value, sorted(self.values[node.label])) for value in values)
            return f"none matches {node}" + next(filter(None, hints), "")
        return "none matches all conditions"


def _split_namespace(selector: Selector) -> tuple[str, Selector | None]:
    """Return the namespace that a selector requires, and the other conditions: v3 policies imply a namespace.

    The namespace is empty if none is required; the selector is None if there are no other conditions.
    """
    operands = list(_conjunction(selector.root))
    namespaces = [node for node in operands if isinstance(node, Equals) and node.label == NAMESPACE_LABEL]
    if len(namespaces) != 1:
        return "", None
    others = [node for node in operands if node is not namespaces[0] and not isinstance(node, All)]
    if not others:
        return namespaces[0].value, None
    return namespaces[0].value, Selector(others[0] if len(others) == 1 else And(tuple(others)))


def _conjunction(root: Node) -> Iterator[Node]:
    """Yield the operands of nested conjunctions."""
    pending = [root]
    while pending:
        node = pending.pop(0)
        if isinstance(node, And):
            pending[:0] = node.operands
        else:
            yield node
