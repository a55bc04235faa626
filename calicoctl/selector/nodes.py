"""Syntax tree of a selector.

A condition tests one label or none. `Not`, `And` and `Or` have operands. Parentheses are not nodes, but they nest:
`has(a) && has(b) && has(c)` is one `And`, `(has(a) && has(b)) && has(c)` is an `And` in an `And`. Felix accepts any
depth, so no function here is recursive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final, TypeAlias, get_args

from calicoctl.lazy_dataclass import dataclass


# Node classes with the same fields share a dataclass (start-up time). Nodes of different classes are never equal.
@dataclass(frozen=True)
class ValueComparison:
    """Comparison of a label with one value; `operator` is the canonical text."""

    operator: ClassVar[str]
    label: str
    value: str

    def __str__(self) -> str:
        return f"{self.label} {self.operator} {quote(self.value)}"


@dataclass(frozen=True)
class SetComparison:
    """Comparison of a label with a set of values; `operator` is the canonical text."""

    operator: ClassVar[str]
    label: str
    values: frozenset[str]

    def __str__(self) -> str:
        # Go sorts by bytes, which is the order of code points.
        return f"{self.label} {self.operator} {{{', '.join(map(quote, sorted(self.values)))}}}"


@dataclass(frozen=True)
class _UnconditionalMatch:
    """A condition without label."""

    def matches(self, _labels: Mapping[str, str], /) -> bool:
        """Return True."""
        return True


class Equals(ValueComparison):
    """`label == 'value'`: the label exists and has this value."""

    operator = "=="

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether the labels match."""
        return labels.get(self.label) == self.value


class NotEquals(ValueComparison):
    """`label != 'value'`: the label has another value or is missing."""

    operator = "!="

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether the labels match."""
        return labels.get(self.label) != self.value


class In(SetComparison):
    """`label in {'a', 'b'}`: the label exists and has one of these values; never true for an empty set."""

    operator = "in"

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether the labels match."""
        return self.label in labels and labels[self.label] in self.values


class NotIn(SetComparison):
    """`label not in {'a', 'b'}`: the label has another value or is missing; always true for an empty set."""

    operator = "not in"

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether the labels match."""
        return self.label not in labels or labels[self.label] not in self.values


class Contains(ValueComparison):
    """`label contains 'value'`: the label exists and its value contains this text."""

    operator = "contains"

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether the labels match."""
        return self.label in labels and self.value in labels[self.label]


class StartsWith(ValueComparison):
    """`label starts with 'value'`: the label exists and its value starts with this text."""

    operator = "starts with"

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether the labels match."""
        return self.label in labels and labels[self.label].startswith(self.value)


class EndsWith(ValueComparison):
    """`label ends with 'value'`: the label exists and its value ends with this text."""

    operator = "ends with"

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether the labels match."""
        return self.label in labels and labels[self.label].endswith(self.value)


@dataclass(frozen=True)
class Has:
    """`has(label)`: the label exists, with any value."""

    label: str

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether the labels match."""
        return self.label in labels

    def __str__(self) -> str:
        return f"has({self.label})"


class All(_UnconditionalMatch):
    """`all()`, and the empty selector: matches everything."""

    def __str__(self) -> str:
        return "all()"


class Global(_UnconditionalMatch):
    """`global()`: matches everything; as a namespace selector, it matches objects without a namespace."""

    def __str__(self) -> str:
        return "global()"


class Compound:
    """A node with operands. Comparison and `repr` use the canonical form, which is not recursive."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Compound) and canonical(self) == canonical(other)

    def __hash__(self) -> int:
        return hash(canonical(self))

    def __str__(self) -> str:
        return canonical(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {canonical(self)}>"


@dataclass(frozen=True, eq=False, repr=False)
class _Chain(Compound):
    """A node with several operands."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Not(Compound):
    """`!operand`. The parser reduces adjacent `!` to one or none; `!(!has(a))` is a `Not` in a `Not`."""

    operand: Node


class And(_Chain):
    """`a && b && c`: two or more operands, of which all must match."""


class Or(_Chain):
    """`a || b || c`: two or more operands, of which at least one must match."""


Comparison: TypeAlias = Equals | NotEquals | In | NotIn | Contains | StartsWith | EndsWith
"""A condition with an operator. The parser and its error messages derive the operators from this type."""

OPERATORS: Final[tuple[type[Comparison], ...]] = get_args(Comparison)

Condition: TypeAlias = Comparison | Has | All | Global
"""A node without operands."""

Node: TypeAlias = Condition | Not | And | Or
"""Any node; mypy can check `match` statements over it for completeness."""


def canonical(root: Node | Compound) -> str:
    """Return the form that Felix prints and hashes: chains in parentheses, sets sorted, single spaces.

    It parses to the same tree, except for a `Not` in a `Not`: as in Felix, `!!has(a)` parses as `has(a)`.
    """
    parts: list[str] = []
    pending: list[Node | Compound | str] = [root]
    while pending:
        item = pending.pop()
        if isinstance(item, Not):
            parts.append("!")
            pending.append(item.operand)
        elif isinstance(item, And | Or):
            pending.append(")")
            separator = " && " if isinstance(item, And) else " || "
            for operand in reversed(item.operands):
                pending += (operand, separator)
            pending[-1] = "("
        else:
            parts.append(str(item))
    return "".join(parts)


def postorder(root: Node) -> Iterator[Node]:
    """Yield all nodes of a tree: operands before their node, from left to right."""
    reversed_nodes: list[Node] = []
    pending = [root]
    while pending:
        node = pending.pop()
        reversed_nodes.append(node)
        if isinstance(node, Not):
            pending.append(node.operand)
        elif isinstance(node, And | Or):
            pending += node.operands
    return reversed(reversed_nodes)


def quote(value: str) -> str:
    """Return the value in quotes that it does not contain. Selectors cannot express a value with both quotes."""
    return f"'{value}'" if '"' in value else f'"{value}"'
