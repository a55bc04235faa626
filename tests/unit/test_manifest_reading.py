"""Text to documents: what counts as a resource, YAML 1.2 as we read it, and what is wrong, with its place."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from calicoctl.errors import Position
from calicoctl.kinds import KINDS
from calicoctl.manifest import Document, Source, load, read_sources
from calicoctl.manifest.compose import MAX_ALIAS_NODES
from calicoctl.manifest.documents import Manifest
from calicoctl.manifest.nodes import MappingNode, Node, ScalarNode, SequenceNode

POLICY = "{kind: policy, apiVersion: v1, metadata: {name: %s}}"
A, B, C = (POLICY % name for name in "abc")


def loaded(text: str, name: str = "a.yaml") -> Manifest:
    return load([Source(name, text)], [kind.name for kind in KINDS])


def problems(text: str, name: str = "a.yaml") -> list[str]:
    return [str(problem) for problem in loaded(text, name).problems]


def plain(node: Node) -> Any:
    """A node as mappings, lists and texts; quoted texts and those with a tag as a pair."""
    if isinstance(node, MappingNode):
        return {key: plain(value) for key, (_, value) in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    return node.text if node.tag is None else (node.tag, node.text)


def value(text: str, name: str = "a.yaml") -> Any:
    """What stands at `x` of a text without problems."""
    manifest = loaded(text, name)
    assert manifest.problems == []
    node = manifest.documents[0].node.get("x")
    return None if node is None else plain(node)


MIXES = [
    ("one", A, ["policy/a"]),
    ("a list", f"- {A}\n- {B}\n", ["policy/a", "policy/b"]),
    ("a JSON list", json.dumps([{"kind": "policy", "metadata": {"name": "a"}}]), ["policy/a"]),
    ("documents", f"{A}\n---\n{B}\n---\n{C}\n", ["policy/a", "policy/b", "policy/c"]),
    ("blank documents", f"---\n---\n# only this\n---\n{A}\n---\n\n---\n~\n---\n", ["policy/a"]),
    ("content beside the marker", f"--- {A}\n--- {B}\n...\n", ["policy/a", "policy/b"]),
    ("a typed list", f"kind: policyList\napiVersion: v1\nitems: [{A}, {B}]\n", ["policy/a", "policy/b"]),
    ("a typed list without items", f"kind: policyList\napiVersion: v1\n---\n{A}", ["policy/a"]),
    ("metadata of a typed list", f"{{kind: policyList, apiVersion: v1, metadata: {{}}, items: [{A}]}}", ["policy/a"]),
    (
        "lists of typed lists, and more documents",
        f"- {{kind: policyList, apiVersion: v1, items: [{A}]}}\n- {B}\n---\n{C}\n",
        ["policy/a", "policy/b", "policy/c"],
    ),
    ("CRLF", f"- {A}\r\n- {B}\r\n---\r\n{C}\r\n", ["policy/a", "policy/b", "policy/c"]),
    ("a directive", f"%YAML 1.1\n---\n{A}", ["policy/a"]),
    ("a marker within a block", "kind: policy\nmetadata:\n  name: a\n  x: |\n    a\n    ---\n    b\n", ["policy/a"]),
    ("what is missing", "kind: policy\n---\nmetadata: {name: a}\n---\n{}\n", ["policy/?", "?/a", "?/?"]),
    ("null", "kind: ~\nmetadata: {name: ~}\n", ["?/?"]),
    ("line breaks in a name", 'kind: policy\nmetadata: {name: "a\\nb"}\n', ["policy/a\\nb"]),
]


@pytest.mark.parametrize(("text", "subjects"), [row[1:] for row in MIXES], ids=[row[0] for row in MIXES])
def test_resources_in_any_mix(text: str, subjects: list[str]) -> None:
    manifest = loaded(text)
    assert [document.subject for document in manifest.documents] == subjects
    assert manifest.problems == []


NOTHING = ["", "\n \n", "# only this\n", "---\n---\n", "[]", "~", "kind: policyList\napiVersion: v1\nitems:\n"]


@pytest.mark.parametrize("text", NOTHING)
@pytest.mark.parametrize("name", ["a.yaml", "a.json", "-"])
def test_a_source_without_a_resource_is_a_problem_that_names_it(text: str, name: str) -> None:
    assert problems(text, name) == [f"{name}: no resource in this manifest"]


def test_every_source_needs_a_resource() -> None:
    manifest = load([Source("a.yaml", A), Source("b.yaml", ""), Source("c.yaml", C)], ["policy"])
    assert [document.source.name for document in manifest.documents] == ["a.yaml", "c.yaml"]
    assert [str(problem) for problem in manifest.problems] == ["b.yaml: no resource in this manifest"]


WRONG = [
    # what is no resource
    ("hello\n", ["1:1: expected a resource, found the text 'hello'"]),
    ("- a\n- []\n- 5\n", ["1:3: expected a resource, found the text 'a'", "2:3: expected a resource, found a list",
                          "3:3: expected a resource, found the text '5'"]),
    ("- ~\n", ["1:3: expected a resource, found nothing"]),
    (f"[[{A}]]", ["1:2: expected a resource, found a list"]),
    # typed lists
    (
        f"kind: policyList\nitem: []\napiVersion: v1\nitems:\n- {{apiVersion: v1}}\n- {{kind: profile}}\n- 7\n- {A}\n",
        [
            "2:1: unknown field 'item' (a list has kind, apiVersion and items)",
            "5:3: an item without kind in the policyList of line 1 (write kind: policy)",
            "6:10: kind 'profile' in the policyList of line 1 (write kind: policy)",
            "7:3: expected a resource, found the text '7'",
        ],
    ),
    (
        "kind: policyList\nitems: {}\n",
        ["1:1: apiVersion of the policyList has to be v1", "2:8: items has to be a list"],
    ),
    # keys
    ("kind: policy\nx: 1\ny: 2\nx: 3\n", ["4:1: policy/?: key 'x' is there twice (first on line 2)"]),
    ('kind: policy\nx: {"a\\nb": 1, "a\\nb": 2}\n', ["2:16: policy/?: key 'a\\nb' is there twice (first on line 2)"]),
    ("kind: policy\nx: {a: 1, 'a': 2}\n", ["2:11: policy/?: key 'a' is there twice (first on line 2)"]),
    ("kind: policy\n~: 1\n", ['2:1: policy/?: a key has to be text, not null (write "~" in quotes)']),
    ("kind: policy\n? [a]\n: 1\n", ["2:3: policy/?: a key has to be text, not a list or a mapping"]),
    # the subject is that of the document around
    (f"- {A}\n- {B[:-1]}, x: {{y: 1, y: 2}}}}\n", ["2:65: policy/b: key 'y' is there twice (first on line 2)"]),
    # aliases
    ("kind: policy\nx: *a\n", ["2:4: policy/?: alias '*a' has no anchor"]),
    ("kind: policy\nx: &a {y: *a}\n", ["2:11: policy/?: alias '*a' contains itself"]),
    ("x: &a 1\nkind: policy\n---\ny: *a\n", ["4:4: ?/?: alias '*a' has no anchor"]),
    ("kind: policy\n<<: 5\n", ["2:5: policy/?: '<<' merges mappings: an alias of one, or a list of these"]),
    # tags
    (
        "kind: policy\nx: !has(a)  # why\n",
        ["2:4: policy/?: unknown tag '!has(a)' (put the text in quotes: \"!has(a)\")"],
    ),
    (
        "kind: policy\nx: ! has(a)\n",
        ["2:4: policy/?: unknown tag '!' (put the text in quotes: \"! has(a)\")"],
    ),
    (
        'kind: policy\nx: !foo "a"\n',
        ["2:4: policy/?: unknown tag '!foo' (put the text in quotes: '!foo \"a\"')"],
    ),
    ("kind: policy\nx: !!binary aGk=\n", ["2:4: policy/?: tag '!!binary' is not supported (leave it out)"]),
    ("kind: policy\nx: !!timestamp 2016-01-01\n", ["2:4: policy/?: tag '!!timestamp' is not supported (leave it out)"]),
    ("kind: policy\nx: !!bool yes\n", ["2:4: policy/?: 'yes' is no !!bool of YAML 1.2"]),
    ("kind: policy\nx: !!int 010x\n", ["2:4: policy/?: '010x' is no !!int of YAML 1.2"]),
    ("kind: policy\nx: !foo {a: 1}\n", ["2:4: policy/?: unknown tag '!foo' (leave it out)"]),
    ("kind: policy\nx: !!set {a}\n", ["2:4: policy/?: unknown tag 'tag:yaml.org,2002:set' (leave it out)"]),
    # syntax
    ("x: !has(a) && !has(b)  # why\n", ["1:4: text that begins with '!' needs quotes (write \"!has(a) && !has(b)\")"]),
    ("x: {y: !has(a), z: 1}\n", ["1:8: ?/?: unknown tag '!has(a)' (put the text in quotes: \"!has(a)\")"]),
    ("x: {y: !has(a)}\n", ["1:8: text that begins with '!' needs quotes (write \"!has(a)\")"]),
    (
        "x: {y: !a in {'b', 'c'}}\n",
        [
            "1:8: unknown tag '!a' (put the text in quotes: \"!a in {'b', 'c'}\")",
            "1:14: did not find expected ',' or '}' (while parsing a flow mapping)",
        ],
    ),
    ("x:\n\ty: 1\n", ["2:1: a tab can't indent YAML (use spaces)"]),
    ("x:\n  y: 1\n z: 2\n", ["3:2: did not find expected key (while parsing a block mapping)"]),
    ("x: a: b\n", ["1:5: ':' can't stand here (wrong indentation, or text that needs quotes)"]),
    ("x: @a\n", ["1:4: this character can't start a value (put the text in quotes)"]),
    ("x: 'a\n", ["2:1: the text ends inside quotes"]),
    ("x: [a\n", ["2:1: did not find expected ',' or ']' (while parsing a flow sequence)"]),
    ("%YAML 1.3\n---\nx: 1\n", ["1:1: the %YAML directive names another version than 1.1 or 1.2"]),
    ("x: é\x07\n", ["1:5: control character U+0007 can't stand in YAML"]),
    ("x: a\r\x08", ["2:1: control character U+0008 can't stand in YAML"]),
    ("x: a\ny: \ufffe\n", ["2:4: control character U+FFFE can't stand in YAML"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WRONG, ids=[repr(row[0])[:50] for row in WRONG])
def test_what_is_wrong_and_where(text: str, expected: list[str]) -> None:
    assert problems(text) == [f"a.yaml:{line}" for line in expected]


def test_a_syntax_error_ends_the_reading_but_not_the_documents_before_it() -> None:
    manifest = loaded(f"{A}\n---\n{{kind: policy, x: 1, x: 2}}\n---\n[\n")
    assert [document.subject for document in manifest.documents] == ["policy/a", "policy/?"]
    assert [str(problem) for problem in manifest.problems] == [
        "a.yaml:3:22: policy/?: key 'x' is there twice (first on line 3)",
        "a.yaml:6:1: did not find expected node content (while parsing a flow node)",
    ]


VALUES = [
    # plain scalars keep their text; no YAML 1.1
    ("x: 20:21", "20:21"),
    ("x: [no, on, y, 010, 1.10, 0x1F, 1_000, 2016-01-01, ~, =]",
     ["no", "on", "y", "010", "1.10", "0x1F", "1_000", "2016-01-01", "~", "="]),
    ("x:", ""),
    ("no: 1\nx: {on: 1, 1.10: 2, true: 3}", {"on": "1", "1.10": "2", "true": "3"}),
    # quotes and tags say what a scalar is
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
    assert value(text) == expected


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
    assert value(text, name) == expected


def test_yaml_in_a_json_file_is_fine() -> None:
    assert value("{x: [a, b,],}", "a.json") == ["a", "b"]


JSON_WRONG = [
    ('{"a" 1}', "1:6: expected ':', found '1'"),
    ('{"a": 1, "b"', "1:13: expected ':', found 'the end of the text'"),
    ('{"a": 1\n "b": 2}', "2:2: expected ',' or '}', found '\"b\"'"),
    ('{"a": "é" é}', "1:11: this is not JSON"),
    ("{} {}", "1:4: expected the end of the text, found '{'"),
    ('{"a": "\\ud83d"}', "1:7: half of a surrogate pair is no character"),
    ('{"a": 1, "a": 2}', "1:10: ?/?: key 'a' is there twice (first on line 1)"),
]


@pytest.mark.parametrize(("text", "expected"), JSON_WRONG, ids=[row[0] for row in JSON_WRONG])
def test_what_is_wrong_with_json(text: str, expected: str) -> None:
    assert problems(text, "a.json") == [f"a.json:{expected}"]


def test_words_about_a_file_that_is_neither_are_those_of_what_it_is_called() -> None:
    assert problems('{"a": ]', "a.json") == ["a.json:1:7: expected a value, found ']'"]
    assert problems('{"a": ]', "a.yaml") == [
        "a.yaml:1:7: did not find expected node content (while parsing a flow node)"
    ]


# --- depth and size ----------------------------------------------------------------------------------------


def nested(open_: str, close: str, depth: int) -> str:
    return open_ * depth + close * depth


DEEP = {
    "sequences": ("- " * 100_000 + "x", "a.yaml"),
    "JSON lists": (nested("[", "]", 100_000), "a.json"),
    "JSON objects": ('{"a":' * 100_000 + "1" + "}" * 100_000, "a.json"),
    "flow": ("kind: policy\nx: " + nested("[", "]", 2_000), "a.yaml"),
}


@pytest.mark.parametrize("shape", DEEP)
def test_nothing_recurses(shape: str) -> None:
    text, name = DEEP[shape]
    assert len(text) > sys.getrecursionlimit()
    manifest = loaded(text, name)
    if not manifest.documents:
        (problem,) = manifest.problems
        # The libyaml within PyYAML 6.0.4 stops at 1000 levels; older ones read it all.
        assert problem.message.startswith(("expected a resource", "nested too deeply"))


def test_aliases_have_a_bound() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    started = time.monotonic()
    assert problems(bomb) == [
        f"a.yaml:5:29: aliases expand to more than {MAX_ALIAS_NODES:,} values: write them out, or use fewer"
    ]
    assert time.monotonic() - started < 5


def test_merge_keys_have_the_same_bound() -> None:
    fields = ", ".join(f"k{index}: 1" for index in range(1000))
    merges = "".join(f"m{index}: {{<<: *a}}\n" for index in range(200))
    (problem,) = problems(f"a: &a {{{fields}}}\n{merges}")
    assert f"aliases expand to more than {MAX_ALIAS_NODES:,} values" in problem


def test_many_aliases_of_something_small_are_fine() -> None:
    assert problems("kind: policy\nx: &a {y: 1}\nz: [" + "*a," * 30_000 + "]\n") == []


# --- places ------------------------------------------------------------------------------------------------

PLACES = """\
kind: policy
metadata: {name: &n é, "x y": 1}
spec:
  ingress:
  - &rule
    action: allow
    source: {nets: [a, b]}
  - *rule
  - <<: *rule
    action: deny
