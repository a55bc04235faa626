"""JSONPath: every value of a document has a path, and no template causes any other error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calicoctl.jsonpath import JsonPathError, find_values, parse_field_path, parse_template, render_template

_KEYS = st.text(st.characters(exclude_characters="\\{}", exclude_categories=["Cs"]), min_size=1, max_size=5)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=12,
)
_FRAGMENTS = st.sampled_from(
    [
        "{",
        "}",
        ".",
        "..",
        "a",
        "*",
        "[",
        "]",
        "[*]",
        "[0]",
        "[?(",
        ")]",
        "@",
        "$",
        "==",
        "'a'",
        '"',
        "range ",
        "end",
        "1",
    ]
)


def _paths(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path of each value inside a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            escaped = f"{path}." + "".join(f"\\{character}" for character in key)
            yield escaped, inner
            yield from _paths(inner, escaped)
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield f"{path}[{index}]", inner
            yield from _paths(inner, f"{path}[{index}]")


@given(st.dictionaries(_KEYS, _JSON, min_size=1, max_size=3))
def test_every_value_has_a_path(document: dict[str, Any]) -> None:
    for path, value in _paths(document):
        assert find_values(parse_field_path(path), document) == [value]


@given(st.lists(_FRAGMENTS, max_size=12).map("".join) | st.text(max_size=12), _JSON)
def test_a_template_has_a_text_or_a_syntax_error(template: str, document: Any) -> None:
    for text in (template, f"{{{template}}}"):
        try:
            render_template(parse_template(text), document)
        except JsonPathError:
            continue
