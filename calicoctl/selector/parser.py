"""Selector text to syntax tree.

Lark, and the parser that it makes from `selector.lark`, are loaded by the first selector that is parsed:
a command that meets none does not wait for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from calicoctl.selector import nodes
from calicoctl.selector.nodes import Node
from calicoctl.selector.syntax_errors import syntax_error

if TYPE_CHECKING:
    from lark import Lark

GRAMMAR_FILE = Path(__file__).with_name("selector.lark")


class Selector:
    """A selector that was parsed; immutable, and equal to any other with the same tree."""

    def __init__(self, root: Node) -> None:
        self._root = root

    @property
    def root(self) -> Node:
        """The syntax tree."""
        return self._root

    @cached_property
    def canonical(self) -> str:
        """The form that Felix prints; see `nodes.canonical`."""
        return nodes.canonical(self._root)

    @cached_property
    def unique_id(self) -> str:
        """The name that Felix gives to the set of endpoints that match."""
        from base64 import urlsafe_b64encode
        from hashlib import sha224

        # Bytes that are not UTF-8 go back to what they were, if the text was decoded with surrogateescape.
        digest = sha224(f"s:{self.canonical}".encode(errors="surrogateescape")).digest()
        return "s:" + urlsafe_b64encode(digest).decode().rstrip("=")

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an endpoint with these labels is selected."""
        return self._matcher(labels)

    @cached_property
    def _matcher(self) -> Callable[[Mapping[str, str]], bool]:
        """Most selectors are one condition or a few side by side, and an analysis asks them a million times."""
        root = self._root
        if isinstance(root, nodes.And | nodes.Or):
            predicates = [
                part.matches for part in root.operands if not isinstance(part, nodes.And | nodes.Or | nodes.Not)
            ]
            return (
                _short_circuit(predicates, stop_on=isinstance(root, nodes.Or))
                if len(predicates) == len(root.operands)
                else self._evaluate
            )
        return self._evaluate if isinstance(root, nodes.Not) else root.matches

    def _evaluate(self, labels: Mapping[str, str]) -> bool:
        results: list[bool] = []
        for node in self._postorder_nodes:
            if isinstance(node, nodes.Not):
                results[-1] = not results[-1]
            elif isinstance(node, nodes.And | nodes.Or):
                start = len(results) - len(node.operands)
                combine = all if isinstance(node, nodes.And) else any
                results[start:] = [combine(results[start:])]
            else:
                results.append(node.matches(labels))
        return results[0]

    @cached_property
    def _postorder_nodes(self) -> tuple[Node, ...]:
        return tuple(nodes.postorder(self._root))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Selector) and self.canonical == other.canonical

    def __hash__(self) -> int:
        return hash(self.canonical)

    def __str__(self) -> str:
        return self.canonical

    def __repr__(self) -> str:
        return f"<Selector {self.canonical}>"


def _short_circuit(
    predicates: Sequence[Callable[[Mapping[str, str]], bool]], *, stop_on: bool
) -> Callable[[Mapping[str, str]], bool]:
    """Try conditions until one gives this answer; else it is the other one."""

    def matches(labels: Mapping[str, str]) -> bool:
        for predicate in predicates:
            if predicate(labels) is stop_on:
                return stop_on
        return not stop_on

    return matches


# A manifest repeats its selectors: 60 µs for a new one, 0.05 µs for one that is known.
@lru_cache(maxsize=65536)
def parse(text: str) -> Selector:
    """Read a selector as Felix does: nothing is trimmed, and nothing but spaces and tabs selects everything.

    Raises:
        SelectorError: it is not a selector; says what is wrong, and in which column.
    """
    from lark import UnexpectedCharacters, UnexpectedToken

    try:
        return Selector(cast("Node", _load_parser().parse(text)))
    except UnexpectedToken as error:
        # The end of the text borrows its position from the last token.
        at_end = error.token.type == "$END" or error.token.start_pos is None
        raise syntax_error(text, len(text) if at_end else error.token.start_pos, error.expected) from None
    except UnexpectedCharacters as error:
        raise syntax_error(text, cast("int", error.pos_in_stream), error.allowed) from None


@cache
def _load_parser() -> Lark:
    from lark import Lark, __version__

    from calicoctl.selector import parser_tables

    if __version__ != parser_tables.LARK:
        return build_parser()
    # 2 ms instead of 18: to build ours, lark makes a parser of grammars first.
    load = cast("Callable[..., Lark]", Lark._load_from_dict)
    return load(parser_tables.DATA, parser_tables.MEMO, transformer=_TRANSFORMER)


def build_parser() -> Lark:
    """The parser, made from `selector.lark` anew. `tables` has what comes of it, for one version of lark."""
    from lark import Lark

    return Lark(
        GRAMMAR_FILE.read_text(encoding="utf-8"),
        parser="lalr",
        # Operators are looked for behind a label only; elsewhere the same words are labels.
        lexer="contextual",
        maybe_placeholders=False,
        # Nodes are made while parsing, which does not recurse, instead of from lark's tree, which would.
        transformer=_TRANSFORMER,
    )


# What becomes of each rule and terminal of the grammar, by its name there.
_TRANSFORMER = SimpleNamespace(
    LABEL=str,
    STRING=lambda text: text[1:-1],
    any_of=lambda operands: nodes.Or(tuple(operands)),
    all_of=lambda operands: nodes.And(tuple(operands)),
    negation=lambda parts: nodes.Not(*parts),
    equals=lambda parts: nodes.Equals(*parts),
    not_equals=lambda parts: nodes.NotEquals(*parts),
    contains=lambda parts: nodes.Contains(*parts),
    starts_with=lambda parts: nodes.StartsWith(*parts),
    ends_with=lambda parts: nodes.EndsWith(*parts),
    in_set=lambda parts: nodes.In(parts[0], frozenset(parts[1:])),
    not_in_set=lambda parts: nodes.NotIn(parts[0], frozenset(parts[1:])),
    has=lambda parts: nodes.Has(*parts),
    everything=lambda _: nodes.All(),
    no_namespace=lambda _: nodes.Global(),
)
