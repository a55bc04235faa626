"""Documents of a manifest: resources, lists, problems."""

from __future__ import annotations

import json

import pytest

from calicoctl.manifest import Source, load
from tests.support.documents import A, B, C, parse_documents, problems

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
    (
        "a list of kind List",
        f"kind: List\napiVersion: v1\nmetadata: {{}}\nitems:\n- {A}\n- {B}\n",
        ["policy/a", "policy/b"],
    ),
    ("a list of kind List without items", f"kind: List\napiVersion: v1\n---\n{A}", ["policy/a"]),
    (
        "lists in lists of kind List",
        f"kind: List\napiVersion: v1\nitems:\n- {A}\n- {{kind: List, apiVersion: v1, items: [{B}]}}\n"
        f"- {{kind: policyList, apiVersion: v1, items: [{C}]}}\n",
        ["policy/a", "policy/b", "policy/c"],
    ),
    ("a list of another API", "kind: List\napiVersion: projectcalico.org/v3\nitems: []\n", ["List/?"]),
    ("CRLF", f"- {A}\r\n- {B}\r\n---\r\n{C}\r\n", ["policy/a", "policy/b", "policy/c"]),
    ("a directive", f"%YAML 1.1\n---\n{A}", ["policy/a"]),
    ("a marker within a block", "kind: policy\nmetadata:\n  name: a\n  x: |\n    a\n    ---\n    b\n", ["policy/a"]),
    ("missing fields", "kind: policy\n---\nmetadata: {name: a}\n---\n{}\n", ["policy/?", "?/a", "?/?"]),
    ("null", "kind: ~\nmetadata: {name: ~}\n", ["?/?"]),
    ("line breaks in a name", 'kind: policy\nmetadata: {name: "a\\nb"}\n', ["policy/a\\nb"]),
]


@pytest.mark.parametrize(("text", "subjects"), [row[1:] for row in MIXES], ids=[row[0] for row in MIXES])
def test_resources_in_any_mix(text: str, subjects: list[str]) -> None:
    manifest = parse_documents(text)
    assert [document.subject for document in manifest.documents] == subjects
    assert manifest.problems == []


NOTHING = [
    "",
    "\n \n",
    "# only this\n",
    "---\n---\n",
    "[]",
    "~",
    "kind: policyList\napiVersion: v1\nitems:\n",
    "{kind: List, apiVersion: v1, items: []}",
]


@pytest.mark.parametrize("text", NOTHING)
@pytest.mark.parametrize("name", ["a.yaml", "a.json", "-"])
def test_a_source_without_a_resource_is_a_problem_that_names_it(text: str, name: str) -> None:
    assert problems(text, name) == [f"{name}: no resource in this manifest"]


def test_every_source_needs_a_resource() -> None:
    manifest = load([Source("a.yaml", A), Source("b.yaml", ""), Source("c.yaml", C)], ["policy"])
    assert [document.source.name for document in manifest.documents] == ["a.yaml", "c.yaml"]
    assert [str(problem) for problem in manifest.problems] == ["b.yaml: no resource in this manifest"]


