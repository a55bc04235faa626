"""Nothing is lost between v1 and the store: neither what v1 says nor what others wrote beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calicoctl.conversion.record import without_empty_parts
from calicoctl.conversion.stored import from_stored, is_equal, to_stored
from calicoctl.kinds import KINDS, Kind
from calicoctl.kinds.rules.v3_only import v3_only_criteria
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredResource, encode
from tests.support.decoding import decode
from tests.support.read_resources import EVERY_KIND
from tests.support.strategies import naughty_strings, resources

KINDS_WITH_RULES = pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if "ingress" in kind.owned_fields], ids=lambda kind: kind.name
)
UID = "c3b2a190-0000-4000-8000-1234567890ab"
CREATED = "2018-03-04T05:06:07Z"


@st.composite
def keys(draw: st.DrawFn, kind: Kind, identifier: Identifier) -> str:
    """One of the keys that a resource can stand under."""
    return kind.stored_kind.key(draw(st.sampled_from(kind.key_segments(kind.stored_name(identifier)))))


def store_and_load(kind: Kind, stored: StoredResource) -> StoredResource:
    return decode(stored.key, encode(stored, kind.stored_kind), 7)


@EVERY_KIND
@given(data=st.data())
def test_a_resource_comes_back_from_the_store_as_it_was(kind: Kind, data: st.DataObject) -> None:
    resource = data.draw(resources(kind))
    written = to_stored(kind, resource, data.draw(keys(kind, resource.identifier)), None)
    assert (written.notes, written.losses) == ((), ())
    stored = store_and_load(kind, written.stored)
    assert from_stored(kind, stored) == resource
    assert is_equal(stored, written.stored)


@EVERY_KIND
@given(data=st.data())
def test_what_is_written_holds_no_empty_parts_and_is_json_of_go(kind: Kind, data: st.DataObject) -> None:
    resource = data.draw(resources(kind))
    written = to_stored(kind, resource, data.draw(keys(kind, resource.identifier)), None).stored
    value = encode(written, kind.stored_kind)
    document = json.loads(value)
    assert list(document)[:4] == ["kind", "apiVersion", "metadata", "spec"]
    assert (document["kind"], document["apiVersion"]) == (kind.stored_kind.kind, "projectcalico.org/v3")
    assert not any(value.count(each.encode()) for each in ("<", ">", "&", "\u2028", "\u2029"))
    assert document["metadata"]["name"] == written.key.rpartition("/")[2]
    assert document["metadata"]["uid"]


# --- what others wrote -------------------------------------------------------------------------------------

_V3_RULE_PARTS: dict[str, Any] = {
    "metadata": {"annotations": {"vendor.example/why": "because"}},
    "http": {"methods": ["GET"]},
    "futureCriterion": {"a": 1},
}
_V3_ENTITY_PARTS: dict[str, Any] = {
    "namespaceSelector": "team == 'a'",
    "serviceAccounts": {"names": ["robot"]},
    "services": {"name": "web", "namespace": "default"},
}


@st.composite
def changed_by_other_clients(draw: st.DrawFn, kind: Kind, stored: StoredResource) -> StoredResource:
    """The object after v3 tools have added what v1 can't say."""
    foreign = st.dictionaries(
        st.sampled_from([f"vendor.example/{name}" for name in "abc"]), naughty_strings(), max_size=3
    )
    spec = json.loads(json.dumps(dict(stored.spec)))
    spec["futureField"] = draw(st.sampled_from([{"deep": [1, {"er": None}]}, "text", 5]))
    for direction in ("ingress", "egress"):
        for rule in spec.get(direction, ()) if direction in kind.owned_fields else ():
            rule.update(draw(st.dictionaries(st.sampled_from(sorted(_V3_RULE_PARTS)), st.none(), max_size=2)))
            rule.update({name: part for name, part in _V3_RULE_PARTS.items() if name in rule})
            for side in ("source", "destination"):
                names = draw(st.sets(st.sampled_from(sorted(_V3_ENTITY_PARTS)), max_size=2))
                rule[side] = {**(rule.get(side) or {}), **{name: _V3_ENTITY_PARTS[name] for name in names}}
    if kind.name == "policy":
        spec.update(draw(st.sampled_from([{}, {"namespaceSelector": "all()"}, {"applyOnForward": True}])))
        spec["performanceHints"] = ["AssumeNeededOnEveryNode"]
    metadata = {
        **stored.metadata,
        "uid": UID,
        "creationTimestamp": CREATED,
        "finalizers": ["vendor.example/keep"],
        "labels": {**(stored.metadata.get("labels") or {}), "vendor.example/label": "kept"},
        "annotations": {**stored.annotations, **draw(foreign)},
    }
    return replace(stored, metadata=metadata, spec=spec, revision=5, extra={"status": {"seen": True}})


