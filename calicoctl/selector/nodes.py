"""The syntax tree of a selector.

Conditions look at one label or none; `Not`, `And` and `Or` hold other nodes. Parentheses make no node, but
nest: `has(a) && has(b) && has(c)` is one `And`, `(has(a) && has(b)) && has(c)` an `And` in an `And`.
Felix accepts any depth, and so does everything here: nothing recurses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias


# Nodes with the same fields share one dataclass, since each costs start-up time; two kinds are never equal.
@dataclass(frozen=True, slots=True)
class _ValueCondition:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class _SetCondition:
    label: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class _UnconditionalMatch:
    def matches(self, _labels: Mapping[str, str], /) -> bool:
        """Whether these labels fulfil the condition: always."""
        return True


class Equals(_ValueCondition):
    """`label == 'value'`: the label is there and has this value."""

    __slots__ = ()

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether these labels fulfil the condition."""
        return labels.get(self.label) == self.value

    def __str__(self) -> str:
        return f"{self.label} == {quote(self.value)}"


class NotEquals(_ValueCondition):
    """`label != 'value'`: the label has another value, or is absent."""

    __slots__ = ()

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether these labels fulfil the condition."""
        return labels.get(self.label) != self.value

    def __str__(self) -> str:
        return f"{self.label} != {quote(self.value)}"


class Contains(_ValueCondition):
    """`label contains 'value'`: the label is there and the value occurs in its value."""

    __slots__ = ()

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether these labels fulfil the condition."""
        return self.label in labels and self.value in labels[self.label]

    def __str__(self) -> str:
        return f"{self.label} contains {quote(self.value)}"


class StartsWith(_ValueCondition):
    """`label starts with 'value'`: the label is there and its value begins so."""

    __slots__ = ()

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether these labels fulfil the condition."""
        return self.label in labels and labels[self.label].startswith(self.value)

    def __str__(self) -> str:
        return f"{self.label} starts with {quote(self.value)}"


class EndsWith(_ValueCondition):
    """`label ends with 'value'`: the label is there and its value ends so."""

    __slots__ = ()

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether these labels fulfil the condition."""
        return self.label in labels and labels[self.label].endswith(self.value)

    def __str__(self) -> str:
        return f"{self.label} ends with {quote(self.value)}"


class In(_SetCondition):
    """`label in {'a', 'b'}`: the label is there and its value is one of these; never for no values."""

    __slots__ = ()

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether these labels fulfil the condition."""
        return self.label in labels and labels[self.label] in self.values

    def __str__(self) -> str:
        return f"{self.label} in {_format_set(self.values)}"


class NotIn(_SetCondition):
    """`label not in {'a', 'b'}`: its value is none of these, or it is absent; always for no values."""

    __slots__ = ()

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether these labels fulfil the condition."""
        return self.label not in labels or labels[self.label] not in self.values

    def __str__(self) -> str:
        return f"{self.label} not in {_format_set(self.values)}"


@dataclass(frozen=True, slots=True)
class Has:
    """`has(label)`: the label is there, whatever its value."""

    label: str

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether these labels fulfil the condition."""
        return self.label in labels

    def __str__(self) -> str:
        return f"has({self.label})"


class All(_UnconditionalMatch):
    """`all()`, and the empty selector: everything."""

    __slots__ = ()

    def __str__(self) -> str:
        return "all()"


class Global(_UnconditionalMatch):
    """`global()`: everything; as a namespace selector it means what is in no namespace."""

    __slots__ = ()

    def __str__(self) -> str:
        return "global()"


class Compound:
    """A node that holds nodes: compared and shown by its canonical form, since that does not recurse."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Compound) and canonical(self) == canonical(other)

    def __hash__(self) -> int:
        return hash(canonical(self))

    def __str__(self) -> str:
        return canonical(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {canonical(self)}>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Chain(Compound):
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Not(Compound):
    """`!operand`. Adjacent `!` were counted by the parser; `!(!has(a))` is a `Not` in a `Not`."""

    operand: Node


class And(_Chain):
    """`a && b && c`: two or more operands, all of which must match."""

    __slots__ = ()


class Or(_Chain):
    """`a || b || c`: two or more operands, one of which must match."""

    __slots__ = ()


Condition: TypeAlias = Equals | NotEquals | Contains | StartsWith | EndsWith | In | NotIn | Has | All | Global
"""A node without nodes in it."""

Node: TypeAlias = Condition | Not | And | Or
"""Any node; `match` statements over it can be checked for completeness."""


def canonical(root: Node | Compound) -> str:
    """Give the form that Felix prints and hashes: chains in parentheses, sets sorted, single spaces.

    It parses to the same tree, but for a `Not` in a `Not`: `!!has(a)`, in the real tools too, is `has(a)`.
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
    """Go through all nodes of a tree, operands before the node that holds them, left to right."""
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
    """Put a value in quotes that it does not contain; a value with both kinds can't be written."""
    return f"'{value}'" if '"' in value else f'"{value}"'


def _format_set(values: frozenset[str]) -> str:
    return "{" + ", ".join(map(quote, sorted(values))) + "}"  # Go sorts bytes: the same as code points
