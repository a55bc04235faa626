"""JSON: values, and errors with their positions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.documents import parse_documents, problems, value_of_x

JSON = [
    ('{"x": "\\ud83d\\ude00"}', ("str", "😀")),
    ('{"x": {"%s": 1}}' % ("k" * 1100), {"k" * 1100: "1"}),
    ('{\n\t"x": [1,\n\t\t-2.5e3, true, null, "a\\/b"]\n}', ["1", "-2.5e3", "true", "null", ("str", "a/b")]),
    ('{"x": "\x7f"}', ("str", "\x7f")),
    ('{"x": "a\x85b\u2028c\u2029"}', ("str", "a\x85b\u2028c\u2029")),
]


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "-"])
@pytest.mark.parametrize(("text", "expected"), JSON, ids=["surrogates", "long key", "tabs", "DEL", "breaks"])
def test_json_is_read_whatever_the_file_is_called(text: str, name: str, expected: Any) -> None:
    assert value_of_x(text, name) == expected


JSON_WRONG = [
    ('{"a" 1}', "1:6: expected ':', found '1'"),
    ('{"a": 1, "b"', "1:13: expected ':', found 'the end of the text'"),
    ('{"a": 1\n "b": 2}', "2:2: expected ',' or '}', found '\"b\"'"),
    ('{"a": "é" é}', "1:11: invalid JSON"),
    ("{}, {}", "1:3: expected another document or the end of the text, found ','"),
    ('{} "a"', "1:4: expected another document or the end of the text, found '\"a\"'"),
    ("{}\n{} }", "2:4: expected another document or the end of the text, found '}'"),
    ('{} {"a" 1}', "1:9: expected ':', found '1'"),
    ('{"a": "\\ud83d"}', "1:7: single surrogate (write both halves of the pair)"),
    ('{"a": 1, "a": 2}', "1:10: ?/?: duplicate key 'a' (first on line 1)"),
]


@pytest.mark.parametrize(("text", "expected"), JSON_WRONG, ids=[row[0] for row in JSON_WRONG])
def test_json_syntax_errors(text: str, expected: str) -> None:
    assert problems(text, "a.json") == [f"a.json:{expected}"]


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "-"])
@pytest.mark.parametrize("separator", ["", " ", "\n", "\r\n\r\n"])
def test_several_documents_follow_each_other(name: str, separator: str) -> None:
    text = separator.join(['{"kind": "policy"}', '[{"kind": "profile"}, {"kind": "node"}]', '{"kind": "ipPool"}\n'])
    manifest = parse_documents(text, name)
    assert manifest.problems == []
    assert [document.subject for document in manifest.documents] == ["policy/?", "profile/?", "node/?", "ipPool/?"]
    last = manifest.documents[-1].locate_field(("kind",))
    assert text.splitlines()[last.line - 1][last.column - 1 :].startswith('"ipPool"')
