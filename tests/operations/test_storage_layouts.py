"""The two layouts of policies in the store, and the names by which resources are found."""

from __future__ import annotations

import json

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import (
    key_segments,
    policy_key,
    profile_key,
    put_cluster_information,
    put_object,
    read_object,
)

SHOWN = "projectcalico.org/metadata"
TIER_LABEL = "projectcalico.org/tier"
ALLOW = {"ingress": [{"action": "allow"}]}


def stored_name(name: str) -> dict[str, str]:
    return {SHOWN: json.dumps({"name": name}, separators=(",", ":"))}


# How Calico stores a policy (storage.md, 1.5): segment of the key, annotations, the name that is shown.
SHAPES = {
    "3.0 to 3.29": ("default.foo", {}, "foo"),
    "3.30 and 3.31": ("default.foo", stored_name("foo"), "foo"),
    "3.32": ("foo", stored_name("foo"), "foo"),
    "3.32, by hand": ("foo", {}, "foo"),
    "the same name in every version": ("default.foo", stored_name("default.foo"), "default.foo"),
    "dotted, by hand": ("a.b", {}, "a.b"),
}
SHAPE = pytest.mark.parametrize(("segment", "annotations", "name"), SHAPES.values(), ids=SHAPES.keys())


@SHAPE
def test_each_shape_is_listed_and_found(
    store: Etcd, calicoctl: Calicoctl, segment: str, annotations: dict[str, str], name: str
) -> None:
    put_object(store, policy_key(segment), {"order": 1}, annotations=annotations)
    assert calicoctl("get", "policy", "-o", "name").stdout == f"policy/{name}\n"
    by_name = calicoctl("get", "policy", name, "-o", "json")
    assert by_name.stderr == ""
    assert json.loads(by_name.stdout)[0]["metadata"] == {"name": name}
    assert calicoctl("get", "policy", segment, "-o", "json").stdout == by_name.stdout
    assert calicoctl("get", "-f", "-", "-o", "json", input=manifest(policy(name))).stdout == by_name.stdout


@SHAPE
@pytest.mark.parametrize("verb", ["apply", "replace"])
def test_each_shape_is_updated_in_place(
    store: Etcd, calicoctl: Calicoctl, segment: str, annotations: dict[str, str], name: str, verb: str
) -> None:
    put_object(store, policy_key(segment), {"order": 1}, annotations=annotations)
    assert calicoctl(verb, "-f", "-", input=manifest(policy(name, order=2))).exit_code == 0
    assert key_segments(store) == [segment]
    document = read_object(store, policy_key(segment))
    assert document["spec"]["order"] == 2
    assert document["metadata"]["name"] == segment
    stored = document["metadata"].get("annotations", {})
    if annotations or segment.startswith("default."):
        assert stored == annotations


@SHAPE
def test_each_shape_is_deleted(
    store: Etcd, calicoctl: Calicoctl, segment: str, annotations: dict[str, str], name: str
) -> None:
    for arguments in (("policy", name), ("policy", segment), ("-f", "-")):
        put_object(store, policy_key(segment), annotations=annotations)
        assert calicoctl("delete", *arguments, input=manifest(policy(name))).exit_code == 0
        assert key_segments(store) == []


@SHAPE
def test_each_shape_applies_unchanged_from_its_own_output(
    store: Etcd, calicoctl: Calicoctl, segment: str, annotations: dict[str, str], name: str
) -> None:
    put_object(store, policy_key(segment), {"order": 1, "types": ["Ingress"]}, annotations=annotations)
    printed = calicoctl("get", "policy", "-o", "yaml").stdout
    assert calicoctl("apply", "-f", "-", input=printed).exit_code == 0
    assert key_segments(store) == [segment]
    before = store.revision()
    assert calicoctl("apply", "-f", "-", input=printed).stdout == f"policy/{name} unchanged\n1 unchanged\n"
    assert store.revision() == before


@pytest.mark.parametrize(
    ("prepare", "segment"),
    [
        (lambda store: None, "new"),
        (put_cluster_information, "new"),
        (lambda store: put_cluster_information(store, calicoVersion="v3.32.0"), "new"),
        (lambda store: put_cluster_information(store, calicoVersion="v4.0.1"), "new"),
        (lambda store: put_cluster_information(store, calicoVersion="master"), "new"),
        (lambda store: put_object(store, policy_key("other")), "new"),
        (lambda store: put_cluster_information(store, calicoVersion="v3.31.4"), "default.new"),
        (lambda store: put_cluster_information(store, calicoVersion="3.1.7"), "default.new"),
        (lambda store: put_cluster_information(store, calicoVersion="v3.29.0-0.dev-1-gabc"), "default.new"),
        (lambda store: put_object(store, policy_key("default.other")), "default.new"),
    ],
    ids=["bare", "no version", "3.32", "4.0", "master", "flat keys", "3.31", "3.1", "3.29 dev", "default.* keys"],
)
def test_the_store_decides_the_layout_of_new_policies(
    store: Etcd, calicoctl: Calicoctl, prepare: object, segment: str
) -> None:
    assert callable(prepare)
    prepare(store)
    calicoctl("apply", "-f", "-", input=manifest(policy("new")))
    document = read_object(store, policy_key(segment))
    assert document["metadata"]["name"] == segment
    assert document["metadata"]["annotations"] == stored_name("new")
    if segment == "new":
        assert document["spec"]["tier"] == "default"
        assert document["metadata"]["labels"] == {TIER_LABEL: "default"}
    else:
        assert "tier" not in document["spec"]
        assert "labels" not in document["metadata"]


