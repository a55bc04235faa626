"""Decision diagrams: functions of labels as graphs that share equal parts.

A diagram is a value, or a node that tests one label and has a diagram for each value of the label. Labels are tested in
one order, and equal diagrams are the same object. The size depends on the labels that affect the result, not on the
number of combinations of label values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

MAX_NODES: Final = 200_000
"""Maximum number of nodes of all diagrams of a `DiagramBuilder`."""


class ExposureLimit(Exception):
    """The labels have too many combinations with different results; the message states which ones."""


class Node:
    """Test of one label. Create it with `DiagramBuilder.node`."""

    __slots__ = ("default", "exceptions", "level")

    def __init__(self, level: int, default: Diagram, exceptions: tuple[tuple[int, Diagram], ...]) -> None:
        self.level = level
        """Position of the label in the order."""
        self.default = default
        """Diagram for all values without an exception."""
        self.exceptions = exceptions
        """Values with another diagram, in ascending order."""


Diagram: TypeAlias = Any
"""A `Node`, or a hashable value: `bool` for a set of labels, `ServiceSet` for the services that labels allow."""

Combine = Callable[..., Diagram | None]
"""Function that combines diagrams at their values; None means that the nodes must be examined."""


class DiagramBuilder:
    """Builder of diagrams over one order of labels; it caches results."""

    def __init__(self) -> None:
        self._nodes: dict[object, Node] = {}
        self._results: dict[tuple[Combine, tuple[Diagram, ...]], Diagram] = {}

    def node(self, level: int, default: Diagram, children: Mapping[int, Diagram]) -> Diagram:
        """Return the diagram that tests a label.

        Args:
            level: position of the label.
            default: diagram for the values that are not in `children`.
            children: diagram for some values.

        Raises:
            ExposureLimit: there are too many nodes.
        """
        exceptions = tuple((value, child) for value, child in sorted(children.items()) if child is not default)
        if not exceptions:
            return default
        key = (level, default, exceptions)
        if key not in self._nodes:
            if len(self._nodes) >= MAX_NODES:
                raise ExposureLimit(f"more than {MAX_NODES:,} combinations of labels differ")
            self._nodes[key] = Node(*key)
        return self._nodes[key]

    def apply(self, combine: Combine, *operands: Diagram) -> Diagram:
        """Combine diagrams for each combination of labels.

        Args:
            combine: function of the operands; it must return a value if none of them is a node.
            operands: diagrams.

        Raises:
            ExposureLimit: there are too many nodes.
        """
        pending = [operands]
        while pending:  # not recursive: thousands of labels may be tested one after the other
            current = pending[-1]
            if (combine, current) not in self._results:
                result = combine(*current)
                if result is None:
                    level, rows = _split(current)
                    unfinished = [row for row in rows.values() if (combine, row) not in self._results]
                    if unfinished:
                        pending += unfinished
                        continue
                    children = {value: self._results[combine, row] for value, row in rows.items()}
                    result = self.node(level, children.pop(_DEFAULT), children)
                self._results[combine, current] = result
            pending.pop()
        return self._results[combine, operands]

    def union(self, diagrams: Iterable[Diagram]) -> Diagram:
        """Return the labels that are in any of some sets. It unites in pairs, as `union_all` of services."""
        remaining = [*dict.fromkeys(diagrams)] or [False]
        while len(remaining) > 1:
            pairs = (remaining[index : index + 2] for index in range(0, len(remaining), 2))
            remaining = [self.apply(either, *pair) if len(pair) == 2 else pair[0] for pair in pairs]
        return remaining[0]


_DEFAULT: Final = -1
"""Key of the values without an exception."""


def _split(operands: tuple[Diagram, ...]) -> tuple[int, dict[int, tuple[Diagram, ...]]]:
    """Return the first tested label, and the operands for each of its values that a node mentions."""
    level: int = min(each.level for each in operands if isinstance(each, Node))
    children = [dict(each.exceptions) if isinstance(each, Node) and each.level == level else None for each in operands]
    values = {_DEFAULT}.union(*filter(None, children))
    defaults = [each if own is None else each.default for each, own in zip(operands, children, strict=True)]
    rows = {
        value: tuple(
            default if own is None else own.get(value, default) for own, default in zip(children, defaults, strict=True)
        )
        for value in values
    }
    return level, rows


def terminals(diagram: Diagram) -> list[Any]:
    """Return the distinct values of a diagram."""
    found: dict[Any, None] = {}
    seen: set[Any] = {diagram}
    pending = [diagram]
    while pending:
        current = pending.pop()
        if not isinstance(current, Node):
            found[current] = None
            continue
        for child in (current.default, *(child for _, child in current.exceptions)):
            if child not in seen:
                seen.add(child)
                pending.append(child)
    return list(found)


def either(left: Diagram, right: Diagram) -> Diagram | None:
    """Combine two sets of labels: their union."""
    if left is True or right is True:
        return True
    if left is False or left is right:
        return right
    return left if right is False else None


def both(left: Diagram, right: Diagram) -> Diagram | None:
    """Combine two sets of labels: their intersection."""
    if left is False or right is False:
        return False
    if left is True or left is right:
        return right
    return left if right is True else None


def negate(operand: Diagram) -> Diagram | None:
    """Return the complement of a set of labels."""
    return (not operand) if isinstance(operand, bool) else None


def choose(condition: Diagram, inside: Diagram, outside: Diagram) -> Diagram | None:
    """Return the diagram for labels in a set, and another one for the other labels."""
    if condition is True or inside is outside:
        return inside
    return outside if condition is False else None
