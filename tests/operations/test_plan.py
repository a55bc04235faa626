"""`plan` and `apply --plan`: exactly what was shown, or nothing."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calicoctl.console.output_files import save
from calicoctl.errors import ExitCode
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import CLUSTER_KEY, put_cluster_information

PROFILES = "/calico/resources/v3/projectcalico.org/profiles/"
OLD = manifest(profile("a"), profile("b"))
NEW = manifest(profile("a", labels={"x": "y"}), profile("b"), policy("c", order=1))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "change.plan"


def saved(file: Path) -> str:
    return f"plan saved to {file}: it contains manifests and stored objects with all annotations, in clear text\n"


@pytest.fixture
def plan(store: Etcd, calicoctl: Calicoctl, file: Path) -> Callable[..., Result]:
    def make(text: str, *options: str) -> Result:
        return calicoctl("plan", "-f", "-", "--save", str(file), *options, input=text)

    return make


@pytest.fixture
def apply_plan(calicoctl: Calicoctl, file: Path) -> Callable[..., Result]:
    def run(*options: str) -> Result:
        return calicoctl("apply", "--plan", str(file), *options)

    return run


def test_what_was_planned_is_written(
    store: Etcd, calicoctl: Calicoctl, file: Path, plan: Callable[..., Result], apply_plan: Callable[..., Result]
) -> None:
    calicoctl("create", "-f", "-", input=OLD)
    revision = store.revision()
    shown = plan(NEW)
    assert (shown.exit_code, shown.stderr, store.revision()) == (0, saved(file), revision)
    assert shown.stdout.startswith(f"--- profile/a (datastore, revision {revision})\n+++ profile/a (-:")
    assert "+++ policy/c (-:" in shown.stdout
    assert "profile/a configured\nprofile/b unchanged\npolicy/c created\n" in shown.stdout
    content = json.loads(file.read_text())
    assert [record["manifest"] is None for record in content["resources"]] == [False, True, False]

    done = apply_plan()
    assert (done.exit_code, done.stderr) == (0, "")
    assert (
        done.stdout
        == "profile/a configured\nprofile/b unchanged\npolicy/c created\n1 created, 1 configured, 1 unchanged\n"
    )
    assert store.revision() == revision + 1
    printed = json.loads(calicoctl("get", "all", "-o", "json").stdout)
    assert all(record["manifest"] in printed for record in content["resources"] if record["manifest"])


def test_a_bare_store_is_initialised_along(
    store: Etcd, plan: Callable[..., Result], apply_plan: Callable[..., Result]
) -> None:
    plan(OLD)
    assert store.keys() == []
    assert apply_plan("--dry-run").exit_code == 0
    assert store.keys() == []
    assert apply_plan().exit_code == 0
    assert CLUSTER_KEY in store.keys()  # noqa: SIM118 - no mapping


def test_nothing_to_do_can_be_done_twice(
    store: Etcd, calicoctl: Calicoctl, plan: Callable[..., Result], apply_plan: Callable[..., Result]
) -> None:
    calicoctl("create", "-f", "-", input=OLD)
    plan(OLD)
    assert [apply_plan().stdout for _ in range(2)] == ["profile/a unchanged\nprofile/b unchanged\n2 unchanged\n"] * 2


@pytest.mark.parametrize(
    ("rival", "key", "words"),
    [
        (("apply", manifest(profile("a", labels={"by": "rival"}))), "profiles/a", "read at revision"),
        (("apply", manifest(profile("b", labels={"by": "rival"}))), "profiles/b", "read at revision"),
        (("apply", manifest(policy("c"))), "globalnetworkpolicies/c", "did not exist, now at revision"),
        (("delete", manifest(profile("a"))), "profiles/a", "now deleted"),
    ],
    ids=["changed", "unchanged in the plan", "created", "deleted"],
)
def test_a_stale_plan_is_refused_with_key_and_revisions(
    store: Etcd,
    calicoctl: Calicoctl,
    plan: Callable[..., Result],
    apply_plan: Callable[..., Result],
    rival: tuple[str, str],
    key: str,
    words: str,
) -> None:
    calicoctl("create", "-f", "-", input=OLD)
    plan(NEW)
    assert calicoctl(rival[0], "-f", "-", input=rival[1]).exit_code == 0
    revision = store.revision()
    result = apply_plan()
    assert (result.exit_code, result.stdout, store.revision()) == (5, "", revision)
    first, *lines = result.stderr.splitlines()
    assert first.startswith("the plan is stale")
    assert len(lines) == 1
    assert key in lines[0]
    assert words in lines[0]


def test_a_plan_is_carried_out_once(
    calicoctl: Calicoctl, plan: Callable[..., Result], apply_plan: Callable[..., Result]
) -> None:
    calicoctl("create", "-f", "-", input=OLD)
    plan(NEW)
    assert [apply_plan().exit_code for _ in range(2)] == [0, 5]


def test_a_plan_is_for_one_cluster(
    store: Etcd, calicoctl: Calicoctl, plan: Callable[..., Result], apply_plan: Callable[..., Result]
) -> None:
    put_cluster_information(store, clusterGUID="one")
    plan(OLD)
    for state, here in (("other", "belongs to cluster 'other'"), ("", "is empty")):
        store.wipe()
        if state:
            put_cluster_information(store, clusterGUID=state)
        keys = store.keys()
        result = apply_plan()
        assert (result.exit_code, store.keys()) == (5, keys)
        assert f"the plan was made for cluster 'one', this datastore {here}: nothing was written" in result.stderr


def test_an_empty_store_that_was_filled_concurrently_is_reported_by_key(
    store: Etcd, calicoctl: Calicoctl, plan: Callable[..., Result], apply_plan: Callable[..., Result]
) -> None:
    plan(OLD)
    calicoctl("create", "-f", "-", input=OLD)
    revision = store.revision()
    result = apply_plan()
    assert (result.exit_code, result.stdout, store.revision()) == (5, "", revision)
    assert result.stderr.splitlines() == [
        "the plan is stale, nothing was written (make it again: calicoctl plan)",
        f"  {CLUSTER_KEY}: did not exist, now at revision {revision}",
        f"  profile/a: {PROFILES}a: did not exist, now at revision {revision}",
        f"  profile/b: {PROFILES}b: did not exist, now at revision {revision}",
    ]


def test_a_stale_plan_reports_the_changed_fields(
    store: Etcd, calicoctl: Calicoctl, plan: Callable[..., Result], apply_plan: Callable[..., Result]
) -> None:
    calicoctl("create", "-f", "-", input=OLD)
    before = store.revision()
    plan(NEW)
    calicoctl("apply", "-f", "-", input=manifest(profile("a", labels={"by": "rival"})))
    line = f"  profile/a: {PROFILES}a: read at revision {before}, now at revision {store.revision()}"
    assert apply_plan().stderr.splitlines()[1:] == [f"{line} (changed: metadata.labels)"]


@pytest.mark.parametrize("user", ["hostEndpoint", "workloadEndpoint"])
def test_a_profile_that_is_used_since_the_plan_is_not_pruned(
    store: Etcd, calicoctl: Calicoctl, plan: Callable[..., Result], apply_plan: Callable[..., Result], user: str
) -> None:
    calicoctl("apply", "-f", "-", "--set", "s", input=OLD)
    plan(manifest(profile("a")), "--set", "s", "--prune")
    names = {"workload": "w", "orchestrator": "o"} if user == "workloadEndpoint" else {}
    endpoint = {
        "apiVersion": "v1",
        "kind": user,
        "metadata": {"name": "e", "node": "n", **names},
        "spec": {"interfaceName": "eth0", "profiles": ["b"], **({"mac": "ee:ee:ee:ee:ee:ee"} if names else {})},
    }
    if names:
        endpoint["spec"] = {**endpoint["spec"], "ipNetworks": ["10.0.0.1/32"]}  # type: ignore[dict-item]
    assert calicoctl("create", "-f", "-", input=json.dumps(endpoint)).exit_code == 0
    result = apply_plan()
    assert (result.exit_code, store.get(f"{PROFILES}b") is None) == (5, False)
    assert f"  profile/b: would be pruned, is used by {user}/n/" in result.stderr


def test_what_is_pruned_is_named_before(
    calicoctl: Calicoctl, store: Etcd, plan: Callable[..., Result], apply_plan: Callable[..., Result]
) -> None:
    calicoctl("apply", "-f", "-", "--set", "s", input=OLD)
    plan(manifest(profile("a")), "--set", "s", "--prune")
    assert apply_plan().stderr == "pruning of set 's': profile/b\n"


def test_a_kept_plan_can_be_shown_even_when_it_is_stale(
    store: Etcd, calicoctl: Calicoctl, file: Path, plan: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    calicoctl("create", "-f", "-", input=OLD)
    made = plan(NEW)
    calicoctl("delete", "-f", "-", input=OLD)
    monkeypatch.setenv("ETCD_ENDPOINTS", "http://127.0.0.1:1")
    made = made._replace(stderr="")
    assert calicoctl("plan", "--show", str(file)) == made
    assert calicoctl("plan", "--show", "-", input=file.read_text()) == made
    assert calicoctl("plan", "--show", str(file), "-o", "json").stdout == file.read_text()
    for wrong in (("-f", "-"), ("--save", "other.plan"), ("-o", "other.plan"), ("--set", "s")):
        assert calicoctl("plan", "--show", str(file), *wrong).exit_code == 2
    assert calicoctl("plan", "--show", str(file.parent)).exit_code == 3


def test_a_plan_can_be_piped(store: Etcd, calicoctl: Calicoctl) -> None:
    made = calicoctl("plan", "-f", "-", "-o", "json", input=OLD).stdout
    assert calicoctl("apply", "--plan", "-", input=made).stdout.endswith("2 created\n")
    assert calicoctl("apply", "--plan", "").exit_code == 2


def test_a_lock_counts(
    store: Etcd, calicoctl: Calicoctl, plan: Callable[..., Result], apply_plan: Callable[..., Result]
) -> None:
    plan(OLD)
    put_cluster_information(store, datastoreReady=False)
    assert apply_plan().exit_code == 8
    assert plan(OLD).exit_code == 8


def test_more_than_a_transaction_holds(
    store: Etcd, plan: Callable[..., Result], apply_plan: Callable[..., Result]
) -> None:
    plan(manifest(*(profile(f"p{number}") for number in range(300))))
    assert apply_plan("--atomic").exit_code == 8
    assert apply_plan().stdout.endswith("\n300 created\n")


def test_pruning_is_planned_too(
    store: Etcd, calicoctl: Calicoctl, plan: Callable[..., Result], apply_plan: Callable[..., Result]
) -> None:
    calicoctl("apply", "-f", "-", "--set", "s", input=OLD)
    assert "+++ /dev/null" in plan(manifest(profile("a")), "--set", "s", "--prune").stdout
    assert apply_plan().stdout == "profile/a unchanged\nprofile/b pruned\n1 unchanged, 1 pruned\n"
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
        lambda text: text.replace('"formatVersion": 2', '"formatVersion": 1'),
        lambda text: _without_digest(json.loads(text)),
        lambda text: "[" * 100_000,
    ],
    ids=["empty", "cut", "a list", "a mapping", "a manifest", "a name", "a key", "a format", "no digest", "deep"],
)
def test_a_file_that_plan_has_not_written_so_is_refused(
    store: Etcd, file: Path, plan: Callable[..., Result], apply_plan: Callable[..., Result], spoil: Callable[[str], str]
) -> None:
    plan(OLD)
    file.write_text(spoil(file.read_text()))
    result = apply_plan()
    assert (result.exit_code, result.stdout, store.keys()) == (3, "", [])
    assert result.stderr.startswith(f"{file}: ")
    assert "internal error" not in result.stderr


def test_a_missing_file(apply_plan: Callable[..., Result], file: Path) -> None:
    result = apply_plan()
    assert (result.exit_code, result.stderr) == (3, f"{file}: cannot read the plan: no such file or directory\n")


def test_json_on_stdout(store: Etcd, calicoctl: Calicoctl) -> None:
    content = json.loads(calicoctl("plan", "-f", "-", "-o", "json", input=OLD).stdout)
    assert [record["action"] for record in content["resources"]] == ["created", "created"]
    assert not Path("json").exists()


def test_a_path_that_is_not_writable(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    result = calicoctl("plan", "-f", "-", "--save", str(tmp_path / "no" / "x.plan"), input=OLD)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot save the plan: no such file or directory" in result.stderr


def test_a_plan_file_belongs_to_its_owner_alone(
    store: Etcd, calicoctl: Calicoctl, file: Path, tmp_path: Path, plan: Callable[..., Result]
) -> None:
    file.write_text("old")
    file.chmod(0o644)
    for _ in range(2):
        assert plan(OLD).exit_code == 0
        assert (json.loads(file.read_text())["cluster"], file.stat().st_mode & 0o777) == (None, 0o600)
        file.unlink()
    target = tmp_path / "target.plan"
    file.symlink_to(target)
    for text in (None, "old"):
        if text:
            target.write_text(text)
        result = plan(OLD)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == f"{file}: cannot save the plan: is a symbolic link (name the file itself)\n"
        assert (file.is_symlink(), target.exists() and target.read_text()) == (True, text or False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["change.plan", "target.plan"]


def test_a_special_file_is_written_and_not_replaced(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for arguments in (("plan", "-f", "-", "--save"), ("export", "-o")):
        failed = calicoctl(*arguments, str(pipe), input=OLD)
        assert (failed.exit_code, failed.stderr.startswith(f"{pipe}: cannot save the ")) == (2, True), failed
        assert failed.stderr.endswith(": no program reads this pipe\n")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert calicoctl("plan", "-f", "-", "--save", str(pipe), input=OLD).exit_code == 0
        assert json.loads(os.read(reader, 1_000_000))["cluster"] is None
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    with subprocess.Popen(["/bin/sh", "-c", 'sleep 0.3; wc -c < "$0"', str(pipe)], stdout=subprocess.PIPE) as slow:
        held = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # so that the pipe has a reader from the beginning
        save(str(pipe), "x" * 1_000_000, "text")
        os.close(held)
        assert slow.communicate(timeout=20)[0].strip() == b"1000000"
    result = calicoctl("plan", "-f", "-", "--save", "/dev/full", input=OLD)
    assert (result.exit_code, "no space left" in result.stderr) == (ExitCode.OUTPUT_FAILED, True)


@pytest.mark.parametrize("value", ["change.plan", "yaml", "-"])
def test_an_output_is_a_format(
    store: Etcd, calicoctl: Calicoctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = calicoctl("plan", "-f", "-", "-o", value, input=OLD)
    assert (result.exit_code, result.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert result.stderr == f"-o {value}: unknown format (formats are text, json; --save FILE saves the plan)\n"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_plan_is_saved_and_printed(store: Etcd, calicoctl: Calicoctl, file: Path, form: str) -> None:
    result = calicoctl("plan", "-f", "-", "--save", str(file), "-o", form, input=OLD)
    assert calicoctl("plan", "--show", str(file), "-o", form).stdout == result.stdout
    assert (form == "json") == (result.stdout == file.read_text())


@pytest.mark.parametrize("name", ["", "-"])
def test_a_name_without_a_file(store: Etcd, calicoctl: Calicoctl, name: str) -> None:
    result = calicoctl("plan", "-f", "-", "--save", name, input=OLD)
    assert (result.exit_code, "-o json for stdout" in result.stderr) == (2, True)


@pytest.mark.parametrize("options", [("-f", "-"), ("-R",), ("--force",), ("--set", "s")])
def test_a_plan_says_it_all(apply_plan: Callable[..., Result], options: tuple[str, ...]) -> None:
    assert apply_plan(*options).exit_code == 2


def test_the_exit_code_can_show_changes(
    store: Etcd, calicoctl: Calicoctl, file: Path, plan: Callable[..., Result]
) -> None:
    assert [plan(OLD, *options).exit_code for options in ((), ("--detailed-exitcode",))] == [0, 1]
    assert calicoctl("plan", "--show", str(file), "--detailed-exitcode").exit_code == 1
    calicoctl("create", "-f", "-", input=OLD)
    assert plan(OLD, "--detailed-exitcode").exit_code == 0
    assert plan("kind: profile", "--detailed-exitcode").exit_code == 3
