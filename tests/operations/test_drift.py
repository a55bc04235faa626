"""`diff --unmanaged`: what only the datastore has, by kind, label and set."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, manifest, node, policy, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import policy_key

MANAGED = manifest(profile("a"), policy("b"))


@pytest.fixture
def drifted(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    """A store with the manifests in set web, and what came by other means."""
    for text, options in (
        (MANAGED, ("--set", "web")),
        (manifest(profile("old", labels={"tier": "x"}), policy("gone")), ("--set", "web")),
        (manifest(policy("free"), node("n"), host_endpoint("n", "e", profiles=["old"])), ()),
    ):
        assert calicoctl("apply", "-f", "-", *options, input=text).exit_code == 0
    return store


def unmanaged(calicoctl: Calicoctl, *options: str) -> list[str]:
    result = calicoctl("diff", "-f", "-", "--unmanaged", "-o", "json", *options, input=MANAGED)
    assert result.exit_code in {0, 1}
    found: list[Any] = [each for each in json.loads(result.stdout) if each["action"] == "unmanaged"]
    assert bool(found) == (result.exit_code == 1)
    assert all(each["before"] and each["after"] is None and each["revision"] for each in found)
    return [f"{each['kind']}/{each['name']}" for each in found]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ((), ["profile/old", "policy/free", "policy/gone", "node/n", "hostEndpoint/n/e"]),
        (("--set", "web"), ["profile/old", "policy/gone"]),
        (("--kind", "policy"), ["policy/free", "policy/gone"]),
        (("--kind", "policies", "--kind", "node"), ["policy/free", "policy/gone", "node/n"]),
        (("-l", "tier == 'x'"), ["profile/old", "hostEndpoint/n/e"]),
        (("-l", "tier == 'x'", "--kind", "hostEndpoint"), ["hostEndpoint/n/e"]),
        (("--set", "web", "--kind", "policy"), ["policy/gone"]),
        (("--kind", "ipPool"), []),
    ],
)
def test_what_only_the_datastore_has(
    drifted: Etcd, calicoctl: Calicoctl, options: tuple[str, ...], names: list[str]
) -> None:
    assert unmanaged(calicoctl, *options) == names


def test_it_is_a_diff(drifted: Etcd, calicoctl: Calicoctl) -> None:
    options = ("-f", "-", "--unmanaged", "--set", "web", "--kind", "policy")
    lines = calicoctl("diff", *options, input=MANAGED).stdout.splitlines()
    assert lines[0].startswith("--- policy/gone (datastore, revision ")
    assert (lines[1], "-# set: web" in lines, "-    name: gone" in lines) == ("+++ /dev/null", True, True)
    changed = MANAGED.replace('"b"}, "spec": {', '"b"}, "spec": {"order": 1')
    assert calicoctl("diff", *options, "--summary", input=changed).stdout == (
        "policy/b differs: spec.order\npolicy/gone is in the datastore only\n1 different, 1 unmanaged, 1 same\n"
    )


def test_without_drift(store: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("apply", "-f", "-", input=MANAGED).exit_code == 0
    result = calicoctl("diff", "-f", "-", "--unmanaged", "--summary", input=MANAGED)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "2 same\n", "")


def test_an_unreadable_object_is_a_warning(drifted: Etcd, calicoctl: Calicoctl) -> None:
    drifted.put(policy_key("broken"), "[]")
    result = calicoctl("diff", "-f", "-", "--unmanaged", "--kind", "policy", "--summary", input=MANAGED)
    assert (result.exit_code, result.stderr.count(f"{policy_key('broken')} is not a JSON object: skipped")) == (1, 1)


@pytest.mark.parametrize(
    "options",
    [
        ("--kind", "policy"),
        ("-l", "has(x)"),
        ("--unmanaged", "--semantic"),
        ("--unmanaged", "--set", "web", "--prune"),
        ("--unmanaged", "--kind", "nonsense"),
        ("--unmanaged", "--kind", "policy", "-l", "has(x)"),
        ("--unmanaged", "-l", "has("),
    ],
)
def test_wrong_usage(store: Etcd, calicoctl: Calicoctl, options: tuple[str, ...]) -> None:
    assert calicoctl("diff", "-f", "-", *options, input=MANAGED).exit_code == 2
