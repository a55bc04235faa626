"""A Hypothesis strategy for values with one part replaced, removed or added."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.support.strategies import naughty_strings

INVALID_VALUES = (
    st.sampled_from([None, True, False, -1, 0, 1, 4, 1.5, 4.0, 1e300, 2**70, "", "v1", "4", [], {}, [None], {"a": 1}])
    | naughty_strings()
)


@st.composite
def mutated_values(draw: st.DrawFn, value: Any) -> Any:
    """The value with a part of it replaced, removed, repeated or renamed."""
    if not isinstance(value, (dict, list)) or not value or draw(st.integers(0, 4)) == 0:
        return draw(INVALID_VALUES)
    if isinstance(value, list):
        index = draw(st.integers(0, len(value) - 1))
        changed: list[list[Any]] = [
            [],
            [value[index]] * 2,
            [draw(INVALID_VALUES)],
            [draw(mutated_values(value[index]))],
        ]
        return [*value[:index], *draw(st.sampled_from(changed)), *value[index + 1 :]]
    name = draw(st.sampled_from(sorted(value)))
    rest = {key: part for key, part in value.items() if key != name}
    other = draw(
        st.sampled_from([name.swapcase(), name + "s", name + "\n", "\u0661", "-a", "a" * 400]) | naughty_strings()
    )
    inside = {**value, name: draw(mutated_values(value[name]))}
    return draw(
        st.sampled_from([rest, {**rest, other: value[name]}, {**value, other: draw(INVALID_VALUES)}, inside, inside])
    )
