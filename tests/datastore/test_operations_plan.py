"""`plan` and `apply --plan`: exactly what was shown, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Calicoctl, Result
from tests.datastore.v3 import CLUSTER, manifest, policy, profile, put_cluster
from tests.etcdserver import Etcd

PROFILES = "/calico/resources/v3/projectcalico.org/profiles/"
OLD = manifest(profile("a"), profile("b"))
NEW = manifest(profile("a", labels={"x": "y"}), profile("b"), policy("c", order=1))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "change.plan"


@pytest.fixture
def plan(store: Etcd, calicoctl: Calicoctl, file: Path) -> Callable[..., Result]:
    def make(text: str, *options: str) -> Result:
        return calicoctl("plan", "-f", "-", "-o", str(file), *options, input=text)

    return make


@pytest.fixture
def carry_out(calicoctl: Calicoctl, file: Path) -> Callable[..., Result]:
    def run(*options: str) -> Result:
        return calicoctl("apply", "--plan", str(file), *options)

    return run


def test_what_was_planned_is_written_to_the_byte(
    store: Etcd, calicoctl: Calicoctl, file: Path, plan: Callable[..., Result], carry_out: Callable[..., Result]
) -> None:
    calicoctl("create", "-f", "-", input=OLD)
    revision = store.revision()
    shown = plan(NEW)
    assert (shown.exit_code, shown.stderr, store.revision()) == (0, "", revision)
    assert shown.stdout.startswith(f"--- profile/a (datastore, revision {revision})\n+++ profile/a (-:")
    assert "+++ policy/c (-:" in shown.stdout
    assert "profile/a configured\nprofile/b unchanged\npolicy/c created\n" in shown.stdout
    content = json.loads(file.read_text())
    assert [guard["key"] for guard in content["guards"]] == [f"{PROFILES}b"]

    done = carry_out()
    assert (done.exit_code, done.stderr) == (0, "")
    assert (
        done.stdout
        == "profile/a configured\nprofile/b unchanged\npolicy/c created\n1 created, 1 configured, 1 unchanged\n"
    )
    assert store.revision() == revision + 1
    for write in content["writes"]:
        assert (store.get(write["key"]) or b"").decode() == write["value"]


def test_a_bare_store_is_initialised_along(
    store: Etcd, plan: Callable[..., Result], carry_out: Callable[..., Result]
) -> None:
    plan(OLD)
    assert store.keys() == []
    assert carry_out("--dry-run").exit_code == 0
    assert store.keys() == []
    assert carry_out().exit_code == 0
    assert CLUSTER in store.keys()  # noqa: SIM118 - no mapping


def test_nothing_to_do_can_be_done_twice(
    store: Etcd, calicoctl: Calicoctl, plan: Callable[..., Result], carry_out: Callable[..., Result]
) -> None:
    calicoctl("create", "-f", "-", input=OLD)
    plan(OLD)
    assert [carry_out().stdout for _ in range(2)] == ["profile/a unchanged\nprofile/b unchanged\n2 unchanged\n"] * 2


@pytest.mark.parametrize(
    ("rival", "key", "words"),
    [
        (("apply", manifest(profile("a", labels={"by": "rival"}))), "profiles/a", "read at revision"),
        (("apply", manifest(profile("b", labels={"by": "rival"}))), "profiles/b", "read at revision"),
        (("apply", manifest(policy("c"))), "globalnetworkpolicies/c", "was not there, now at revision"),
        (("delete", manifest(profile("a"))), "profiles/a", "now deleted"),
    ],
    ids=["changed", "unchanged in the plan", "created", "deleted"],
)
def test_a_stale_plan_is_refused_with_key_and_revisions(
    store: Etcd,
    calicoctl: Calicoctl,
    plan: Callable[..., Result],
    carry_out: Callable[..., Result],
    rival: tuple[str, str],
    key: str,
    words: str,
) -> None:
    calicoctl("create", "-f", "-", input=OLD)
    plan(NEW)
    assert calicoctl(rival[0], "-f", "-", input=rival[1]).exit_code == 0
    revision = store.revision()
    result = carry_out()
    assert (result.exit_code, result.stdout, store.revision()) == (5, "", revision)
    first, *lines = result.stderr.splitlines()
    assert first.startswith("the plan is stale")
    assert len(lines) == 1
    assert key in lines[0]
    assert words in lines[0]


def test_a_plan_is_carried_out_once(
    calicoctl: Calicoctl, plan: Callable[..., Result], carry_out: Callable[..., Result]
) -> None:
    calicoctl("create", "-f", "-", input=OLD)
    plan(NEW)
    assert [carry_out().exit_code for _ in range(2)] == [0, 5]


def test_a_plan_is_for_one_cluster(
    store: Etcd, calicoctl: Calicoctl, plan: Callable[..., Result], carry_out: Callable[..., Result]
) -> None:
    plan(OLD)
    put_cluster(store)
    result = carry_out()
    assert (result.exit_code, "another datastore" in result.stderr) == (5, True)


def test_a_lock_counts(
    store: Etcd, calicoctl: Calicoctl, plan: Callable[..., Result], carry_out: Callable[..., Result]
) -> None:
    plan(OLD)
    put_cluster(store, datastoreReady=False)
    assert carry_out().exit_code == 8
    assert plan(OLD).exit_code == 8


def test_more_than_a_transaction_holds(
    store: Etcd, plan: Callable[..., Result], carry_out: Callable[..., Result]
) -> None:
    plan(manifest(*(profile(f"p{number}") for number in range(300))))
    assert carry_out("--atomic").exit_code == 8
    assert carry_out().stdout.endswith("\n300 created\n")


def test_pruning_is_planned_too(
    store: Etcd, calicoctl: Calicoctl, plan: Callable[..., Result], carry_out: Callable[..., Result]
) -> None:
    calicoctl("apply", "-f", "-", "--set", "s", input=OLD)
    assert "+++ /dev/null" in plan(manifest(profile("a")), "--set", "s", "--prune").stdout
    assert carry_out().stdout == "profile/a unchanged\nprofile/b pruned\n1 unchanged, 1 pruned\n"
    assert store.get(f"{PROFILES}b") is None


def _without_digest(content: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in content.items() if name != "digest"})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "{}",
        lambda text: OLD,
        lambda text: text.replace('"a"', '"z"'),
        lambda text: text.replace("profiles/a", "profiles/z"),
        lambda text: text.replace('"formatVersion": 1', '"formatVersion": 2'),
        lambda text: _without_digest(json.loads(text)),
    ],
    ids=["empty", "cut", "a list", "a mapping", "a manifest", "a name", "a key", "a format", "no digest"],
)
def test_a_file_that_plan_has_not_written_so_is_refused(
    store: Etcd, file: Path, plan: Callable[..., Result], carry_out: Callable[..., Result], spoil: Callable[[str], str]
) -> None:
    plan(OLD)
    file.write_text(spoil(file.read_text()))
    result = carry_out()
    assert (result.exit_code, result.stdout, store.keys()) == (3, "", [])
    assert result.stderr.startswith(f"{file}: ")
    assert "internal error" not in result.stderr


def test_a_missing_file(carry_out: Callable[..., Result], file: Path) -> None:
    result = carry_out()
    assert (result.exit_code, result.stderr) == (3, f"{file}: the plan can't be read: no such file or directory\n")


def test_json_on_stdout(store: Etcd, calicoctl: Calicoctl) -> None:
    content = json.loads(calicoctl("plan", "-f", "-", "-o", "json", input=OLD).stdout)
    assert [record["action"] for record in content["resources"]] == ["created", "created"]
    assert not Path("json").exists()


def test_a_place_where_nothing_can_be_kept(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    result = calicoctl("plan", "-f", "-", "-o", str(tmp_path / "no" / "x.plan"), input=OLD)
    assert (result.exit_code, result.stdout) == (70, "")
    assert "the plan can't be kept: no such file or directory" in result.stderr


@pytest.mark.parametrize("options", [("-f", "-"), ("-R",), ("--force",), ("--set", "s")])
def test_a_plan_says_it_all(carry_out: Callable[..., Result], options: tuple[str, ...]) -> None:
    assert carry_out(*options).exit_code == 2
