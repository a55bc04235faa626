"""`apply --set` and `--prune`: members are marked on themselves, and only members ever go."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.fixture_types import ConcurrentWrite
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl, Result

SET = "projectcalico.org/v1-set"
TWO = manifest(profile("a"), policy("b"))
ONE = manifest(profile("a"))
KEYS = {
    "a": "/calico/resources/v3/projectcalico.org/profiles/a",
    "b": "/calico/resources/v3/projectcalico.org/globalnetworkpolicies/b",
}

WORKLOAD_ENDPOINT = (
    json.dumps(
        {
            "kind": "WorkloadEndpoint",
            "metadata": {"name": "n1-libnetwork-w-e", "namespace": "libnetwork"},
            "spec": {
                "node": "n1",
                "orchestrator": "libnetwork",
                "workload": "w",
                "endpoint": "e",
                "profiles": ["b"],
            },
        }
    ),
    "/calico/resources/v3/projectcalico.org/workloadendpoints/libnetwork/n1-libnetwork-w-e",
)
"""A value and its key."""


def host_endpoint(*profiles: str) -> dict[str, Any]:
    metadata = {"name": "eth0", "node": "n1"}
    return {
        "apiVersion": "v1",
        "kind": "hostEndpoint",
        "metadata": metadata,
        "spec": {"interfaceName": "eth0", "profiles": list(profiles)},
    }


def set_annotations(store: Etcd, name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(store.get(KEYS[name]) or b"{}")["metadata"].get("annotations", {})
    return found


@pytest.fixture
def apply(store: Etcd, calicoctl: Calicoctl) -> Any:
    def run(text: str, *options: str) -> Result:
        return calicoctl("apply", "-f", "-", *options, input=text)

    return run


def test_membership_is_an_annotation_that_get_does_not_print(store: Etcd, calicoctl: Calicoctl, apply: Any) -> None:
    assert apply(TWO, "--set", "web").stdout == "profile/a created\npolicy/b created\n2 created\n"
    assert set_annotations(store, "a")[SET] == set_annotations(store, "b")[SET] == "web"
    assert SET not in calicoctl("get", "all", "-o", "yaml").stdout
    revision = store.revision()
    for options in ((), ("--set", "web"), ("--set", "web", "--prune")):
        assert apply(TWO, *options).stdout.endswith("2 unchanged\n")
    assert store.revision() == revision


def test_membership_outlasts_changes(store: Etcd, apply: Any) -> None:
    apply(TWO, "--set", "web")
    apply(manifest(profile("a", labels={"x": "y"}), policy("b", order=3)))
    assert set_annotations(store, "a")[SET] == set_annotations(store, "b")[SET] == "web"


def test_what_is_there_already_joins(store: Etcd, apply: Any) -> None:
    apply(TWO)
    assert "profile/a configured (joins set 'web')" in apply(TWO, "--set", "web").stdout
    assert set_annotations(store, "b")[SET] == "web"


def test_what_belongs_to_another_set_stays_there(store: Etcd, apply: Any) -> None:
    apply(TWO, "--set", "web")
    revision = store.revision()
    refused = apply(TWO, "--set", "mail")
    assert (refused.exit_code, refused.stdout, store.revision()) == (8, "", revision)
    assert "profile/a: belongs to set 'web' (--force moves it to 'mail')\n" in refused.stderr
    assert apply(TWO, "--set", "mail", "--force").exit_code == 0
    assert set_annotations(store, "a")[SET] == "mail"


def test_members_missing_from_the_manifest_are_pruned_in_the_same_transaction(store: Etcd, apply: Any) -> None:
    apply(manifest(profile("stranger"), policy("other")))
    apply(TWO, "--set", "web")
    revision = store.revision()
    result = apply(manifest(profile("a", labels={"x": "y"}), profile("c")), "--set", "web", "--prune")
    assert result.stdout == (
        "profile/a configured\nprofile/c created\npolicy/b pruned\n1 created, 1 configured, 1 pruned\n"
    )
    assert result.stderr == "pruning of set 'web': policy/b\n"
    assert store.revision() == revision + 1
    keys = store.keys()
    left = [key.rpartition("/")[2] for key in keys if "/profiles/" in key or "/globalnetworkpolicies/" in key]
    assert sorted(left) == ["a", "c", "other", "stranger"]


def test_without_prune_nothing_goes(store: Etcd, apply: Any) -> None:
    apply(TWO, "--set", "web")
    apply(ONE, "--set", "web")
    assert set_annotations(store, "b")[SET] == "web"


def test_a_dry_run_lists_what_would_go(store: Etcd, apply: Any) -> None:
    apply(TWO, "--set", "web")
    revision = store.revision()
    result = apply(ONE, "--set", "web", "--prune", "--dry-run")
    assert result.stdout == "profile/a unchanged\npolicy/b pruned\n1 unchanged, 1 pruned (dry run: nothing written)\n"
    assert store.revision() == revision


def test_more_than_the_limit_is_refused_and_listed(store: Etcd, apply: Any) -> None:
    apply(manifest(*(profile(f"p{n:02}") for n in range(12))), "--set", "web")
    revision = store.revision()
    text = manifest(profile("p00"))
    refused = apply(text, "--set", "web", "--prune")
    assert (refused.exit_code, refused.stdout, store.revision()) == (8, "", revision)
    lines = refused.stderr.splitlines()
    assert lines[0] == "11 resources of set 'web' would be pruned, --prune-max allows 10:"
    assert lines[1:] == [f"  profile/p{n:02}" for n in range(1, 12)]
    assert apply(text, "--set", "web", "--prune", "--prune-max", "11").stdout.endswith("1 unchanged, 11 pruned\n")


def test_a_profile_in_use_is_kept(store: Etcd, apply: Any) -> None:
    apply(manifest(profile("a"), profile("b"), host_endpoint("a")), "--set", "web")
    result = apply(manifest(host_endpoint("a")), "--set", "web", "--prune")
    assert "profile/a kept (used by hostEndpoint/n1/eth0)\nprofile/b pruned\n" in result.stdout
    assert set_annotations(store, "a")[SET] == "web"
    # With the endpoint, or once it uses another one, the profile goes too.
    assert "profile/a pruned" in apply(manifest(profile("c"), host_endpoint("c")), "--set", "web", "--prune").stdout
    assert "hostEndpoint/n1/eth0 pruned" in apply(manifest(profile("d")), "--set", "web", "--prune").stdout


def test_a_profile_that_an_endpoint_begins_to_use_is_kept(store: Etcd, apply: Any) -> None:
    apply(manifest(profile("a"), profile("b")), "--set", "web")
    assert "profile/a kept" in apply(manifest(host_endpoint("a")), "--set", "web", "--prune").stdout


@pytest.mark.parametrize(
    "options",
    [
        ("--prune",),
        ("--prune-max", "3"),
        ("--set", "a", "--prune-max", "3"),
        ("--set", ""),
        ("--set", "a b"),
        ("--set", "x" * 64),
        ("--set", "a", "--prune-max", "-1"),
    ],
)
def test_wrong_usage(store: Etcd, apply: Any, options: tuple[str, ...]) -> None:
    assert apply(ONE, *options).exit_code == 2


def test_an_empty_manifest_prunes_nothing(store: Etcd, apply: Any) -> None:
    apply(TWO, "--set", "web")
    assert apply("", "--set", "web", "--prune").exit_code == 3
    assert set_annotations(store, "a")[SET] == "web"


def test_a_manifest_cannot_specify_the_set(store: Etcd, apply: Any) -> None:
    assert apply(manifest(policy("b", annotations={SET: "web"}))).exit_code == 3


@pytest.mark.parametrize("way", ["at once", "planned"])
def test_a_profile_that_an_endpoint_begins_to_use_meanwhile_is_kept(
    store: Etcd,
    calicoctl: Calicoctl,
    apply: Any,
    concurrent_writer: Callable[[ConcurrentWrite], list[int]],
    tmp_path: Path,
    way: str,
) -> None:
    """The endpoint comes between the last look and the transaction."""
    apply(manifest(profile("a"), profile("b")), "--set", "web")
    options = ("-f", "-", "--set", "web", "--prune")
    kept = str(tmp_path / "change.plan")
    assert calicoctl("plan", *options, "--save", kept, input=ONE).exit_code == 0
    endpoint, key = WORKLOAD_ENDPOINT
    concurrent_writer(lambda number: store.put(key, endpoint) if number == 1 else None)
    if way == "at once":
        result = calicoctl("apply", *options, input=ONE)
        assert (result.exit_code, "profile/b kept (used by workloadEndpoint/" in result.stdout) == (0, True)
    else:
        result = calicoctl("apply", "--plan", kept)
        assert (result.exit_code, "profile/b: would be pruned, is used by workloadEndpoint/" in result.stderr) == (
            5,
            True,
        )
    assert store.get("/calico/resources/v3/projectcalico.org/profiles/b")


def test_diff_refuses_what_apply_refuses(store: Etcd, calicoctl: Calicoctl, apply: Any) -> None:
    apply(TWO, "--set", "web")
    refused = apply(TWO, "--set", "mail")
    for verb in (("diff",), ("diff", "--semantic"), ("plan",)):
        result = calicoctl(*verb, "-f", "-", "--set", "mail", input=TWO)
        assert (result.exit_code, result.stdout, result.stderr) == (8, "", refused.stderr)


def test_diff_shows_the_set(store: Etcd, calicoctl: Calicoctl, apply: Any) -> None:
    apply(ONE)
    apply(manifest(policy("b")), "--set", "web")
    options = ("-f", "-", "--set", "mail", "--force")
    result = calicoctl("diff", *options, input=TWO)
    marked = [line for line in result.stdout.splitlines() if line[0] in "+-" and line[:3] not in ("+++", "---")]
    assert (result.exit_code, marked) == (1, ["+# set: mail", "-# set: web", "+# set: mail"])
    summary = calicoctl("diff", *options, "--summary", input=TWO).stdout
    assert summary == "profile/a differs: set\npolicy/b differs: set\n2 different\n"
    record = json.loads(calicoctl("diff", *options, "-o", "json", input=TWO).stdout)[1]
    assert (record["beforeSet"], record["afterSet"], record["fields"]) == ("web", "mail", ["set"])
