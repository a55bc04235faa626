"""Sets of values of one label as conditions of a selector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from calicoctl.analysis.exposure.label_space import MISSING, LabelValues
from calicoctl.selector.nodes import Equals, Has, In, NotEquals, NotIn


class _Literal(NamedTuple):
    """A condition or its negation."""

    text: str
    values: frozenset[int]
    """Numbers of the values that it matches."""


def condition_text(label: LabelValues, values: frozenset[int]) -> list[str]:
    """Return alternatives that together match exactly some values of a label, neither all nor none.

    Each alternative is a conjunction of conditions.

    Args:
        label: the label.
        values: numbers of the values.
    """
    if label.patterns:
        return _with_patterns(label, values)
    named = frozenset(number for number in values if MISSING < number < label.other)
    if label.other in values:
        excluded = frozenset(range(MISSING + 1, label.other)) - named
        if MISSING in values:
            return [_excluding(label, excluded)]
        return [f"has({label.label})" + (f" && {_excluding(label, excluded)}" if excluded else "")]
    included = [_including(label, named)] if named else []
    return [*([f"!has({label.label})"] if MISSING in values else []), *included]


def _including(label: LabelValues, numbers: frozenset[int]) -> str:
    texts = _value_texts(label, numbers)
    return str(Equals(label.label, texts[0]) if len(texts) == 1 else In(label.label, frozenset(texts)))


def _excluding(label: LabelValues, numbers: frozenset[int]) -> str:
    texts = _value_texts(label, numbers)
    return str(NotEquals(label.label, texts[0]) if len(texts) == 1 else NotIn(label.label, frozenset(texts)))


def _value_texts(label: LabelValues, numbers: frozenset[int]) -> list[str]:
    return [text for number in sorted(numbers) if (text := label.values[number]) is not None]


def _with_patterns(label: LabelValues, values: frozenset[int]) -> list[str]:
    """Return alternatives for a label whose conditions also compare parts of the value.

    Each alternative begins with all conditions that one value satisfies, and loses redundant ones.
    """
    literals = [*_literals(label)]
    remaining = values
    alternatives: list[tuple[_Literal, ...]] = []
    while remaining:
        value = min(remaining)
        chosen = _reduce([each for each in literals if value in each.values], values, label.all)
        alternatives.append(chosen)
        remaining -= _common_values(chosen, label.all)
    return [_conjunction(label, each) for each in _without_redundant(alternatives, label.all)]


def _literals(label: LabelValues) -> Iterator[_Literal]:
    """Yield the conditions on a label, the ones to remove first at the beginning."""
    named = range(MISSING + 1, label.other)
    for number in named:
        yield _Literal(_excluding(label, frozenset((number,))), label.all - {number})
    for pattern in label.patterns:
        matching = label.matching(pattern)
        yield _Literal(f"!({pattern})", label.all - matching)
        yield _Literal(str(pattern), matching)
    for number in named:
        yield _Literal(_including(label, frozenset((number,))), frozenset((number,)))
    has = Has(label.label)
    yield _Literal(str(has), label.all - {MISSING})
    yield _Literal(f"!{has}", frozenset((MISSING,)))


def _reduce(literals: Sequence[_Literal], values: frozenset[int], everything: frozenset[int]) -> tuple[_Literal, ...]:
    """Return the literals that are needed to exclude all other values."""
    remaining = [*literals]
    for literal in literals:
        others = [each for each in remaining if each is not literal]
        if _common_values(others, everything) <= values:
            remaining = others
    return tuple(remaining)


def _common_values(literals: Sequence[_Literal], everything: frozenset[int]) -> frozenset[int]:
    return everything.intersection(*(literal.values for literal in literals))


def _without_redundant(
    alternatives: Sequence[tuple[_Literal, ...]], everything: frozenset[int]
) -> list[tuple[_Literal, ...]]:
    remaining = [*dict.fromkeys(alternatives)]
    for alternative in [*remaining]:
        others = [each for each in remaining if each is not alternative]
        covered = frozenset[int]().union(*(_common_values(each, everything) for each in others))
        if _common_values(alternative, everything) <= covered:
            remaining = others
    return remaining


def _conjunction(label: LabelValues, literals: Sequence[_Literal]) -> str:
    """Return literals as text, several excluded values as a set."""
    excluded = frozenset(
        number
        for number in range(MISSING + 1, label.other)
        if any(literal.values == label.all - {number} for literal in literals)
    )
    texts = [each.text for each in literals if not any(each.values == label.all - {number} for number in excluded)]
    return " && ".join([*texts, *([_excluding(label, excluded)] if excluded else [])])