WRONG = [
    # not a resource
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
        ["1:1: apiVersion of the policyList must be v1", "2:8: items must be a list"],
    ),
    (
        "kind: List\nitem: 1\nitems:\n- 5\n- []\n",
        [
            "2:1: unknown field 'item' (a list has kind, apiVersion and items)",
            "1:1: apiVersion of the List must be v1",
            "4:3: expected a resource, found the text '5'",
            "5:3: expected a resource, found a list",
        ],
    ),
    ("kind: List\napiVersion: v1\nitems: {}\n", ["3:8: items must be a list"]),
    # keys
    ("kind: policy\nx: 1\ny: 2\nx: 3\n", ["4:1: policy/?: duplicate key 'x' (first on line 2)"]),
    ('kind: policy\nx: {"a\\nb": 1, "a\\nb": 2}\n', ["2:16: policy/?: duplicate key 'a\\nb' (first on line 2)"]),
    ("kind: policy\nx: {a: 1, 'a': 2}\n", ["2:11: policy/?: duplicate key 'a' (first on line 2)"]),
    ("kind: policy\n~: 1\n", ['2:1: policy/?: a key must be text, not null (write "~" in quotes)']),
    ("kind: policy\n? [a]\n: 1\n", ["2:3: policy/?: a key must be text, not a list or a mapping"]),
    # the subject is that of the enclosing document
    (f"- {A}\n- {B[:-1]}, x: {{y: 1, y: 2}}}}\n", ["2:65: policy/b: duplicate key 'y' (first on line 2)"]),
    # aliases
    ("kind: policy\nx: *a\n", ["2:4: policy/?: alias '*a' has no anchor"]),
    ("kind: policy\nx: &a {y: *a}\n", ["2:11: policy/?: alias '*a' contains itself"]),
    ("x: &a 1\nkind: policy\n---\ny: *a\n", ["4:4: ?/?: alias '*a' has no anchor"]),
    ("kind: policy\n<<: 5\n", ["2:5: policy/?: invalid value of '<<' (write aliases of mappings)"]),
    # tags
    (
        "kind: policy\nx: !has(a)  # why\n",
        ["2:4: policy/?: unknown tag '!has(a)' (write the text in quotes: \"!has(a)\")"],
    ),
    (
        "kind: policy\nx: ! has(a)\n",
        ["2:4: policy/?: unknown tag '!' (write the text in quotes: \"! has(a)\")"],
    ),
    (
        'kind: policy\nx: !foo "a"\n',
        ["2:4: policy/?: unknown tag '!foo' (write the text in quotes: '!foo \"a\"')"],
    ),
    ("kind: policy\nx: !!binary aGk=\n", ["2:4: policy/?: tag '!!binary' is not supported (remove it)"]),
    ("kind: policy\nx: !!timestamp 2016-01-01\n", ["2:4: policy/?: tag '!!timestamp' is not supported (remove it)"]),
    ("kind: policy\nx: !!bool yes\n", ["2:4: policy/?: 'yes' is not a valid !!bool in YAML 1.2"]),
    ("kind: policy\nx: !!int 010x\n", ["2:4: policy/?: '010x' is not a valid !!int in YAML 1.2"]),
    ("kind: policy\nx: !foo {a: 1}\n", ["2:4: policy/?: unknown tag '!foo' (remove it)"]),
    ("kind: policy\nx: !!set {a}\n", ["2:4: policy/?: unknown tag 'tag:yaml.org,2002:set' (remove it)"]),
    # syntax
    ("x: !has(a) && !has(b)  # why\n", ["1:4: text that starts with '!' needs quotes (write \"!has(a) && !has(b)\")"]),
    ("x: {y: !has(a), z: 1}\n", ["1:8: ?/?: unknown tag '!has(a)' (write the text in quotes: \"!has(a)\")"]),
    ("x: {y: !has(a)}\n", ["1:8: text that starts with '!' needs quotes (write \"!has(a)\")"]),
    (
        "x: {y: !a in {'b', 'c'}}\n",
        [
            "1:8: unknown tag '!a' (write the text in quotes: \"!a in {'b', 'c'}\")",
            "1:14: did not find expected ',' or '}' (while parsing a flow mapping)",
        ],
    ),
    ("x:\n\ty: 1\n", ["2:1: tab in the indentation (use spaces)"]),
    ("x:\n  y: 1\n\tz: 2\n", ["3:1: tab in the indentation (use spaces)"]),
    ("x:\n  y: 1\n  \tz: 2\n", ["3:3: tab in the indentation (use spaces)"]),
    ("x:\n  y: 1\n z: 2\n", ["3:2: did not find expected key (while parsing a block mapping)"]),
    ("x: a: b\n", ["1:5: unexpected ':' (fix the indentation, or write the text in quotes)"]),
    ("x: @a\n", ["1:4: invalid first character of a value (write the text in quotes)"]),
    ("x: 'a\n", ["2:1: unclosed quotes at the end of the text"]),
    ("x: [a\n", ["2:1: did not find expected ',' or ']' (while parsing a flow sequence)"]),
    ("%YAML 1.3\n---\nx: 1\n", ["1:1: unsupported version in the %YAML directive (supported are 1.1 and 1.2)"]),
    ("x: é\x07\n", ["1:5: invalid control character U+0007"]),
    ("x: a\r\x08", ["2:1: invalid control character U+0008"]),
    ("x: a\ny: \ufffe\n", ["2:4: invalid control character U+FFFE"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WRONG, ids=[repr(row[0])[:50] for row in WRONG])
def test_problems_and_positions(text: str, expected: list[str]) -> None:
    assert problems(text) == [f"a.yaml:{line}" for line in expected]


def test_a_syntax_error_ends_the_reading_but_not_the_documents_before_it() -> None:
    manifest = parse_documents(f"{A}\n---\n{{kind: policy, x: 1, x: 2}}\n---\n[\n")
    assert [document.subject for document in manifest.documents] == ["policy/a", "policy/?"]
    assert [str(problem) for problem in manifest.problems] == [
        "a.yaml:3:22: policy/?: duplicate key 'x' (first on line 3)",
        "a.yaml:6:1: did not find expected node content (while parsing a flow node)",
    ]


def test_lists_nested_too_deeply_stay_a_document() -> None:
    text = A
    for _ in range(30):
        text = f"{{kind: List, apiVersion: v1, items: [{text}]}}"
    manifest = parse_documents(text)
    assert [document.subject for document in manifest.documents] == ["List/?"]
