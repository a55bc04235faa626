"""Printed values are read back unchanged, also by YAML 1.1 parsers; invalid text always has a problem."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from calicoctl.errors import Position
from calicoctl.kinds import KINDS, Kind
from calicoctl.kinds.values.numbers import format_manifest_float
from calicoctl.manifest import read_sources
from calicoctl.manifest.writer import to_json, to_yaml, yaml_key_order
from calicoctl.printers import formats
from calicoctl.resource import Resource
from tests.support.read_resources import EVERY_KIND, parse_documents, read_resources, read_valid_resources
from tests.support.strategies import manifests, naughty_strings, resources

FORMS = pytest.mark.parametrize("form", ["yaml", "json"])
ANY_RESOURCE = st.sampled_from(KINDS).flatmap(resources)


def dump(listed: list[Resource], form: str) -> str:
    return formats.RESOURCES.select(form).load()(listed, KINDS)


@EVERY_KIND
@FORMS
@given(data=st.data())
def test_what_get_prints_is_read_back_as_the_same(kind: Kind, form: str, data: st.DataObject) -> None:
    resource = data.draw(resources(kind))
    assert read_valid_resources(dump([resource], form)) == [resource]


@FORMS
@given(listed=st.lists(ANY_RESOURCE, min_size=2, max_size=4))
def test_a_list_of_resources_is_read_back_in_its_order(form: str, listed: list[Resource]) -> None:
    assert read_valid_resources(dump(listed, form), f"all.{form}") == listed


@EVERY_KIND
@given(data=st.data())
def test_a_manifest_as_written_has_the_normal_form_in_yaml_and_in_json(kind: Kind, data: st.DataObject) -> None:
    manifest = data.draw(manifests(kind))
    normal = kind.resource(*kind.normalize(manifest))
    assert read_valid_resources(to_yaml([manifest], format_manifest_float)) == [normal]
    assert read_valid_resources(to_json([manifest]), "x.json") == [normal]


@given(ANY_RESOURCE)
def test_pyyaml_reads_our_yaml_as_our_json(resource: Resource) -> None:
    assert yaml.safe_load(dump([resource], "yaml")) == json.loads(dump([resource], "json"))


@given(ANY_RESOURCE)
def test_pyyaml_may_read_and_write_it_in_between(resource: Resource) -> None:
    again = yaml.safe_dump(yaml.safe_load(dump([resource], "yaml")))
    assert read_valid_resources(again) == [resource]


@given(ANY_RESOURCE)
def test_lines_are_never_folded(resource: Resource) -> None:
    text = dump([resource], "yaml")
    breaks = sum(each.count("\n") for each in _texts(resource.manifest()))
    assert text.count("\n") <= len(list(_paths(resource.manifest()))) + breaks + sum(
        len(key) > 128 for key in _keys(resource.manifest())
    )


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []


def _keys(value: Any) -> list[str]:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = list(value) if isinstance(value, dict) else []
    return own + [key for part in parts for key in _keys(part)]


# --- any text as scalar and as key -------------------------------------------------------------------------

SCALARS = (
    naughty_strings() | st.booleans() | st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
)
TREES = st.recursive(
    SCALARS | st.none(),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(naughty_strings(), parts, max_size=3),
    max_leaves=8,
)


@given(TREES)
def test_yaml_1_1_readers_read_any_value_as_it_is(value: Any) -> None:
    assert yaml.safe_load(to_yaml([value], format_manifest_float)) == [value]


@given(st.dictionaries(naughty_strings(), naughty_strings(), min_size=1, max_size=4))
def test_our_reader_reads_any_text_as_it_is(texts: dict[str, str]) -> None:
    for text, name in ((to_yaml([texts], format_manifest_float), "x.yaml"), (to_json([texts]), "x.json")):
        manifest = parse_documents(text, name)
        assert manifest.problems == []
        found = {key: value for key, (_, value) in manifest.documents[0].node.entries.items()}
        assert {key: getattr(value, "text", None) for key, value in found.items()} == texts
        assert not any(getattr(value, "is_null", True) for value in found.values())


@given(st.lists(naughty_strings() | st.from_regex("[ab0-9.]{1,6}", fullmatch=True), unique=True, max_size=6))
def test_the_order_of_keys_does_not_depend_on_the_order_they_come_in(keys: list[str]) -> None:
    backwards = keys[::-1]
    assert sorted(keys, key=yaml_key_order) == sorted(backwards, key=yaml_key_order)


# --- positions ---------------------------------------------------------------------------------------------


@st.composite
def marked_trees(draw: st.DrawFn) -> dict[str, Any]:
    """Mappings with unique keys and scalars, so that each position is unambiguous."""
    shape = st.recursive(
        naughty_strings().filter(lambda text: len(text) < 120),
        lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text("ab: ", max_size=3), parts, max_size=3),
        max_leaves=10,
    )
    serial = iter(range(10**6))

    def marked(value: Any) -> Any:
        if isinstance(value, dict):
            return {f"{next(serial)}k {key}": marked(part) for key, part in value.items()}
        return [marked(part) for part in value] if isinstance(value, list) else f"{next(serial)}v {value}"

    return {"kind": "policy", "spec": marked([draw(shape) for _ in range(3)])}


@FORMS
@given(value=marked_trees())
def test_every_value_and_key_is_found_where_it_stands(form: str, value: dict[str, Any]) -> None:
    text = to_yaml([value], format_manifest_float) if form == "yaml" else to_json([value])
    document = parse_documents(text, f"a.{form}").documents[0]
    for path, part in _paths(value):
        if not path:
            continue
        at = document.locate_field(path)
        assert at.source == f"a.{form}"
        if not isinstance(part, (dict, list)) or not part:
            assert _text_at(text, at).startswith(_first_line(part, form))
        if isinstance(path[-1], str):
            key = document.locate_field(path, key=True)
            assert _text_at(text, key).startswith(_first_line(path[-1], form))
            assert key <= at
        missing = document.locate_field((*path, "no such field"))
        assert missing == at


def _text_at(text: str, position: Position) -> str:
    # libyaml takes these for line breaks too, and so do we.
    return text.splitlines()[position.line - 1][position.column - 1 :]


def _first_line(value: Any, form: str) -> str:
    if form == "json":
        return to_json([value]).splitlines()[1].strip()
    return to_yaml([value], format_manifest_float).splitlines()[0].removeprefix("- ")


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(path, value)] + [each for step, part in steps for each in _paths(part, (*path, step))]


# --- any input --------------------------------------------------------------------------------------------

_MARKS = [
    *"[]{},:-?&*!|>'%@`#~\"\n",
    "<<",
    "\n  ",
    "\n\t",
    "---",
    "...",
    "&a ",
    "*a ",
    "!!str ",
    "!!int ",
    "!has(a)",
    "\\",
]
_WORDS = [
    "kind: policy\n",
    "apiVersion: v1\n",
    "metadata: ",
    "name: ",
    "spec: ",
    "kind: policyList\n",
    "items: ",
    "action: ",
]
_MORE = ["\\ud83d", "0", "yes", "null", "\r\n", "labels: ", "  ", "\n- "]
FRAGMENTS = st.lists(st.sampled_from([*_MARKS, *_WORDS, *_MORE]) | naughty_strings(), max_size=25).map("".join)


@given(FRAGMENTS | st.text(max_size=40), st.sampled_from(["-", "a.yaml", "a.json"]))
def test_the_reader_has_an_answer_to_any_text(text: str, name: str) -> None:
    found, problems = read_resources(text, name)
    assert found or problems
    _check_problems(problems, text, name)


def _check_problems(problems: list[Any], text: str, name: str) -> None:
    lines = text.splitlines()
    for problem in problems:
        assert len(str(problem).splitlines()) == 1
        assert problem.message
        assert problem.position.source == name
        assert problem.position.line <= max(len(lines), 1) + 1
        if 0 < problem.position.line <= len(lines):
            assert 1 <= problem.position.column <= len(lines[problem.position.line - 1]) + 1


@given(
    st.binary(max_size=40)
    | st.builds(bytes.__add__, st.sampled_from([b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"]), st.binary(max_size=20))
)
def test_the_reader_has_an_answer_to_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    sources, problems = read_sources([str(path)])
    assert bool(sources) is not bool(problems)
    for source in sources:
        found, more = read_resources(source.text, source.name)
        assert found or more


@given(st.data())
def test_a_damaged_manifest_is_read_or_explained(data: st.DataObject) -> None:
    text = dump([data.draw(ANY_RESOURCE)], data.draw(st.sampled_from(["yaml", "json"])))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 12, len(text))))
    damaged = text[:start] + data.draw(st.sampled_from(["", *_MARKS])) + text[end:]
    found, problems = read_resources(damaged)
    assert found or problems
    _check_problems(problems, damaged, "-")