@EVERY_KIND
@given(data=st.data())
def test_apply_keeps_fields_from_other_clients(kind: Kind, data: st.DataObject) -> None:
    before, after = _two_of_one_name(kind, data)
    key = data.draw(keys(kind, after.identifier))
    theirs = data.draw(changed_by_other_clients(kind, to_stored(kind, before, key, None).stored))
    written = to_stored(kind, after, key, theirs).stored
    assert (written.key, written.revision, written.extra) == (theirs.key, 5, theirs.extra)
    for name in ("uid", "creationTimestamp", "finalizers"):
        assert written.metadata[name] == theirs.metadata[name]
    assert written.metadata["labels"]["vendor.example/label"] == "kept"
    foreign = {name: text for name, text in theirs.annotations.items() if name.startswith("vendor.example/")}
    own = after.metadata.get("annotations") or {}
    assert {name: written.annotations.get(name) for name in foreign} == {**foreign, **_common(own, foreign)}
    ours = {*kind.owned_fields, "applyOnForward"}
    for name in set(theirs.spec) - ours:
        assert written.spec.get(name) == theirs.spec[name]
    if theirs.spec.get("applyOnForward") and not any(theirs.spec.get(name) for name in ("doNotTrack", "preDNAT")):
        assert written.spec["applyOnForward"] is True


@EVERY_KIND
@given(data=st.data())
def test_apply_over_fields_from_other_clients_is_idempotent(kind: Kind, data: st.DataObject) -> None:
    before, after = _two_of_one_name(kind, data)
    key = data.draw(keys(kind, after.identifier))
    theirs = data.draw(changed_by_other_clients(kind, to_stored(kind, before, key, None).stored))
    written = store_and_load(kind, to_stored(kind, after, key, theirs).stored)
    assert from_stored(kind, written) == kind.default_from_existing(after, from_stored(kind, theirs))
    again = to_stored(kind, after, key, written)
    assert is_equal(again.stored, written)
    assert (again.notes, again.losses) == ((), ())


@EVERY_KIND
@given(data=st.data())
def test_get_and_apply_after_changes_of_other_clients_changes_no_v1_field(kind: Kind, data: st.DataObject) -> None:
    resource = data.draw(resources(kind))
    key = data.draw(keys(kind, resource.identifier))
    theirs = data.draw(changed_by_other_clients(kind, to_stored(kind, resource, key, None).stored))
    shown = from_stored(kind, theirs)
    assert shown.identifier == resource.identifier
    written = to_stored(kind, shown, key, theirs)
    assert without_empty_parts(written.stored.spec) == without_empty_parts(theirs.spec)
    assert written.losses == ()


@KINDS_WITH_RULES
@given(data=st.data())
def test_what_a_write_would_drop_is_named(kind: Kind, data: st.DataObject) -> None:
    before, after = _two_of_one_name(kind, data)
    key = data.draw(keys(kind, after.identifier))
    theirs = data.draw(changed_by_other_clients(kind, to_stored(kind, before, key, None).stored))
    written = to_stored(kind, after, key, theirs)
    lists = ("ingress", "egress")
    had, has = (
        sorted(each for name in lists for rule in spec.get(name) or () for each in v3_only_criteria(rule))
        for spec in (theirs.spec, written.stored.spec)
    )
    assert bool(written.losses) is (had != has)


def _two_of_one_name(kind: Kind, data: st.DataObject) -> tuple[Resource, Resource]:
    """Two resources that only their identifying fields make the same."""
    before, after = data.draw(resources(kind)), data.draw(resources(kind))
    names = {name: after.metadata[name] for name in kind.identifying_fields if name in after.metadata}
    rest = {name: part for name, part in before.metadata.items() if name not in kind.identifying_fields}
    return kind.resource({**rest, **names}, before.spec), after


def _common(own: Any, foreign: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in own.items() if name in foreign}