"""
WHERE: list[tuple[tuple[str | int, ...], bool, tuple[int, int]]] = [
    ((), False, (1, 1)),
    (("kind",), False, (1, 7)),
    (("kind",), True, (1, 1)),
    (("metadata",), False, (2, 11)),
    (("metadata", "x y"), False, (2, 31)),
    (("metadata", "x y"), True, (2, 24)),
    (("spec", "ingress", 0, "source", "nets", 1), False, (7, 24)),
    # what is missing stands at its parent
    (("metadata", "tags"), False, (2, 11)),
    (("spec", "egress", 5, "action"), False, (4, 3)),
    (("spec", "ingress", 7), False, (5, 3)),
    (("nothing",), True, (1, 1)),
    # what comes by an alias stands at the alias
    (("spec", "ingress", 1), False, (8, 5)),
    (("spec", "ingress", 1, "action"), False, (8, 5)),
    (("spec", "ingress", 1, "source", "nets", 1), False, (8, 5)),
    (("spec", "ingress", 1, "action"), True, (8, 5)),
    (("spec", "ingress", 2, "source"), False, (9, 9)),
    (("spec", "ingress", 2, "source", "nets", 0), False, (9, 9)),
    (("spec", "ingress", 2, "source"), True, (9, 9)),
    (("spec", "ingress", 2, "action"), False, (10, 13)),
]  # fmt: skip


@pytest.mark.parametrize(("path", "key", "place"), WHERE)
def test_places(path: tuple[str | int, ...], key: bool, place: tuple[int, int]) -> None:
    assert document().locate_field(path, key=key) == Position("a.yaml", *place)


def document() -> Document:
    (only,) = loaded(PLACES).documents
    return only


def test_fields_are_found_by_their_path() -> None:
    node = document().find_node(("spec", "ingress", 1, "source", "nets", 1))
    assert isinstance(node, ScalarNode)
    assert node.text == "b"
    assert document().find_node(("spec", "ingress", 3)) is None
    assert document().find_node(("kind", "x")) is None


# --- bytes -------------------------------------------------------------------------------------------------

BYTES = [
    (b"x: \xc3\xa9\n", "x: é\n"),
    (b"\xef\xbb\xbfx: 1\n", "x: 1\n"),
    ("x: é😀\n".encode("utf-16"), "x: é😀\n"),
    (b"\xfe\xff" + "x: é\n".encode("utf-16-be"), "x: é\n"),
    (b"x: 1\r\ny: 2\r\n", "x: 1\r\ny: 2\r\n"),
    (b"", ""),
]


@pytest.mark.parametrize(("data", "text"), BYTES)
def test_encodings(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    assert read_sources([str(path)]) == ([Source(str(path), text)], [])


BAD_BYTES = [
    (b"x: \xe9\n", "1:4: byte 0xe9 is not UTF-8 (save the file as UTF-8)"),
    (b"\xef\xbb\xbfa: \xc3\xa9\nb: \xc3\xa9\xff\n", "2:5: byte 0xff is not UTF-8 (save the file as UTF-8)"),
    (b"\xff\xfea\x00\x00", "1:2: byte 0x00 is not UTF-16-LE (save the file as UTF-8)"),
]


@pytest.mark.parametrize(("data", "message"), BAD_BYTES)
def test_bytes_that_are_no_text(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    sources, found = read_sources([str(path)])
    assert (sources, [str(problem) for problem in found]) == ([], [f"{path}:{message}"])


def test_columns_are_those_behind_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfx: @\n")
    sources, _ = read_sources([str(path)])
    assert [problem.position[1:] for problem in load(sources, []).problems] == [(1, 4)]


def test_directories_give_their_manifests_by_name(tmp_path: Path) -> None:
    for name in ("b.yml", "a.json", "c.txt", "sub/d.yaml", "z.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert [source.text for source in read_sources([str(tmp_path)])[0]] == ["a.json", "b.yml", "z.yaml"]
    below = read_sources([str(tmp_path)], recursive=True)[0]
    assert sorted(source.text for source in below) == ["a.json", "b.yml", "sub/d.yaml", "z.yaml"]


def test_what_can_not_be_read_is_a_problem_each(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.yaml").write_text(A, encoding="utf-8")
    paths = [str(tmp_path / name) for name in ("missing.yaml", "empty", "a.yaml")]
    sources, found = read_sources(paths)
    assert [source.name for source in sources] == [paths[2]]
    assert [str(problem) for problem in found] == [
        f"{paths[0]}: can't be read: No such file or directory",
        f"{paths[1]}: no *.yaml, *.yml, *.json in this directory",
    ]
