"""`calicoctl diff`: what differs in meaning, and exit codes that never mix."""

from __future__ import annotations

import json

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, manifest, policy, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import profile_key, put_cluster_information, put_object

RULE = {"action": "allow", "protocol": "tcp", "source": {"net": "10.0.0.0/8"}}
STORED = manifest(profile("same"), policy("web", order=1, selector="has(a)", ingress=[RULE]))


@pytest.fixture
def populated_store(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    assert calicoctl("create", "-f", "-", input=STORED).exit_code == 0
    return store


@pytest.mark.parametrize(
    "text",
    [
        STORED,
        '[{"kind": "profile", "metadata": {"name": "same"}, "apiVersion": "v1"}]',
        manifest(policy("web", ingress=[{**RULE, "source": {"nets": ["10.0.0.0/8"]}}], selector="has(a)", order=1.0)),
        manifest(policy("web", types=["ingress"], order=1, selector="has(a)", ingress=[{**RULE, "destination": {}}])),
    ],
    ids=["as applied", "another order", "net and nets", "defaults written out"],
)
def test_what_means_the_same_is_no_difference(populated_store: Etcd, calicoctl: Calicoctl, text: str) -> None:
    result = calicoctl("diff", "-f", "-", input=text)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert "configured" not in calicoctl("apply", "-f", "-", "--dry-run", input=text).stdout


def test_a_unified_diff_of_what_get_prints(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    text = STORED.replace("10.0.0.0/8", "10.0.0.0/9")
    revision = populated_store.revision()
    result = calicoctl("diff", "-f", "-", input=text)
    assert (result.exit_code, result.stderr, populated_store.revision()) == (1, "", revision)
    lines = result.stdout.splitlines()
    assert lines[0] == f"--- policy/web (datastore, revision {revision})"
    assert lines[1].startswith("+++ policy/web (-:")
    assert [line for line in lines[2:] if line[0] in "+-"] == ["-        - 10.0.0.0/8", "+        - 10.0.0.0/9"]
    calicoctl("apply", "-f", "-", input=text)
    assert calicoctl("diff", "-f", "-", input=text).exit_code == 0


def test_the_summary(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    text = manifest(profile("same"), profile("new"), policy("web", order=2, selector="has(a)", ingress=[RULE]))
    result = calicoctl("diff", "--summary", "-f", "-", input=text)
    assert result.exit_code == 1
    assert result.stdout == (
        "profile/new is not in the datastore\npolicy/web differs: spec.order\n1 new, 1 different, 1 same\n"
    )


def test_json_has_both_sides(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    text = manifest(profile("same"), profile("new"), policy("web", order=2, selector="has(a)", ingress=[RULE]))
    result = calicoctl("diff", "-o", "json", "-f", "-", input=text)
    same, new, changed = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (same["action"], new["action"], changed["action"]) == ("unchanged", "created", "configured")
    assert (new["before"], new["after"]["metadata"]["name"], new["revision"]) == (None, "new", None)
    assert changed["fields"] == ["spec.order"]
    assert (changed["before"]["spec"]["order"], changed["after"]["spec"]["order"]) == (1, 2)
    assert changed["revision"] == populated_store.revision()


def test_a_lock_does_not_matter(store: Etcd, calicoctl: Calicoctl) -> None:
    put_cluster_information(store, datastoreReady=False)
    result = calicoctl("diff", "-f", "-", input=STORED)
    assert (result.exit_code, "warning: the datastore is locked" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("code", "arguments", "text"),
    [
        (0, ("-f", "-"), STORED),
        (0, ("-f", "-", "--summary"), STORED),
        (0, ("-f", "-", "-o", "json"), STORED),
        (1, ("-f", "-"), manifest(profile("new"))),
        (1, ("-f", "-", "--summary"), manifest(profile("new"))),
        (1, ("-f", "-", "-o", "json"), manifest(profile("new"))),
        (2, (), ""),
        (2, ("-f", "-", "--nothing"), STORED),
        (3, ("-f", "-", "more"), STORED),
        (2, ("-f", "-", "-o", "xml"), STORED),
        (2, ("-f", "-", "--config", "missing.cfg"), STORED),
        (3, ("-f", "-"), ""),
        (3, ("-f", "-"), "kind: profile"),
        (3, ("-f", "-"), "{"),
        (3, ("-f", "missing.yaml"), ""),
        (5, ("-f", "-"), STORED.replace('"name": "same"', '"name": "same", "resourceVersion": "1"')),
    ],
)
@pytest.mark.parametrize("form", [(), ("-o", "json")], ids=["text", "json"])
def test_exit_codes_never_mix(
    populated_store: Etcd, calicoctl: Calicoctl, code: int, arguments: tuple[str, ...], text: str, form: tuple[str, ...]
) -> None:
    result = calicoctl("diff", *form, *arguments, input=text)
    assert result.exit_code == code
    assert bool(result.stderr) == (code > 1)
    assert not (code > 1 and result.stdout)


def test_a_datastore_that_is_down_is_an_error(calicoctl: Calicoctl, clean_environment: None) -> None:
    result = calicoctl("diff", "-f", "-", input=STORED, env={"ETCD_ENDPOINTS": "http://127.0.0.1:1"})
    assert (result.exit_code, result.stdout) == (4, "")


def test_a_field_that_only_the_stored_object_has(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, profile_key("same"), uid="")
    result = calicoctl("diff", "-f", "-", input=manifest(profile("same")))
    assert (result.exit_code, "+# metadata.uid of the stored object\n" in result.stdout) == (1, True)
    assert (
        "profile/same configured" in calicoctl("apply", "-f", "-", "--dry-run", input=manifest(profile("same"))).stdout
    )


def test_a_lockout_is_refused(store: Etcd, calicoctl: Calicoctl) -> None:
    text = manifest(profile("a", ingress=[{"action": "allow"}]), host_endpoint("n", "e", profiles=["a"]))
    assert calicoctl("apply", "-f", "-", input=text).exit_code == 0
    closed = manifest(profile("a", ingress=[{"action": "deny"}]))
    results = [calicoctl(verb, "-f", "-", input=closed) for verb in ("apply", "diff", "plan")]
    assert {(result.exit_code, result.stderr) for result in results} == {(8, results[0].stderr)}
    assert calicoctl("diff", "-f", "-", "--allow-lockout", input=closed).exit_code == 1
