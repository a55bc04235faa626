"""Writer: quotes for parsers of YAML 1.1 and 1.2, no folding, order of calicoctl 1.6.5."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from calicoctl.kinds.values.numbers import format_manifest_float
from calicoctl.manifest.writer import to_json, to_yaml, yaml_key_order

SCALARS: list[tuple[Any, str]] = [
    # plain if every parser reads the same text
    ("a", "a"),
    ("has(a) && b == 'c'", "has(a) && b == 'c'"),
    ("10.0.0.0/8", "10.0.0.0/8"),
    ("fe80::/64", "fe80::/64"),
    ("80:90", "80:90"),
    ("-a", "-a"),
    ("a\\b", "a\\b"),
    ("x" * 200, "x" * 200),
    ("a b " * 50 + "c", "a b " * 50 + "c"),
    # texts with another type in YAML 1.1 or 1.2
    ("", '""'),
    ("~", '"~"'),
    ("null", '"null"'),
    ("True", '"True"'),
    ("yes", '"yes"'),
    ("Y", '"Y"'),
    ("off", '"off"'),
    ("=", '"="'),
    ("<<", '"<<"'),
    ("1", '"1"'),
    ("+1", '"+1"'),
    ("010", '"010"'),
    ("1.10", '"1.10"'),
    (".5", '".5"'),
    ("1e3", '"1e3"'),
    ("1e+20", '"1e+20"'),
    ("0x1F", '"0x1F"'),
    ("0o7", '"0o7"'),
    ("0b1", '"0b1"'),
    ("1_000", '"1_000"'),
    (".inf", '".inf"'),
    (".NaN", '".NaN"'),
    ("20:21", '"20:21"'),
    ("1:30:00.5", '"1:30:00.5"'),
    ("2016-01-01", '"2016-01-01"'),
    ("2016-01-01\r", '"2016-01-01\\r"'),
    # texts that cannot be plain scalars
    ("-", "'-'"),
    ("- a", "'- a'"),
    ("--- a", "'--- a'"),
    ("...", "'...'"),
    ("a: b", "'a: b'"),
    ("a:", "'a:'"),
    ("a #b", "'a #b'"),
    ("!has(a)", "'!has(a)'"),
    ("'a'", "'''a'''"),
    ("[a]", "'[a]'"),
    ("::1", "'::1'"),
    (" a", "' a'"),
    ("a ", "'a '"),
    # characters that YAML forbids
    ("a\tb", '"a\\tb"'),
    ("\x00", '"\\u0000"'),
    ("\x7f", '"\\u007f"'),
    ("a\x85", '"a\\u0085"'),
    ("a\u2028", '"a\\u2028"'),
    ("a\ufffe", '"a\\ufffe"'),
    ("\ufeff", '"\\ufeff"'),
    # several lines
    ("a\nb\n", "|\n  a\n  b"),
    ("a\n\nb", "|-\n  a\n\n  b"),
    ("a\n  b\n", "|\n  a\n    b"),
    ("a\n\n", '"a\\n\\n"'),
    (" a\nb", '" a\\nb"'),
    ("a \nb", '"a \\nb"'),
    ("\n", '"\\n"'),
    # other types
    (True, "true"),
    (None, "null"),
    (7, "7"),
    (0.5, "0.5"),
    (1e20, "1.0e+20"),
    (1e-7, "1.0e-07"),
    ({}, "{}"),
    ([], "[]"),
]


@pytest.mark.parametrize(("value", "text"), SCALARS, ids=[repr(row[0])[:30] for row in SCALARS])
def test_scalars(value: Any, text: str) -> None:
    written = to_yaml([value], format_manifest_float)
    assert written == f"- {text}\n"
    assert yaml.safe_load(written) == [value]


def test_collections() -> None:
    value = {"b": [{"d": 1, "c": [[1, 2], []]}, {}, "x"], "a": {"e": {}, "f": [["g"]]}, "text": "1\n2\n"}
    assert to_yaml([value, ["h"]]) == (
        "- a:\n"
        "    e: {}\n"
        "    f:\n"
        "    - - g\n"
        "  b:\n"
        "  - c:\n"
        "    - - 1\n"
        "      - 2\n"
        "    - []\n"
        "    d: 1\n"
        "  - {}\n"
        "  - x\n"
        "  text: |\n"
        "    1\n"
        "    2\n"
        "- - h\n"
    )


def test_nothing_is_an_empty_list() -> None:
    assert (to_yaml([]), to_json([])) == ("[]\n", "[]\n")


KEYS = [
    ("y", '"y"'),
    ("1", '"1"'),
    ("a: b", "'a: b'"),
    ("a\nb", '"a\\nb"'),
    ("", '""'),
    ("k" * 128, "k" * 128),
]


@pytest.mark.parametrize(("key", "text"), KEYS)
def test_keys(key: str, text: str) -> None:
    assert to_yaml([{key: "v"}]) == f"- {text}: v\n"


@pytest.mark.parametrize(("value", "text"), [("v", " v"), ({"a": 1}, "\n    a: 1"), ([1], "\n  - 1")])
def test_keys_over_128_characters_take_a_line_of_their_own(value: Any, text: str) -> None:
    key = "k" * 129
    written = to_yaml([{key: value}])
    assert written == f'- ? "{key}"\n  :{text}\n'
    assert yaml.safe_load(written) == [{key: value}]


ORDERS = [
    ["a1", "a2", "a10"],
    ["-", ".", "_", "1", "10", "A", "a"],
    ["a", "a-1", "a-b", "a1", "aB", "ab"],
    ["1", "01", "001", "2"],
    ["x" + "9" * 4999, "x1" + "0" * 4999],
    ["kind", "metadata", "spec"],
]


@pytest.mark.parametrize("keys", ORDERS, ids=[str(keys)[:40] for keys in ORDERS])
def test_natural_order(keys: list[str]) -> None:
    backwards = keys[::-1]
    assert sorted(backwards, key=yaml_key_order) == keys
    assert list(yaml.safe_load(to_yaml([dict.fromkeys(backwards, "")]))[0]) == keys


def test_json_is_safe_in_html_and_keeps_its_order() -> None:
    value = {"b": "<a> && 'é😀'", "a": 1e20, "c": {}, "d": []}
    text = to_json([value])
    assert text == (
        "[\n  {\n"
        '    "b": "\\u003ca\\u003e \\u0026\\u0026 \'é😀\'",\n'
        '    "a": 1e+20,\n'
        '    "c": {},\n'
        '    "d": []\n'
        "  }\n]\n"
    )
    assert json.loads(text) == [value]
