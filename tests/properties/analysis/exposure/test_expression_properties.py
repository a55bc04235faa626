"""Sets of labels as selectors: equivalent to the original selector, and short."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from calicoctl.analysis.exposure import cubes, decision_diagram
from calicoctl.analysis.exposure.decision_diagram import ExposureLimit
from calicoctl.analysis.exposure.expression import selector_text
from calicoctl.analysis.exposure.label_space import LabelSpace
from calicoctl.selector import parse

CONDITIONS = (
    *("a == 'x'", "a != 'x'", "a in {'x', 'y'}", "a not in {'y'}", "a in {}", "has(a)", "a starts with 'x'"),
    *("a contains 'yx'", "a ends with 'x'", "b == ''", "has(b)", "b != 'x'", "c == 'x'", "!has(c)", "all()"),
)
TEXTS = (None, "", "x", "y", "z", "xx", "xyx", "zyxz", "yx")

ALL_VALUES = list(product(TEXTS, repeat=3))


def random_selector(random: Random, depth: int = 3) -> str:
    if depth == 0 or random.random() < 0.2:
        return random.choice(CONDITIONS)
    if random.random() < 0.2:
        return f"!({random_selector(random, depth - 1)})"
    operands = [random_selector(random, depth - 1) for _ in range(random.randint(2, 3))]
    return f"({random.choice([' && ', ' || ']).join(operands)})"


def test_the_text_of_a_set_matches_the_same_labels() -> None:
    random = Random(7)  # noqa: S311  # no secret
    shorter = 0
    for _ in range(80):
        selector = parse(random_selector(random))
        space = LabelSpace([selector])
        region = space.labels_of(selector)
        if region is False:
            continue
        found = parse(selector_text(space, region))
        for values in random.sample(ALL_VALUES, 150):
            labels = {key: value for key, value in zip("abc", values, strict=True) if value is not None}
            assert found.matches(labels) == selector.matches(labels), (selector, found, labels)
        assert selector_text(space, True) == "all()"
        shorter += len(str(found)) < len(str(selector))
    assert shorter > 30


@pytest.mark.parametrize(
    ("text", "shortest"),
    [
        ("a == 'x' && has(a) && a != 'y'", 'a == "x"'),
        ("a == 'x' || a == 'y'", 'a in {"x", "y"}'),
        ("a != 'x' && a != 'y' && has(a)", 'has(a) && a not in {"x", "y"}'),
        ("!has(a) || a == 'x'", '!has(a) || a == "x"'),
        ("has(a) || !has(a)", "all()"),
        ("(a == 'x' && b == 'y') || (a == 'x' && b != 'y')", 'a == "x"'),
        ("(a == 'x' && b == 'y') || (a == 'z' && b == 'y')", 'a in {"x", "z"} && b == "y"'),
        ("a == 'x' || (a != 'x' && b == 'y')", 'a == "x" || b == "y"'),
        ("!(a == 'x' && b == 'y')", 'a != "x" || b != "y"'),
        ("(a == 'x' && has(b)) || (a == 'x' && has(c))", 'a == "x" && (has(b) || has(c))'),
        (
            "!(has(a) && has(b)) && !(has(c) && has(d)) && !(has(e) && has(f))",
            "!((has(a) && has(b)) || (has(c) && has(d)) || (has(e) && has(f)))",
        ),
        ("a starts with 'x' && a != 'xy' && has(a)", 'a starts with "x" && a != "xy"'),
        ("a starts with 'x' || a contains 'y' || a == 'zyz'", 'a contains "y" || a starts with "x"'),
    ],
)
def test_short_expressions(text: str, shortest: str) -> None:
    space = LabelSpace([parse(text)])
    assert selector_text(space, space.labels_of(parse(text))) == shortest


def test_limits_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    contains = " && ".join(f"a contains '{number}'" for number in range(20))
    with pytest.raises(ExposureLimit, match="more than 20,000 values of the label a"):
        LabelSpace([parse(contains)])
    odd = parse("(has(a) && !has(b) && !has(c)) || (has(b) && !has(a) && !has(c)) || (has(c) && !has(a) && !has(b))")
    monkeypatch.setattr(cubes, "MAX_CUBES", 2)
    space = LabelSpace([odd])
    with pytest.raises(ExposureLimit, match="more than 2 alternatives"):
        selector_text(space, space.labels_of(odd))
    monkeypatch.setattr(decision_diagram, "MAX_NODES", 2)
    with pytest.raises(ExposureLimit, match="more than 2 combinations"):
        LabelSpace([odd]).labels_of(odd)
