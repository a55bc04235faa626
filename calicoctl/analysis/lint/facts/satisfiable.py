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

_MAX_COMBINATIONS: Final = 20_000
"""So many combinations of values are tried; a selector that has more is taken for one that can match."""

_Condition = Equals | NotEquals | Contains | StartsWith | EndsWith | In | NotIn | Has
"""What asks for a label."""

_FILLER: Final = "\0"
"""What no text of a condition holds."""


@lru_cache(maxsize=65536)
def is_satisfiable(selectors: tuple[Selector, ...], not_selectors: tuple[Selector, ...] = ()) -> bool:
    """Whether some labels are selected by all of the first and by none of the others."""
    roots: list[Node] = [*(one.root for one in selectors), *(Not(one.root) for one in not_selectors)]
    if not roots:
        return True
    combined = Selector(roots[0] if len(roots) == 1 else And(tuple(roots)))
    values = {label: _distinguishing_values(nodes) for label, nodes in _conditions_by_label(combined).items()}
    if prod(map(len, values.values())) > _MAX_COMBINATIONS:
        return True
    return any(combined.matches(labels) for labels in _sample_labels(values))


def matches_everything(selector: Selector) -> bool:
    """Whether a selector selects whatever there is."""
    return not is_satisfiable((), (selector,))


def label_names(selector: Selector) -> tuple[str, ...]:
    """The labels that a selector asks for."""
    return tuple(sorted({node.label for node in label_conditions(selector)}))


def label_conditions(selector: Selector) -> Iterator[_Condition]:
    """The conditions of a selector that ask for a label, from left to right."""
    return (node for node in postorder(selector.root) if isinstance(node, _Condition))


def _conditions_by_label(selector: Selector) -> dict[str, list[_Condition]]:
    result: dict[str, list[_Condition]] = {}
    for node in label_conditions(selector):
        result.setdefault(node.label, []).append(node)
    return result


def _sample_labels(values: Mapping[str, Sequence[str | None]]) -> Iterator[dict[str, str]]:
    """Labels of every sort that conditions tell apart."""
    for combination in product(*values.values()):
        yield {label: value for label, value in zip(values, combination, strict=True) if value is not None}


def _distinguishing_values(nodes: Iterable[_Condition]) -> list[str | None]:
    named_values = {node.value for node in nodes if isinstance(node, Equals | NotEquals)}
    named_values.update(chain.from_iterable(node.values for node in nodes if isinstance(node, In | NotIn)))
    prefixes, substrings, suffixes = (
        sorted({node.value for node in nodes if isinstance(node, kind)}) for kind in (StartsWith, Contains, EndsWith)
    )
    return [
        None,
        *sorted(named_values),
        *islice(_candidate_texts(prefixes, substrings, suffixes), _MAX_COMBINATIONS + 1),
    ]


def _candidate_texts(prefixes: list[str], substrings: list[str], suffixes: list[str]) -> Iterator[str]:
    """Values that begin with, hold and end with some texts, and with as little else as possible."""
    for prefix in ("", *prefixes):
        for suffix in ("", *suffixes):
            for count in range(len(substrings) + 1):
                for chosen in combinations(substrings, count):
                    yield _FILLER.join((prefix, *chosen, suffix))
