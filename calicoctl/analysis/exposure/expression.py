"""Sets of labels as selectors: the shorter one of a cover of the set and the negated cover of its complement."""

from __future__ import annotations

from calicoctl.analysis.exposure.cubes import Cube, CubeCover
from calicoctl.analysis.exposure.decision_diagram import Diagram, ExposureLimit
from calicoctl.analysis.exposure.label_condition import condition_text
from calicoctl.analysis.exposure.label_space import LabelSpace
from calicoctl.selector.nodes import All


def selector_text(labels: LabelSpace, region: Diagram) -> str:
    """Return a short selector that matches exactly a non-empty set of labels.

    Raises:
        ExposureLimit: the selector would be too long.
    """
    if region is True:
        return str(All())
    cover = CubeCover(labels)
    texts: list[str] = []
    for is_negated in (False, True):
        try:
            cubes = cover.cover(labels.complement(region) if is_negated else region)
        except ExposureLimit:
            if is_negated and not texts:
                raise
            continue
        texts.append(_join_cubes(labels, cubes, is_negated=is_negated))
    return min(texts, key=lambda text: (sum(map(text.count, ("&&", "||", "!("))), len(text)))


def _join_cubes(labels: LabelSpace, cubes: list[Cube], *, is_negated: bool) -> str:
    """Return the cubes as text, with conditions of all cubes only once."""
    common = set(cubes[0].items()).intersection(*(cube.items() for cube in cubes[1:])) if len(cubes) > 1 else set()
    shared = _conditions(labels, dict(common))
    alternatives = [_conditions(labels, dict(cube.items() - common)) for cube in cubes]
    if len(alternatives) == 1:
        text = alternatives[0][0] if len(alternatives[0]) == 1 else _join_all(alternatives[0])
    else:
        either = " || ".join(sorted(each[0] if len(each) == 1 else f"({_join_all(each)})" for each in alternatives))
        text = " && ".join([*map(_enclose, shared), f"({either})"]) if shared else either
    return f"!({text})" if is_negated else text


def _conditions(labels: LabelSpace, cube: Cube) -> list[str]:
    """Return a text for each label of a cube."""
    return [" || ".join(condition_text(labels.labels[level], values)) for level, values in sorted(cube.items())]


def _join_all(conditions: list[str]) -> str:
    return " && ".join(map(_enclose, conditions))


def _enclose(condition: str) -> str:
    return f"({condition})" if " || " in condition else condition
