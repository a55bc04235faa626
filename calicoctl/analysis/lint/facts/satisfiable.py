"""Satisfiability of selectors: whether any labels match. Exact, because the conditions of two labels are independent.

The search tries only label values that the conditions distinguish: the values in the conditions, one value for each
combination of prefix, substrings and suffix, and a missing label.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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

MAX_COMBINATIONS: Final = 20_000
"""Maximum number of value combinations to try. A selector with more counts as satisfiable."""

Condition = Equals | NotEquals | Contains | StartsWith | EndsWith | In | NotIn | Has
"""Node of a selector with a label."""

FILLER: Final = "\0"
"""Text that no condition contains."""


@lru_cache(maxsize=65536)
def is_satisfiable(selectors: tuple[Selector, ...], not_selectors: tuple[Selector, ...] = ()) -> bool:
    """Return whether some labels match all of the selectors and none of `not_selectors`."""
    roots: list[Node] = [*(each.root for each in selectors), *(Not(each.root) for each in not_selectors)]
    if not roots:
        return True
    combined = Selector(roots[0] if len(roots) == 1 else And(tuple(roots)))
    samples = sample_label_sets((combined,), MAX_COMBINATIONS)
    return samples is None or any(map(combined.matches, samples))


def sample_label_sets(selectors: Iterable[Selector], limit: int) -> Iterator[dict[str, str]] | None:
    """Return labels for each case that the selectors distinguish, some of them several times.

    Returns None if there are more than `limit` combinations of label values.
    """
    conditions: dict[str, list[Condition]] = {}
    for selector in selectors:
        for node in label_conditions(selector):
            conditions.setdefault(node.label, []).append(node)
    values = {label: distinguishing_values(nodes) for label, nodes in conditions.items()}
    return None if prod(map(len, values.values())) > limit else _sample_labels(values)


def matches_everything(selector: Selector) -> bool:
    """Return whether a selector matches any labels."""
    return not is_satisfiable((), (selector,))


def label_names(selector: Selector) -> tuple[str, ...]:
    """Return the sorted names of the labels in a selector."""
    return tuple(sorted({node.label for node in label_conditions(selector)}))


def label_conditions(selector: Selector) -> Iterator[Condition]:
    """Yield the conditions of a selector with a label, from left to right."""
    return (node for node in postorder(selector.root) if isinstance(node, Condition))


def _sample_labels(values: Mapping[str, Sequence[str | None]]) -> Iterator[dict[str, str]]:
    """Yield one set of labels for each combination of the values; None is a missing label."""
    for combination in product(*values.values()):
        yield {label: value for label, value in zip(values, combination, strict=True) if value is not None}


def distinguishing_values(nodes: Collection[Condition]) -> list[str | None]:
    """Return values of one label that its conditions distinguish: any other value is equivalent to one of them.

    The order: None for a missing label, the values in the conditions, `FILLER`, which no condition contains, and the
    other combinations of their parts, of which at least `MAX_COMBINATIONS` are returned if there are more.
    """
    named_values = {node.value for node in nodes if isinstance(node, Equals | NotEquals)}
    named_values.update(chain.from_iterable(node.values for node in nodes if isinstance(node, In | NotIn)))
    prefixes, substrings, suffixes = (
        sorted({node.value for node in nodes if isinstance(node, kind)}) for kind in (StartsWith, Contains, EndsWith)
    )
    return [
        None,
        *sorted(named_values),
        *islice(_candidate_texts(prefixes, substrings, suffixes), MAX_COMBINATIONS + 1),
    ]


def _candidate_texts(prefixes: list[str], substrings: list[str], suffixes: list[str]) -> Iterator[str]:
    """Yield a minimal value for each combination of a prefix, substrings and a suffix."""
    for prefix in ("", *prefixes):
        for suffix in ("", *suffixes):
            for count in range(len(substrings) + 1):
                for chosen in combinations(substrings, count):
                    yield FILLER.join((prefix, *chosen, suffix))
