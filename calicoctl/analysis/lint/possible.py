"""Whether a selector can match at all, whatever labels there are: exact, since labels know nothing of each other.

Of the values that a label may have only those are tried that its conditions tell apart: the values that they name, one
for each set of texts that it may begin with, hold and end with, and none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, combinations, islice, product
from math import prod
from typing import Final

from calicoctl.selector import Selector
from calicoctl.selector.nodes import (
    And,
    Contains,
    EndsWith,
    Equals,
    Has,
    In,
    Node,
    Not,
    NotEquals,
    NotIn,
    StartsWith,
    postorder,
)

_MOST: Final = 20_000
"""So many combinations of values are tried; a selector that has more is taken for one that can match."""

_Condition = Equals | NotEquals | Contains | StartsWith | EndsWith | In | NotIn | Has
"""What asks for a label."""

_OTHER: Final = "\0"
"""What no text of a condition holds."""


@lru_cache(maxsize=65536)
def can_match(selectors: tuple[Selector, ...], not_selectors: tuple[Selector, ...] = ()) -> bool:
    """Whether some labels are selected by all of the first and by none of the others."""
    roots: list[Node] = [*(one.root for one in selectors), *(Not(one.root) for one in not_selectors)]
    if not roots:
        return True
    whole = Selector(roots[0] if len(roots) == 1 else And(tuple(roots)))
    values = {label: _values(nodes) for label, nodes in _by_label(whole).items()}
    if prod(map(len, values.values())) > _MOST:
        return True
    return any(whole.matches(labels) for labels in _samples(values))


def matches_everything(selector: Selector) -> bool:
    """Whether a selector selects whatever there is."""
    return not can_match((), (selector,))


def labels_in(selector: Selector) -> tuple[str, ...]:
    """The labels that a selector asks for."""
    return tuple(sorted({node.label for node in conditions(selector)}))


def conditions(selector: Selector) -> Iterator[_Condition]:
    """The conditions of a selector that ask for a label, from left to right."""
    return (node for node in postorder(selector.root) if isinstance(node, _Condition))


def _by_label(selector: Selector) -> dict[str, list[_Condition]]:
    found: dict[str, list[_Condition]] = {}
    for node in conditions(selector):
        found.setdefault(node.label, []).append(node)
    return found


def _samples(values: Mapping[str, Sequence[str | None]]) -> Iterator[dict[str, str]]:
    """Labels of every sort that conditions tell apart."""
    for combination in product(*values.values()):
        yield {label: value for label, value in zip(values, combination, strict=True) if value is not None}


def _values(nodes: Iterable[_Condition]) -> list[str | None]:
    named = {node.value for node in nodes if isinstance(node, Equals | NotEquals)}
    named.update(chain.from_iterable(node.values for node in nodes if isinstance(node, In | NotIn)))
    begins, holds, ends = (
        sorted({node.value for node in nodes if isinstance(node, kind)}) for kind in (StartsWith, Contains, EndsWith)
    )
    return [None, *sorted(named), *islice(_made(begins, holds, ends), _MOST + 1)]


def _made(begins: list[str], holds: list[str], ends: list[str]) -> Iterator[str]:
    """Values that begin with, hold and end with some texts, and with as little else as possible."""
    for start in ("", *begins):
        for end in ("", *ends):
            for count in range(len(holds) + 1):
                for middle in combinations(holds, count):
                    yield _OTHER.join((start, *middle, end))
