"""Unreadable objects beside readable ones: every verb names those that it meets, once, and handles the others."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from calicoctl.kinds import KINDS
from calicoctl.manifest.writer import to_json
from calicoctl.printable import escape_unprintable
from tests.support.etcd_server import Etcd
from tests.support.every_kind import EVERY_KIND_RESOURCES
from tests.support.manifests import policy, profile, workload_endpoint
from tests.support.runner import Calicoctl
from tests.support.stored_objects import policy_key, profile_key, put_object
from tests.support.unreadable_objects import put_all, unreadable_objects
from tests.support.watch_process import running_command

FRONT = policy("front", ingress=[{"action": "allow"}], selector="a == 'b'")
ENDPOINT = "workloadEndpoint/n2/cni/xyz/eth0"
RESOURCES = [
    *EVERY_KIND_RESOURCES,
    FRONT,
    profile("lab", labels={"a": "b"}),
    workload_endpoint(
        "n2", "cni", "xyz", "eth0", profiles=["lab"], interfaceName="cali1", ipNetworks=["10.0.9.9"], labels={"z": "y"}
    ),
]
TEST = """\
kind: policyTest
apiVersion: v1
metadata: {name: t}
spec:
  manifests: [all.json]
  cases:
  - {name: c, from: {outside: true}, to: {profile: lab}, expect: deny}
