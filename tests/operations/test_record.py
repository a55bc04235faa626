"""The record of the v1 form beside the v3 object: when it is written, and how far it is believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import key_segments, policy_key, profile_key, put_object, read_object

RECORD = "projectcalico.org/v1-manifest"


def get_resource(calicoctl: Calicoctl, kind: str, name: str) -> dict[str, Any]:
    resources: list[dict[str, Any]] = json.loads(calicoctl("get", kind, name, "-o", "json").stdout)
    return resources[0]


def allow_rule(**source: Any) -> dict[str, Any]:
    return {"action": "allow", "source": source, "destination": {}}


@pytest.mark.parametrize(
    ("resource", "recorded"),
    [
        (profile("a"), False),
        (profile("a", labels={"x": "y"}, ingress=[allow_rule(selector="x == 'y'")]), False),
        (policy("a", order=1, selector="all()", annotations={"k": "v"}), False),
        (policy("a", ingress=[allow_rule(nets=["10.0.0.0/8"])], types=["egress"]), False),
        (profile("a", tags=["x"]), True),
        (profile("a", ingress=[allow_rule(tag="x")]), True),
        (profile("a", ingress=[allow_rule(nets=["10.1.2.3/8"])]), True),
        (profile("A"), True),
        (policy("a", annotations={"no qualified/name/": "v"}), True),
    ],
)
def test_a_record_is_kept_only_where_v3_can_not_hold_the_resource(
    store: Etcd, calicoctl: Calicoctl, resource: dict[str, Any], recorded: bool
) -> None:
    calicoctl("apply", "-f", "-", input=manifest(resource))
    (segment,) = key_segments(store, "profiles") + key_segments(store)
    key = profile_key if resource["kind"] == "profile" else policy_key
    assert (RECORD in read_object(store, key(segment))["metadata"].get("annotations", {})) == recorded


def test_a_record_that_is_no_longer_needed_goes(store: Etcd, calicoctl: Calicoctl) -> None:
    for tags in (["x"], []):
        calicoctl("apply", "-f", "-", input=manifest(profile("a", tags=tags, labels={"l": "1"})))
    assert "annotations" not in read_object(store, profile_key("a"))["metadata"]


@pytest.fixture
def edited_in_v3(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    """A profile with tags, whose object a v3 tool has changed since: a label and a rule more, a tag less."""
    resource = profile(
        "My_Net",
        tags=["stays", "goes"],
        labels={"role": "db"},
        ingress=[allow_rule(tag="stays"), allow_rule(nets=["10.1.2.3/8"])],
    )
    calicoctl("apply", "-f", "-", input=manifest(resource))
    (segment,) = key_segments(store, "profiles")
    document = read_object(store, profile_key(segment))
    del document["spec"]["labelsToApply"]["goes"]
    document["spec"]["labelsToApply"]["added"] = "1"
    document["spec"]["ingress"].insert(1, {"action": "Deny", "source": {}, "destination": {}})
    store.put(profile_key(segment), json.dumps(document))
    return store


def test_after_a_change_in_v3_the_spec_wins_and_the_record_helps(edited_in_v3: Etcd, calicoctl: Calicoctl) -> None:
    resource = get_resource(calicoctl, "profile", "My_Net")
    assert resource["metadata"] == {"name": "My_Net", "tags": ["stays"], "labels": {"added": "1", "role": "db"}}
    assert [rule["action"] for rule in resource["spec"]["ingress"]] == ["allow", "deny", "allow"]
    assert resource["spec"]["ingress"][0] == allow_rule(tag="stays")


def test_a_net_keeps_its_spelling_after_a_change_in_v3(edited_in_v3: Etcd, calicoctl: Calicoctl) -> None:
    assert get_resource(calicoctl, "profile", "My_Net")["spec"]["ingress"][2] == allow_rule(nets=["10.1.2.3/8"])


def test_a_changed_resource_applies_unchanged_from_its_own_output(edited_in_v3: Etcd, calicoctl: Calicoctl) -> None:
    printed = calicoctl("get", "profile", "-o", "yaml").stdout
    assert calicoctl("apply", "-f", "-", input=printed).exit_code == 0
    assert calicoctl("get", "profile", "-o", "yaml").stdout == printed
    assert calicoctl("apply", "-f", "-", input=printed).stdout.startswith("profile/My_Net unchanged\n")


def test_apply_undoes_a_change_in_v3(edited_in_v3: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("apply", "-f", "-", input=manifest(profile("My_Net", tags=["stays", "goes"])))
    assert result.stdout == "profile/My_Net configured (labels removed: added, role)\n1 configured\n"
    assert get_resource(calicoctl, "profile", "My_Net")["metadata"] == {"name": "My_Net", "tags": ["stays", "goes"]}


def test_a_copied_record_is_ignored(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("A", tags=["t"])))
    (segment,) = key_segments(store, "profiles")
    document = read_object(store, profile_key(segment))
    put_object(store, profile_key("copy"), document["spec"], annotations=document["metadata"]["annotations"])
    assert get_resource(calicoctl, "profile", "copy")["metadata"] == {"name": "copy", "labels": {"t": ""}}
    assert calicoctl("apply", "-f", "-", input=manifest(profile("copy"))).exit_code == 0
    assert "annotations" not in read_object(store, profile_key("copy"))["metadata"]
    assert get_resource(calicoctl, "profile", "A")["metadata"] == {"name": "A", "tags": ["t"]}


def test_the_record_is_never_shown(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(policy("A/b", annotations={"k": "v"})))
    assert get_resource(calicoctl, "policy", "A/b")["metadata"] == {"name": "A/b", "annotations": {"k": "v"}}


def test_an_annotation_of_the_manifest_goes_with_it(store: Etcd, calicoctl: Calicoctl) -> None:
    for written in ({"no qualified name/": "1", "ours": "2"}, {}):
        calicoctl("apply", "-f", "-", input=manifest(policy("a", annotations=written)))
    assert get_resource(calicoctl, "policy", "a")["metadata"] == {"name": "a"}


def test_more_than_an_annotation_holds_is_refused(store: Etcd, calicoctl: Calicoctl) -> None:
    rules = [allow_rule(tag=f"t{index}") for index in range(4000)]
    result = calicoctl("apply", "-f", "-", input=manifest(policy("small"), policy("a", ingress=rules)))
    assert (result.exit_code, result.stdout) == (8, "")
    assert result.stderr.startswith("-:3:1: policy/a: ")
    assert "at most 204,800 can be stored" in result.stderr
    assert store.keys() == []
