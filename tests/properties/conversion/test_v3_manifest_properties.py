"""v1 and v3 manifests into each other: nothing is lost on the way and back, and no odd v3 manifest is a crash."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calicoctl.conversion.v3_manifest import v3_manifest
from calicoctl.kinds import Kind
from calicoctl.manifest import Document
from calicoctl.printers.resources.manifests import format_v3_json, format_v3_yaml
from calicoctl.printers.resources.manifests import format_yaml as v1_yaml
from calicoctl.schema.from_v3 import V3ConversionResult, from_v3
from calicoctl.storage import RECORD_ANNOTATION
from tests.support.read_resources import EVERY_KIND, parse_documents, read_valid_resources
from tests.support.strategies import naughty_strings, resources


def document(text: str) -> Document:
    manifest = parse_documents(text)
    assert manifest.problems == []
    (only,) = manifest.documents
    return only


def to_v1(v3: dict[str, Any]) -> V3ConversionResult:
    return from_v3(document(json.dumps([v3])))


@EVERY_KIND
@given(data=st.data())
def test_v1_to_v3_and_back_is_what_it_was_and_so_is_v3(kind: Kind, data: st.DataObject) -> None:
    resource = data.draw(resources(kind))
    v3 = v3_manifest(kind, resource)
    for text in (format_v3_yaml([v3]), format_v3_json([v3])):
        result = from_v3(document(text))
        assert (result.problems, result.losses) == ([], [])
        assert [item.resource for item in result.resources] == [resource]
    v3["metadata"].get("annotations", {}).pop(RECORD_ANNOTATION, None)  # as v3 tools would have written it
    result = to_v1(v3)
    assert result.problems == []
    if not result.losses:
        (item,) = result.resources
        assert item.resource is not None
        assert v3_manifest(kind, item.resource)["spec"] == v3["spec"]


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 70000),
    st.floats(allow_nan=False, allow_infinity=False),
    naughty_strings(),
    st.sampled_from([[], {}, [None], {"a": None}, [[]], {"names": ["x'"]}, "a = b", "10.0.0.0/33", "all()"]),
).map(copy.deepcopy)  # what is put into one place may be spoiled by the next; the samples have to stay
PLACES = st.sampled_from(["http", "serviceAccounts", "namespaceSelector", "tier", "services", "namespace", "labels"])


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, part in parts for place in _places(part, (*path, name)))]


def _spoil(data: st.DataObject, value: Any, places: list[tuple[Any, ...]]) -> None:
    """Put something odd into one of the places of a value."""
    place = data.draw(st.sampled_from(places))
    parent = value
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = data.draw(ODD)
    if isinstance(parent, dict):
        parent[data.draw(PLACES)] = data.draw(ODD)


@EVERY_KIND
@given(data=st.data())
def test_any_v3_manifest_converts_to_valid_v1_or_is_reported(kind: Kind, data: st.DataObject) -> None:
    whole = v3_manifest(kind, data.draw(resources(kind)))
    v3 = copy.deepcopy(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        _spoil(data, v3, [place for place in _places(v3) if place and place[0] != "apiVersion"])
    # A record that somebody has changed, beside a spec that is as it was.
    recorded = copy.deepcopy(whole)
    annotations = recorded["metadata"].setdefault("annotations", {})
    record = json.loads(annotations.get(RECORD_ANNOTATION, '{"metadata": {}, "spec": {}, "digest": ""}'))
    _spoil(data, record, [place for place in _places(record) if place])
    annotations[RECORD_ANNOTATION] = json.dumps(record)
    for manifest in (v3, recorded):
        result = to_v1(manifest)
        assert all(problem.position.line for problem in (*result.problems, *result.losses))
        assert result.resources or result.problems or result.losses
        printed = [item.resource for item in result.resources if item.resource]
        assert printed == (read_valid_resources(v1_yaml(printed)) if printed else [])