def test_the_annotation_of_calico_is_hidden(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(policy("new", annotations={"mine": "yes"})))
    assert read_object(store, policy_key("new"))["metadata"]["annotations"] == {"mine": "yes", **stored_name("new")}
    printed = json.loads(calicoctl("get", "policy", "-o", "json").stdout)
    assert printed[0]["metadata"] == {"name": "new", "annotations": {"mine": "yes"}}


@pytest.fixture
def both_layouts(store: Etcd) -> Etcd:
    """A store in which a policy is there in both layouts."""
    put_object(store, policy_key("foo"), {"order": 1}, annotations=stored_name("foo"))
    put_object(store, policy_key("default.foo"), {"order": 2})
    return store


def test_both_layouts_are_both_listed(both_layouts: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("get", "policy", "-o", "name").stdout == "policy/foo\npolicy/foo\n"


def test_apply_onto_both_layouts_changes_one_and_warns(both_layouts: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("apply", "-f", "-", input=manifest(policy("foo", order=9)))
    assert (result.exit_code, result.stdout) == (0, "policy/foo configured\n1 configured\n")
    assert result.stderr == (
        "warning: -:2:1: policy/foo: is stored twice, both are in force: "
        f"{policy_key('foo')} and {policy_key('default.foo')}; the first one is used\n"
    )
    assert [read_object(both_layouts, policy_key(segment))["spec"]["order"] for segment in ("foo", "default.foo")] == [
        9,
        2,
    ]


@pytest.mark.parametrize("arguments", [("delete", "policy", "foo"), ("delete", "-f", "-"), ("get", "policy", "foo")])
def test_the_name_of_both_layouts_is_a_conflict(
    both_layouts: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...]
) -> None:
    result = calicoctl(*arguments, input=manifest(policy("foo")))
    assert (result.exit_code, result.stdout) == (5, "")
    keys = f"{policy_key('foo')} and {policy_key('default.foo')}"
    assert (
        f"policy/foo: matches more than one object: {keys} (use the name in the store: foo, default.foo)"
        in result.stderr
    )
    assert key_segments(both_layouts) == ["default.foo", "foo"]


def test_the_older_of_both_layouts_goes_by_its_name_in_the_store(both_layouts: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("delete", "policy", "default.foo").exit_code == 0
    assert key_segments(both_layouts) == ["foo"]


def test_a_name_is_the_v1_name_first_and_the_name_in_the_store_next(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("My_Net", labels={"a": "b"})))
    (segment,) = key_segments(store, "profiles")
    assert segment.startswith("my-net-")
    for name in ("My_Net", segment):
        assert calicoctl("get", "profile", name, "-o", "name") == Result(0, "profile/My_Net\n", "")


def test_a_name_of_v1_and_of_the_store_is_a_conflict(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("My_Net")))
    (segment,) = key_segments(store, "profiles")
    put_object(store, profile_key("My_Net"))
    for verb in ("get", "delete"):
        result = calicoctl(verb, "profile", "My_Net")
        assert (result.exit_code, result.stdout) == (5, "")
        assert f"{profile_key(segment)} and {profile_key('My_Net')}" in result.stderr


def test_a_key_that_holds_another_name_is_not_overwritten(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("My_Net")))
    (segment,) = key_segments(store, "profiles")
    before = store.revision()
    for arguments in (("apply",), ("create",), ("create", "--skip-exists")):
        result = calicoctl(*arguments, "-f", "-", input=manifest(profile("other"), profile(segment, **ALLOW)))
        assert (result.exit_code, result.stdout) == (5, "")
        assert f"-:3:1: profile/{segment}: would be stored as {profile_key(segment)}, which holds profile/My_Net" in (
            result.stderr
        )
    assert calicoctl("replace", "-f", "-", input=manifest(profile(segment, **ALLOW))).exit_code == 5
    assert calicoctl("delete", "-f", "-", input=manifest(profile(segment))).exit_code == 5
    assert calicoctl("get", "-f", "-", input=manifest(profile(segment))).exit_code == 6
    assert store.revision() == before


def test_two_names_that_become_one_v3_name_in_one_command(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("My_Net")))
    (segment,) = key_segments(store, "profiles")
    store.wipe()
    result = calicoctl("apply", "-f", "-", input=manifest(profile("My_Net"), profile(segment)))
    assert result == Result(
        5,
        "",
        f"profile/My_Net and profile/{segment} of this command would both be stored as {profile_key(segment)} "
        "(rename one of them)\n",
    )
    assert store.keys() == []


def test_two_names_of_one_object_in_one_delete(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, policy_key("default.foo"))
    result = calicoctl("delete", "policy", "foo", "default.foo")
    assert result == Result(5, "", f"several names refer to {policy_key('default.foo')} (name it once)\n")
    assert key_segments(store) == ["default.foo"]


def test_keys_of_other_kinds_are_left_alone(store: Etcd, calicoctl: Calicoctl) -> None:
    others = [
        policy_key("a").replace("globalnetworkpolicies", plural)
        for plural in ("stagedglobalnetworkpolicies", "globalnetworkpolicies2", "networkpolicies")
    ]
    for key in others:
        store.put(key, "{}")
    assert calicoctl("get", "policy", "-o", "name") == Result(0, "", "")
