"""YAML 1.2 values."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.documents import problems, value_of_x

VALUES = [
    # plain scalars keep their text; no YAML 1.1
    ("x: 20:21", "20:21"),
    ("x: [no, on, y, 010, 1.10, 0x1F, 1_000, 2016-01-01, ~, =]",
     ["no", "on", "y", "010", "1.10", "0x1F", "1_000", "2016-01-01", "~", "="]),
    ("x:", ""),
    ("no: 1\nx: {on: 1, 1.10: 2, true: 3}", {"on": "1", "1.10": "2", "true": "3"}),
    # quotes and tags determine the type
    ("x: ['1', \"2\", !!str 3, !!int '4', !!float 5, !!bool true, !!null '']",
     [("str", "1"), ("str", "2"), ("str", "3"), ("int", "4"), ("float", "5"), ("bool", "true"), ("null", "")]),
    ("x: !!map {a: !!seq [b]}", {"a": ["b"]}),
    ("x: |\n  a\n  b\n", ("str", "a\nb\n")),
    ("x: >-\n  a\n  b\n", ("str", "a b")),
    ('x: "a\\u00e9\\n"', ("str", "aé\n")),
    ("x: a\r\ny: b\r\n", "a"),
    # anchors, aliases, merge keys
    ("y: &a [1, {b: 2}]\nx: *a", ["1", {"b": "2"}]),
    ("y: &a 1\nz: &a 2\nx: *a", "2"),
    ("y: &a {b: 1, c: 2}\nx: {<<: *a, c: 3, d: 4}", {"c": "3", "d": "4", "b": "1"}),
    ("y: &a {b: 1}\nz: &b {b: 2, c: 2}\nx: {<<: [*a, *b]}", {"b": "1", "c": "2"}),
    ("y: &a {b: 1}\nz: &b {<<: *a, c: 2}\nx: {<<: *b}", {"c": "2", "b": "1"}),
    ("x: {<<: {b: 1}, c: 2}", {"c": "2", "b": "1"}),
    ("x: {\"<<\": 1}", {"<<": "1"}),
    ("? x\n: 1", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), VALUES, ids=[repr(row[0])[:40] for row in VALUES])
def test_yaml_1_2(text: str, expected: Any) -> None:
    assert value_of_x(text) == expected


def test_yaml_in_a_json_file_is_fine() -> None:
    assert value_of_x("{x: [a, b,],}", "a.json") == ["a", "b"]


def test_the_suffix_selects_the_error_of_an_invalid_file() -> None:
    assert problems('{"a": ]', "a.json") == ["a.json:1:7: expected a value, found ']'"]
    assert problems('{"a": ]', "a.yaml") == [
        "a.yaml:1:7: did not find expected node content (while parsing a flow node)"
    ]
