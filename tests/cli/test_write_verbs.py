"""apply, create, replace and delete: what all of them report, and with which exit code they fail."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import (
    ALLOW_INGRESS,
    host_endpoint,
    manifest,
    node,
    peer,
    policy,
    pool,
    profile,
    workload_endpoint,
)
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import policy_key, profile_key

NAME_CONFLICTS = [
    pytest.param(node("NODE1"), node("node1"), "node/NODE1", "node/node1", id="node"),
    pytest.param(
        host_endpoint("a", "b.c"), host_endpoint("a.b", "c"), "hostEndpoint/a/b.c", "hostEndpoint/a.b/c", id="hep"
    ),
    pytest.param(
        host_endpoint("a", "b.C"), host_endpoint("a.b", "C"), "hostEndpoint/a/b.C", "hostEndpoint/a.b/C", id="hep-hash"
    ),
    pytest.param(
        workload_endpoint("n", "o", "w", "e"),
        workload_endpoint("N", "o", "w", "e"),
        "workloadEndpoint/n/o/w/e",
        "workloadEndpoint/N/o/w/e",
        id="wep",
    ),
    pytest.param(
        workload_endpoint("n", "libnetwork", "libnetwork", "e"),
        workload_endpoint("n", "libnetwork", "w", "e"),
        "workloadEndpoint/n/libnetwork/libnetwork/e",
        "workloadEndpoint/n/libnetwork/w/e",
        id="libnetwork",
    ),
    pytest.param(
        pool("10.0.0.0/16", name="p"),
        pool("10.1.0.0/16", name="p"),
        "ipPool/10.0.0.0/16",
        "ipPool/10.1.0.0/16",
        id="pool",
    ),
    pytest.param(
        peer("192.0.2.1", "N"),
        peer("192.0.2.1", "n"),
        "bgpPeer/node/N/192.0.2.1",
        "bgpPeer/node/n/192.0.2.1",
        id="peer",
    ),
]


@pytest.mark.parametrize(("one", "other", "name", "other_name"), NAME_CONFLICTS)
@pytest.mark.parametrize("verb", ["apply", "create"])
def test_two_names_that_become_one(
    store: Etcd, calicoctl: Calicoctl, one: Any, other: Any, name: str, other_name: str, verb: str
) -> None:
    both = calicoctl(verb, "-f", "-", input=manifest(one, other))
    assert (both.exit_code, both.stdout, store.keys()) == (5, "", [])
    assert both.stderr.startswith(f"{name} and {other_name} of this command would both be stored as /calico/")
    for first, second, word in ((one, other, other_name), (other, one, name)):
        store.wipe()
        assert calicoctl("apply", "-f", "-", input=manifest(first)).exit_code == 0
        before = store.revision()
        result = calicoctl(verb, "-f", "-", input=manifest(second))
        assert (result.exit_code, result.stdout) == (5, "")
        assert result.stderr.startswith(f"-:2:1: {word}: would be stored as ")
        assert f"which holds {({name, other_name} - {word}).pop()} " in result.stderr
        assert calicoctl("delete", "-f", "-", input=manifest(second)).exit_code == 5
        assert store.revision() == before


@pytest.mark.parametrize(
    ("arguments", "resources", "stdout"),
    [
        (("apply",), [profile("b"), policy("q")], "profile/b created\npolicy/q created\n2 created\n"),
        (("apply",), [profile("a", **ALLOW_INGRESS)], "profile/a configured\n1 configured\n"),
        (("apply",), [profile("a"), policy("p")], "profile/a unchanged\npolicy/p unchanged\n2 unchanged\n"),
        (
            ("apply",),
            [profile("b"), profile("a", **ALLOW_INGRESS), policy("p")],
            "profile/b created\nprofile/a configured\npolicy/p unchanged\n1 created, 1 configured, 1 unchanged\n",
        ),
        (("create",), [profile("b")], "profile/b created\n1 created\n"),
        (
            ("create", "--skip-exists"),
            [profile("a", **ALLOW_INGRESS), profile("b")],
            "profile/a skipped\nprofile/b created\n1 created, 1 skipped\n",
        ),
        (("replace",), [profile("a", **ALLOW_INGRESS)], "profile/a replaced\n1 replaced\n"),
        (("replace",), [profile("a")], "profile/a unchanged\n1 unchanged\n"),
        (("delete",), [policy("p"), profile("a")], "policy/p deleted\nprofile/a deleted\n2 deleted\n"),
        (("delete", "-s"), [policy("p"), policy("q")], "policy/p deleted\npolicy/q skipped\n1 deleted, 1 skipped\n"),
    ],
)
def test_each_resource_and_a_summary_on_stdout(
    two_resources: Etcd,
    calicoctl: Calicoctl,
    arguments: tuple[str, ...],
    resources: list[dict[str, object]],
    stdout: str,
) -> None:
    assert calicoctl(*arguments, "-f", "-", input=manifest(*resources)) == Result(0, stdout, "")


@pytest.mark.parametrize(
    ("arguments", "resources", "code", "stderr"),
    [
        (
            ("create",),
            [profile("b"), profile("a"), policy("p")],
            5,
            f"-:3:1: profile/a: exists already, as {profile_key('a')} "
            "(use apply or replace to change it, --skip-exists to leave it)\n"
            f"-:4:1: policy/p: exists already, as {policy_key('p')} "
            "(use apply or replace to change it, --skip-exists to leave it)\n",
        ),
        (
            ("replace",),
            [profile("a", **ALLOW_INGRESS), profile("b"), policy("q")],
            5,
            "-:3:1: profile/b: does not exist (use apply or create to create it)\n"
            "-:4:1: policy/q: does not exist (use apply or create to create it)\n",
        ),
        (
            ("delete",),
            [profile("a"), profile("b")],
            5,
            "-:3:1: profile/b: does not exist (--ignore-not-found skips it)\n",
        ),
        (
            ("apply",),
            [profile("b"), profile("c", ingress=[{"action": "Allow"}]), policy("q", order="first")],
            3,
            r"-:3:\d+: profile/c: spec.ingress\[0\].action: .*\n-:4:\d+: policy/q: spec.order: .*\n",
        ),
        (
            ("apply",),
            [profile("b"), policy("b"), profile("b")],
            3,
            "-:4:1: profile/b: duplicate resource (first at -:2:1)\n",
        ),
    ],
)
def test_one_failure_among_many_changes_nothing(
    two_resources: Etcd,
    calicoctl: Calicoctl,
    arguments: tuple[str, ...],
    resources: list[dict[str, object]],
    code: int,
    stderr: str,
) -> None:
    before = two_resources.revision()
    result = calicoctl(*arguments, "-f", "-", input=manifest(*resources))
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr == stderr or re.fullmatch(stderr, result.stderr)
    assert two_resources.revision() == before


@pytest.mark.parametrize("verb", ["delete", "get"])
def test_f_of_delete_and_get_needs_the_identity_only(two_resources: Etcd, calicoctl: Calicoctl, verb: str) -> None:
    text = "apiVersion: v1\nkind: policy\nmetadata: {name: p}\nspec: {order: nonsense, unknown: 1}\n"
    assert calicoctl(verb, "-f", "-", input=text).exit_code == 0
