"""Merge patches: all examples of RFC 7386, unconverted texts, positions of the patch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from calicoctl.manifest import Document, MappingNode, Node, ScalarNode, Source, read_nodes
from calicoctl.manifest.merge_patch import merge_patch
from calicoctl.manifest.nodes import BOOLEANS, parse_number
from calicoctl.manifest.plain import mapping_node


def node(text: str) -> MappingNode:
    (root,), problems = read_nodes(Source("-p", text))
    assert problems == []
    assert isinstance(root, MappingNode)
    return root


def plain_value(value: Node) -> Any:
    """Return the value of a node in the core schema."""
    if isinstance(value, MappingNode):
        return {name: plain_value(part) for name, (_, part) in value.entries.items()}
    if not isinstance(value, ScalarNode):
        return [plain_value(part) for part in value.items]
    if value.tag == "str":
        return value.text
    if value.is_null:
        return None
    found = parse_number(value.text)
    return BOOLEANS.get(value.text, value.text) if found is None else found


# RFC 7386, appendix A. If the patch is not a mapping, patch and target are fields of mappings here.
EXAMPLES = [
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('["a","b"]', '["c","d"]', '["c","d"]'),
    ('{"a":"b"}', '["c"]', '["c"]'),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
]


@pytest.mark.parametrize(("target", "patch", "result"), EXAMPLES)
def test_the_examples_of_the_rfc(target: str, patch: str, result: str) -> None:
    merged = merge_patch(mapping_node({"root": json.loads(target)}), node(f'{{"root": {patch}}}'))
    assert plain_value(merged) == {"root": json.loads(result)}


def test_a_null_patch_removes_everything() -> None:
    assert plain_value(merge_patch(mapping_node({"root": {"a": "foo"}}), node('{"root": null}'))) == {}


@pytest.mark.parametrize("null", ["null", "~", "", "!!null ''"])
def test_every_null_of_yaml_removes(null: str) -> None:
    assert plain_value(merge_patch(mapping_node({"a": 1, "b": 2}), node(f"a: {null}\n"))) == {"b": 2}


def test_the_text_null_does_not_remove() -> None:
    assert plain_value(merge_patch(mapping_node({"a": 1}), node('a: "null"'))) == {"a": "null"}


def test_neither_target_nor_patch_is_changed() -> None:
    target, patch = mapping_node({"a": {"b": 1, "c": 2}}), node("a: {b: null, d: {e: 3}}")
    assert plain_value(merge_patch(target, patch)) == {"a": {"c": 2, "d": {"e": 3}}}
    assert plain_value(target) == {"a": {"b": 1, "c": 2}}
    assert plain_value(patch) == {"a": {"b": None, "d": {"e": 3}}}


def test_texts_are_as_typed_and_values_of_their_own_type() -> None:
    values = {"text": "010", "whole": 1, "true": True, "false": False, "none": None, "float": 1e20, "list": ["1"]}
    assert plain_value(mapping_node(values)) == values
    merged = merge_patch(mapping_node({}), node("a: 1.10"))
    value = merged.get("a")
    assert isinstance(value, ScalarNode)
    assert value.text == "1.10"


def test_positions_are_from_the_patch_or_missing() -> None:
    merged = merge_patch(mapping_node({"spec": {"order": 1, "selector": "x"}}), node("spec:\n  order: 2\n"))
    document = Document(Source("-p", ""), merged)
    assert str(document.locate_field(("spec", "order"))) == "-p:2:10"
    assert str(document.locate_field(("spec", "order"), key=True)) == "-p:2:3"
    assert str(document.locate_field(("spec", "selector"))) == "-p"
    assert str(document.locate_field(("spec", "missing"))) == "-p:2:3"


def test_a_patch_may_be_nested_as_deeply_as_it_can_be_written() -> None:
    depth = 50_000
    merged: Node | None = merge_patch(mapping_node({}), node('{"a":' * depth + "1" + "}" * depth))
    for _ in range(depth):
        assert isinstance(merged, MappingNode)
        merged = merged.get("a")
    assert isinstance(merged, ScalarNode)
