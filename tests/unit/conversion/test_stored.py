"""v1 resources to stored v3 objects and back, with what is recorded where v3 has no field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from calicoctl.conversion.record import MAX_RECORD_BYTES
from calicoctl.conversion.stored import AnnotationsTooLargeError, from_stored, is_equal, to_stored
from calicoctl.kinds import Kind, find_kind
from calicoctl.resource import Resource
from calicoctl.storage import RECORD_ANNOTATION, StoredResource


def get_kind(name: str) -> Kind:
    found = find_kind(name)
    assert found
    return found


def make_resource(name: str, metadata: dict[str, Any], spec: dict[str, Any] | None = None) -> Resource:
    return get_kind(name).resource(*get_kind(name).normalize({"metadata": metadata, "spec": spec or {}}))


def store(applied: Resource, existing: StoredResource | None = None) -> StoredResource:
    its = get_kind(applied.kind)
    key = its.stored_kind.key(its.key_segments(its.stored_name(applied.identifier))[0])
    return to_stored(its, applied, key, existing).stored


# what v3 can't hold: each needs the record, everything else does without
NEEDS_RECORD = [
    (False, "profile", {"name": "a", "labels": {"b": ""}}, {}),
    (True, "profile", {"name": "a", "tags": ["b"]}, {}),
    (True, "profile", {"name": "A"}, {}),
    (True, "profile", {"name": "k8s_ns.a"}, {}),
    (False, "profile", {"name": "a.b"}, {"ingress": [{"action": "deny"}]}),
    (False, "policy", {"name": "a"}, {"order": 1e20, "selector": "has(a)"}),
    (True, "policy", {"name": "a.b"}, {}),
    (True, "policy", {"name": "a", "annotations": {"no name": "x"}}, {}),
    (False, "policy", {"name": "a", "annotations": {"example.com/name": "x"}}, {}),
    (True, "policy", {"name": "a"}, {"selector": "calico/k8s_ns == 'a'"}),
    (True, "policy", {"name": "a"}, {"ingress": [{"action": "allow", "source": {"net": "10.1.2.3/8"}}]}),
    (False, "policy", {"name": "a"}, {"ingress": [{"action": "allow", "destination": {"net": "10.1.2.3/8"}}]}),
    (True, "policy", {"name": "a"}, {"ingress": [{"action": "allow", "source": {"tag": "b"}}]}),
]


@pytest.mark.parametrize(("needed", "name", "metadata", "spec"), NEEDS_RECORD)
def test_the_record_is_written_where_v3_would_lose_something(
    needed: bool, name: str, metadata: dict[str, Any], spec: dict[str, Any]
) -> None:
    applied = make_resource(name, metadata, spec)
    stored = store(applied)
    assert (RECORD_ANNOTATION in stored.annotations) is needed
    assert from_stored(get_kind(name), stored) == applied


def test_the_order_of_labels_is_no_change() -> None:
    one = make_resource("profile", {"name": "A", "labels": {"a": "1", "b": "2"}})
    other = make_resource("profile", {"name": "A", "labels": {"b": "2", "a": "1"}})
    stored = store(one)
    assert is_equal(store(other, stored), stored)


def test_a_record_too_large_for_the_object_is_rejected() -> None:
    with pytest.raises(AnnotationsTooLargeError, match=f"at most {MAX_RECORD_BYTES:,} can be stored"):
        store(make_resource("policy", {"name": "a", "annotations": {"no name": "x" * MAX_RECORD_BYTES}}))


# --- after others have changed the object ------------------------------------------------------------------

TAGGED = make_resource(
    "profile",
    {"name": "Web", "tags": ["a", "b"], "labels": {"c": "d"}},
    {"ingress": [{"action": "allow", "source": {"tag": "a"}}, {"action": "deny", "source": {"net": "10.1.2.3/8"}}]},
)


def with_changed_spec(stored: StoredResource, **spec: Any) -> StoredResource:
    return replace(stored, spec={**stored.spec, **spec})


def test_recorded_tags_that_are_still_there_stay_tags() -> None:
    theirs = with_changed_spec(store(TAGGED), labelsToApply={"a": "", "b": "x", "c": "e", "f": ""})
    assert from_stored(get_kind("profile"), theirs).metadata == {
        "name": "Web", "tags": ["a"], "labels": {"b": "x", "c": "e", "f": ""},
    }  # fmt: skip


def test_unchanged_recorded_rules_keep_their_spelling() -> None:
    stored = store(TAGGED)
    new = {"action": "Log", "source": {"selector": "has(x)"}}
    theirs = with_changed_spec(stored, ingress=[stored.spec["ingress"][1], new])
    assert from_stored(get_kind("profile"), theirs).spec["ingress"] == [
        {"action": "deny", "source": {"nets": ["10.1.2.3/8"]}, "destination": {}},
        {"action": "log", "source": {"selector": "has(x)"}, "destination": {}},
    ]


def test_the_spec_wins_over_the_record() -> None:
    applied = make_resource("policy", {"name": "a.b"}, {"order": 1, "selector": "has(a)"})
    theirs = with_changed_spec(store(applied), order=2, types=["Egress"])
    shown = from_stored(get_kind("policy"), theirs)
    assert (shown.metadata, shown.spec) == (
        {"name": "a.b"},
        {"order": 2, "selector": "has(a)", "types": ["egress"]},
    )


def test_fields_that_v1_does_not_own_change_nothing() -> None:
    stored = store(TAGGED)
    assert from_stored(get_kind("profile"), with_changed_spec(stored, futureField={"a": 1})) == TAGGED


def test_a_record_copied_to_another_object_is_ignored() -> None:
    stored = store(TAGGED)
    copy = replace(stored, key=get_kind("profile").stored_kind.key("copy"))
    assert from_stored(get_kind("profile"), copy).metadata["name"] == "copy"


@pytest.mark.parametrize("text", ["", "x", "5", "[]", "{}", '{"metadata": 1, "spec": {}, "digest": ""}'])
def test_a_record_that_can_not_be_read_is_none(text: str) -> None:
    stored = store(TAGGED)
    broken = replace(stored, metadata={**stored.metadata, "annotations": {RECORD_ANNOTATION: text}})
    assert from_stored(get_kind("profile"), broken).metadata == {
        "name": stored.segment,
        "labels": {"a": "", "b": "", "c": "d"},
    }


def test_labels_from_other_clients_are_shown_and_kept() -> None:
    applied = make_resource("hostEndpoint", {"name": "A", "node": "n", "labels": {"a": "1"}}, {"interfaceName": "eth0"})
    stored = store(applied)
    labels = {**stored.metadata["labels"], "example.com/b": "2"}
    theirs = replace(stored, metadata={**stored.metadata, "labels": labels})
    assert from_stored(get_kind("hostEndpoint"), theirs).metadata["labels"] == {"a": "1", "example.com/b": "2"}
    assert store(applied, theirs).metadata["labels"] == {"a": "1", "example.com/b": "2"}


def test_a_policy_stored_without_types_governs_both_directions() -> None:
    its = get_kind("policy")
    stored = StoredResource(its.stored_kind.key("a"), {"name": "a"}, {"selector": "all()"})
    assert from_stored(its, stored).spec == {"selector": "all()", "types": ["ingress", "egress"]}


def test_policies_before_and_behind_connection_tracking() -> None:
    stored = store(make_resource("policy", {"name": "a"}, {"doNotTrack": True}))
    assert (stored.spec["doNotTrack"], stored.spec["applyOnForward"]) == (True, True)
    plain = store(make_resource("policy", {"name": "a"}), stored)
    assert {"doNotTrack", "applyOnForward"} & set(plain.spec) == set()
    theirs = with_changed_spec(plain, applyOnForward=True)
    assert store(make_resource("policy", {"name": "a"}, {"order": 1}), theirs).spec["applyOnForward"] is True


def test_the_first_write_creates_the_objects_that_calico_tools_require() -> None:
    stored = store(make_resource("policy", {"name": "a"}))
    assert (stored.metadata["name"], len(stored.metadata["uid"])) == ("a", 36)
    assert stored.metadata["creationTimestamp"].endswith("Z")
    again = store(make_resource("policy", {"name": "a"}, {"order": 1}), stored)
    assert again.metadata == stored.metadata
