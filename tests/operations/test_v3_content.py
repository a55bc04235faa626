"""What others have stored: kept where v1 can't say it, never dropped unasked, read in every form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import key_segments, policy_key, profile_key, put_object, read_object

HTTP = {"http": {"methods": ["GET"]}}
SERVICES = {"services": {"name": "web", "namespace": "prod"}}
V1_ALLOW = {"action": "allow", "protocol": "tcp", "destination": {"ports": [80]}}
V3_ALLOW = {"action": "Allow", "protocol": "TCP", "source": {}, "destination": {"ports": [80]}}
KEY = policy_key("p")


@pytest.mark.parametrize("verb", ["apply", "replace"])
def test_v3_only_fields_are_kept(store: Etcd, calicoctl: Calicoctl, verb: str) -> None:
    metadata = {
        "labels": {"team": "net"},
        "annotations": {"example.org/note": "keep"},
        "finalizers": ["example.org/guard"],
        "ownerReferences": [{"name": "owner"}],
    }
    spec = {
        "performanceHints": ["AssumeNeededOnEveryNode"],
        "namespaceSelector": "env == 'prod'",
        "serviceAccountSelector": "role == 'x'",
        "tier": "default",
        "fieldOfTomorrow": {"a": [1]},
    }
    put_object(store, KEY, {**spec, "order": 1}, **metadata)
    assert calicoctl(verb, "-f", "-", input=manifest(policy("p", order=2))).exit_code == 0
    document = read_object(store, KEY)
    assert document["spec"] == {**document["spec"], **spec, "order": 2}
    assert document["metadata"]["labels"]["team"] == "net"
    assert document["metadata"]["annotations"]["example.org/note"] == "keep"
    assert document["metadata"]["finalizers"] == metadata["finalizers"]
    assert document["metadata"]["ownerReferences"] == metadata["ownerReferences"]


def test_the_status_survives(store: Etcd, calicoctl: Calicoctl) -> None:
    store.put(KEY, json.dumps({"metadata": {"name": "p"}, "spec": {}, "status": {"seen": True}}))
    calicoctl("apply", "-f", "-", input=manifest(policy("p", order=2)))
    assert read_object(store, KEY)["status"] == {"seen": True}


def test_v1_fields_are_replaced_completely(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, KEY, {"order": 1, "selector": "a == 'b'", "doNotTrack": True, "applyOnForward": True})
    calicoctl("apply", "-f", "-", input=manifest(policy("p")))
    spec = read_object(store, KEY)["spec"]
    assert not {"order", "selector", "doNotTrack", "applyOnForward"} & set(spec)


RICHER = [
    pytest.param({**V3_ALLOW, **HTTP}, "http", id="http"),
    pytest.param({**V3_ALLOW, "source": SERVICES}, "source.services", id="services"),
    pytest.param({**V3_ALLOW, "criterionOfTomorrow": 1}, "criterionOfTomorrow", id="unknown"),
]


@pytest.mark.parametrize(("rule", "criterion"), RICHER)
def test_a_richer_rule_is_kept_when_v1_says_the_same(
    store: Etcd, calicoctl: Calicoctl, rule: dict[str, Any], criterion: str
) -> None:
    put_object(store, KEY, {"ingress": [rule]})
    new = policy("p", order=5, ingress=[{"action": "deny"}, V1_ALLOW])
    assert calicoctl("apply", "-f", "-", input=manifest(new)).exit_code == 0
    rules = read_object(store, KEY)["spec"]["ingress"]
    assert (len(rules), rules[1]) == (2, rule)


@pytest.mark.parametrize(("rule", "criterion"), RICHER)
@pytest.mark.parametrize("verb", ["apply", "replace"])
def test_dropping_a_richer_rule_wants_force(
    store: Etcd, calicoctl: Calicoctl, rule: dict[str, Any], criterion: str, verb: str
) -> None:
    put_object(store, KEY, {"ingress": [rule]})
    put_object(store, policy_key("q"))
    before = store.revision()
    refused = calicoctl(
        verb, "-f", "-", input=manifest(policy("q", order=1), policy("p", ingress=[{"action": "deny"}]))
    )
    assert (refused.exit_code, refused.stdout) == (8, "")
    assert (
        f"-:3:1: policy/p: would drop a field that v1 cannot represent: ingress[0]: {criterion} (--force drops it)\n"
        in refused.stderr
    )
    assert store.revision() == before
    forced = calicoctl(verb, "--force", "-f", "-", input=manifest(policy("p", ingress=[{"action": "deny"}])))
    word = "configured" if verb == "apply" else "replaced"
    assert forced == Result(0, f"policy/p {word} (dropped ingress[0]: {criterion})\n1 {word}\n", "")
    assert read_object(store, KEY)["spec"]["ingress"] == [{"action": "Deny", "source": {}, "destination": {}}]


@pytest.mark.parametrize(("rule", "criterion"), RICHER)
def test_get_warns_of_what_it_can_not_show(
    store: Etcd, calicoctl: Calicoctl, rule: dict[str, Any], criterion: str
) -> None:
    put_object(store, KEY, {"ingress": [rule], "tier": "security", "namespaceSelector": "all()"})
    result = calicoctl("get", "policy", "-o", "name")
    assert (result.exit_code, result.stdout) == (0, "policy/p\n")
    assert f"warning: policy/p: ingress[0] also matches by {criterion}, which v1 cannot represent\n" in result.stderr
    assert "tier 'security', which v1 cannot represent\n" in result.stderr
    assert "namespaceSelector, which v1 cannot represent\n" in result.stderr


def test_labels_that_others_added_go_and_the_report_says_so(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, profile_key("a"), {"labelsToApply": {"ours": "1", "theirs": "2", "more": "3"}})
    result = calicoctl("apply", "-f", "-", input=manifest(profile("a", labels={"ours": "1"})))
    assert result == Result(0, "profile/a configured (labels removed: more, theirs)\n1 configured\n", "")
    assert read_object(store, profile_key("a"))["spec"]["labelsToApply"] == {"ours": "1"}


CORRUPT: dict[str, str | bytes] = {
    "not JSON": "no json",
    "empty": "",
    "not UTF-8": b"\xff\xfe",
    "a JSON list": "[]",
    "JSON null": "null",
    "metadata a text": '{"metadata": "x", "spec": {}}',
    "labels a list": '{"metadata": {"labels": ["x"]}, "spec": {}}',
    "annotations a list": '{"metadata": {"annotations": ["x"]}, "spec": {}}',
    "spec a list": '{"metadata": {}, "spec": [1]}',
    "rules a text": '{"metadata": {}, "spec": {"ingress": "x"}}',
    "rules of texts": '{"metadata": {}, "spec": {"ingress": ["x"]}}',
    "a rule null": '{"metadata": {}, "spec": {"ingress": [null]}}',
    "source a text": '{"metadata": {}, "spec": {"egress": [{"action": "Allow", "source": "x"}]}}',
    "order a text": '{"metadata": {}, "spec": {"order": "first"}}',
    "types a number": '{"metadata": {}, "spec": {"types": 5}}',
}


@pytest.fixture(params=CORRUPT.values(), ids=list(CORRUPT))
def corrupt_entry(store: Etcd, request: pytest.FixtureRequest) -> Etcd:
    """A store with a value that no tool of Calico writes, and a sound one."""
    store.put(KEY, request.param)
    put_object(store, policy_key("sound"))
    return store


def test_get_passes_over_a_corrupt_value_and_names_its_key(corrupt_entry: Etcd, calicoctl: Calicoctl) -> None:
    for form in ("ps", "wide", "yaml", "json", "name"):
        result = calicoctl("get", "policy", "-o", form)
        assert result.exit_code == 0
        assert "sound" in result.stdout
        warning = json.loads(result.stderr)["warning"] if form == "json" else result.stderr.removeprefix("warning: ")
        assert warning.startswith(f"{KEY} ")
        assert warning.strip().endswith(": skipped")
        assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("verb", ["apply", "replace"])
def test_a_corrupt_value_is_not_written_onto(corrupt_entry: Etcd, calicoctl: Calicoctl, verb: str) -> None:
    before = corrupt_entry.revision()
    result = calicoctl(verb, "-f", "-", input=manifest(policy("p", order=1, ingress=[V1_ALLOW])))
    assert (result.exit_code, result.stdout) == (8, "")
    assert result.stderr.startswith(f"-:2:1: policy/p: {KEY} ")
    assert result.stderr.endswith("(delete it first: calicoctl delete policy/p)\n")
    assert corrupt_entry.revision() == before


def test_a_corrupt_value_can_be_deleted(corrupt_entry: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("delete", "policy/p") == Result(0, "policy/p deleted\n1 deleted\n", "")
    assert key_segments(corrupt_entry) == ["sound"]


def test_a_corrupt_record_is_no_record(store: Etcd, calicoctl: Calicoctl) -> None:
    for value in ("", "[]", "{", '{"metadata": 1, "spec": {}, "digest": ""}', '{"metadata": {"name": "p"}}'):
        put_object(store, KEY, {"order": 1}, annotations={"projectcalico.org/v1-manifest": value})
        assert json.loads(calicoctl("get", "policy", "-o", "json").stdout)[0]["metadata"] == {"name": "p"}


# What tools of Calico 3 write, and what v1 says for it.
READ = [
    ({}, {"selector": "", "types": ["ingress", "egress"]}),
    ({"selector": "all()", "types": ["Egress"]}, {"selector": "all()", "types": ["egress"]}),
    ({"order": 100.0, "types": ["Ingress"]}, {"order": 100, "selector": "", "types": ["ingress"]}),
    ({"order": 1.5, "types": ["Ingress"]}, {"order": 1.5, "selector": "", "types": ["ingress"]}),
    ({"order": 0, "types": ["Ingress"]}, {"order": 0, "selector": "", "types": ["ingress"]}),
    (
        {"ingress": [{"action": "Allow"}], "types": ["Ingress"]},
        {"ingress": [{"action": "allow", "source": {}, "destination": {}}], "selector": "", "types": ["ingress"]},
    ),
    (
        {"egress": [{"action": "Pass", "protocol": "ICMPv6", "source": None, "destination": {}}], "types": ["Egress"]},
        {
            "egress": [{"action": "pass", "protocol": "icmpv6", "source": {}, "destination": {}}],
            "selector": "",
            "types": ["egress"],
        },
    ),
    ({"ingress": None, "egress": [], "types": None}, {"selector": "", "types": ["ingress", "egress"]}),
]


@pytest.mark.parametrize(("stored", "shown"), READ)
def test_what_v3_tools_write_is_read(
    store: Etcd, calicoctl: Calicoctl, stored: dict[str, Any], shown: dict[str, Any]
) -> None:
    put_object(store, KEY, stored)
    result = calicoctl("get", "policy", "p", "-o", "json")
    assert json.loads(result.stdout)[0]["spec"] == shown


@pytest.mark.parametrize(("stored", "shown"), READ)
def test_what_v3_tools_write_settles_after_one_apply(
    store: Etcd, calicoctl: Calicoctl, stored: dict[str, Any], shown: dict[str, Any]
) -> None:
    put_object(store, KEY, stored)
    text = manifest(policy("p", **shown))
    assert calicoctl("apply", "-f", "-", input=text).exit_code == 0
    assert calicoctl("apply", "-f", "-", input=text).stdout.startswith("policy/p unchanged\n")
    printed = calicoctl("get", "policy", "p", "-o", "json").stdout
    assert json.loads(printed)[0]["spec"] == shown