"""
ALL = frozenset(kind.stored_kind.plural for kind in KINDS)
BY_CONTENT = frozenset(kind.stored_kind.plural for kind in KINDS if kind.find_by_content)
ANALYSED = frozenset(("profiles", "globalnetworkpolicies", "hostendpoints", "workloadendpoints"))
PROFILES, HOSTS, ENDPOINTS = {"profiles"}, {"hostendpoints"}, {"hostendpoints", "workloadendpoints"}

VERBS: list[tuple[str, Iterable[str]]] = [
    *((f"get all -o {name}", ALL) for name in ("yaml", "json", "name", "wide")),
    ("get policy -o custom-columns=NAME", {"globalnetworkpolicies"}),
    *((f"get {kind.name} -o wide", [kind.stored_kind.plural]) for kind in KINDS),
    (f"get {ENDPOINT}", {"workloadendpoints"}),
    ("get policy front", ()),
    ("get policy none", ()),
    ("get hostEndpoint n1/none", HOSTS),
    ("get workloadEndpoint --node n2", {"workloadendpoints"}),
    ("get profile -l has(a)", PROFILES),
    ("get workloadEndpoint -l has(a) -o json", PROFILES | {"workloadendpoints"}),
    ("apply -f all.json", BY_CONTENT),
    ("apply -f all.json --set s --prune --dry-run", ALL),
    ("create -f front.json", ()),
    ("replace -f all.json --dry-run", BY_CONTENT),
    ("diff -f all.json", BY_CONTENT),
    ("diff -f changed.json --semantic", ANALYSED),
    ("plan -f changed.json", HOSTS),
    ('patch policy front -p {"spec":{"order":9}} --dry-run', HOSTS),
    ("label profile lab c=d --dry-run", HOSTS),
    ("label workloadEndpoint -l a=='b' c=d --dry-run", PROFILES | {"workloadendpoints"}),
    ("edit policy front", ()),
    ("wait policy/front --for present", ()),
    ("lint", ANALYSED | {"ippools", "nodes"}),
    ("trace --from profile:lab --to outside", ANALYSED),
    ("connectivity", ANALYSED),
    ("test --with-datastore test.yaml", ANALYSED),
    ("export", ALL),
    ("delete profile lab", ENDPOINTS),
    ("delete node n1", {*ENDPOINTS, "bgppeers"}),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with manifests and a test, which is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDITOR", "true")
    Path("all.json").write_text(to_json(RESOURCES), encoding="utf-8")
    Path("front.json").write_text(to_json([FRONT]), encoding="utf-8")
    changed = policy("front", ingress=[{"action": "allow"}], selector="a == 'b'", order=7)
    Path("changed.json").write_text(to_json([changed]), encoding="utf-8")
    Path("test.yaml").write_text(TEST, encoding="utf-8")
    return tmp_path


def named_keys(stderr: str, keys: Iterable[str]) -> Counter[str]:
    """The keys in messages, each with its number."""
    words = Counter(word.strip('":,') for word in stderr.replace("\\\\", "\\").split())
    return Counter({key: words[key] for key in keys if words[key]})


def test_every_verb_names_the_objects_that_it_meets_and_handles_the_others(
    store: Etcd, calicoctl: Calicoctl, folder: Path
) -> None:
    assert calicoctl("apply", "-f", "all.json", "--allow-lockout").exit_code == 0
    expected = {verb: calicoctl(*verb.split(" ")) for verb, _ in VERBS if "delete" not in verb}
    broken = unreadable_objects()
    put_all(store, broken)
    shown_keys = [escape_unprintable(key) for key in broken]
    for verb, plurals in VERBS:
        result = calicoctl(*verb.split(" "))
        met = [key for key in shown_keys if key.split("/")[5] in plurals]
        named = named_keys(result.stderr, shown_keys)
        # A run prints 200 warnings, the number of the others, and the last one.
        assert (set(named.values()), named.keys() <= set(met)) == ({1} if met else set(), True), verb
        assert ("more warnings" in result.stderr) == (len(named) < len(met)), verb
        assert len(named) >= min(195, len(met)), verb
        if verb in expected:
            assert (result.exit_code, result.stdout) == expected[verb][:2], (verb, result.stderr[-500:])
        if "-o json" in verb:
            assert all(json.loads(line) for line in result.stderr.splitlines())


def test_getting_an_unreadable_object_by_name_fails(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, profile_key("good"))
    store.put(profile_key("bad"), '{"spec":{"labelsToApply":[]}}')
    reason = (
        f"profile/bad: {profile_key('bad')} is not a valid Profile: spec.labelsToApply has a value of the wrong type"
    )
    for output in ("yaml", "name", "wide"):
        result = calicoctl("get", "profile", "bad", "-o", output)
        assert result == (6, "", f"{reason}\n")
    result = calicoctl("get", "profile", "good", "bad", "-o", "name")
    assert result == (6, "profile/good\n", f"{reason}\n")
    result = calicoctl("get", "profile", "bad", "-o", "json")
    assert (result.exit_code, json.loads(result.stderr)["error"]) == (6, reason)
    store.put(f"{profile_key('')[:-9]}hostendpoints/x", "[]")
    assert calicoctl("get", "hostEndpoint", "x").exit_code == 6


@pytest.mark.parametrize("verb", ["apply", "create", "replace", "import"])
def test_no_write_replaces_an_unreadable_object(verb: str, store: Etcd, calicoctl: Calicoctl) -> None:
    for value in ("x", '{"spec":{"order":"5"}}', ""):
        store.put(policy_key("front"), value)
        result = calicoctl(verb, "-f", "-", input=to_json([FRONT]))
        assert result.exit_code in {5, 8}
        assert policy_key("front") in result.stderr
        assert store.get(policy_key("front")) == value.encode()
    assert calicoctl("delete", "policy", "front").exit_code == 0
    assert store.get(policy_key("front")) is None


def test_import_of_a_stored_object_does_not_replace_an_unreadable_one(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, policy_key("front"), {"order": 1, "unknown": 2})
    exported = calicoctl("export").stdout
    assert "storedObject" in exported
    store.put(policy_key("front"), '{"spec":{"order":"5"}}')
    result = calicoctl("import", "-f", "-", input=exported)
    assert result.exit_code == 8
    assert (
        f"{policy_key('front')} is not a valid GlobalNetworkPolicy: spec.order has a value of the wrong type (delete"
        in result.stderr
    )


def test_a_watch_names_an_object_when_it_becomes_unreadable(store: Etcd) -> None:
    put_object(store, profile_key("good"))
    put_object(store, profile_key("bad"))
    for arguments in ((), ("-l", "!has(a)")):
        put_object(store, profile_key("bad"))
        with running_command("get", "profile", "-w", "-o", "name", *arguments) as watching:
            watching.wait_until(lambda: len(watching.lines) == 2)  # called in this round
            store.put(profile_key("bad"), "[]")
            store.put(profile_key("other"), "x")
            watching.wait_until(lambda: len(watching.errors) == 2)
        assert watching.errors == [
            f"warning: {profile_key('bad')} is not a JSON object: skipped",
            f"warning: {profile_key('other')} is not JSON (Expecting value: line 1 column 1 (char 0)): skipped",
        ]
        assert [line.split() for line in watching.lines[2:]] == [["DELETED", "profile/bad"]]
        store.delete(profile_key("other"))


def test_an_unreadable_lock_or_tier_is_not_guessed(store: Etcd, calicoctl: Calicoctl) -> None:
    cluster = profile_key("").replace("profiles/", "clusterinformations/default")
    store.put(cluster, '{"spec":{"datastoreReady":"false"}}')
    result = calicoctl("apply", "-f", "-", input=to_json([FRONT]))
    assert result.exit_code == 8
    assert (
        "spec.datastoreReady has a value of the wrong type: cannot determine whether the datastore is locked"
        in result.stderr
    )


def test_a_key_with_another_number_of_parts_is_unreadable(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, policy_key("a/b"))
    put_object(store, "/calico/resources/v3/projectcalico.org/workloadendpoints/x", {"node": "n"})
    result = calicoctl("get", "all", "-o", "name")
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"{policy_key('a/b')} is not a key of a GlobalNetworkPolicy" in result.stderr
    assert "/workloadendpoints/x is not a key of a WorkloadEndpoint" in result.stderr
