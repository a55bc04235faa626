"""The history: an entry in each transaction, its bounds, and what happens if a command fails."""

from __future__ import annotations

import base64
import json
import os
import threading
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from calicoctl.console.author import current_author
from calicoctl.datastore import Entry, Write
from calicoctl.datastore.transaction import MAX_REQUEST_BYTES, estimate_size
from calicoctl.operations.history.entry import Author, decode_log_entry
from calicoctl.operations.history.recorder import MAX_HISTORY_BYTES, HistoryOptions, HistoryRecorder
from calicoctl.operations.read.lookup import StoreView
from tests.support.etcd_server import HISTORY_PREFIX, Etcd
from tests.support.fixture_types import ConcurrentWrite
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import policy_key, profile_key, put_object, read_object

MANY = manifest(*(policy(f"p{number:02}", order=1) for number in range(20)))


def history(calicoctl: Calicoctl, *args: str) -> list[dict[str, Any]]:
    """The commands of the history as JSON."""
    result = calicoctl("history", *args, "-o", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def raw_entries(store: Etcd) -> list[tuple[int, list[dict[str, Any]]]]:
    """Revision and changes of each entry, in the order of the revisions, read with etcdctl."""
    answer = json.loads(store.etcdctl("-w=json", "get", "--prefix", HISTORY_PREFIX))
    values = ((each["mod_revision"], json.loads(base64.b64decode(each["value"]))) for each in answer.get("kvs", ()))
    entries = [(revision, json.loads(zlib.decompress(base64.b64decode(each["changes"])))) for revision, each in values]
    return sorted(entries, key=lambda entry: entry[0])


def mod_revision(store: Etcd, key: str) -> int:
    return int(json.loads(store.etcdctl("-w=json", "get", key))["kvs"][0]["mod_revision"])


def test_every_verb_is_recorded_in_its_transaction(store: Etcd, calicoctl: Calicoctl) -> None:
    both = manifest(profile("a"), policy("p", order=1))
    steps: list[tuple[list[str], str, str]] = [
        (["create", "-f", "-"], both, "2 created"),
        (["apply", "-f", "-"], manifest(policy("p", order=2)), "1 configured"),
        (["replace", "-f", "-"], manifest(policy("p", order=3)), "1 replaced"),
        (["patch", "policy", "p", "-p", "{spec: {order: 4}}"], "", "1 configured"),
        (["label", "profile", "a", "x=1"], "", "1 configured"),
        (["set", "add", "s", "profile/a"], "", "1 configured"),
        (["apply", "--set", "s", "--prune", "-f", "-"], manifest(policy("p", order=4)), "1 configured, 1 pruned"),
        (["set", "remove", "s", "--all"], "", "1 configured"),
        (["delete", "policy", "p"], "", "1 deleted"),
        (["import", "-f", "-"], both, "2 created"),
    ]
    for command, text, _ in steps:
        before = store.revision()
        assert calicoctl(*command, input=text).exit_code == 0
        assert store.revision() == before + 1  # with its entry
        assert calicoctl(*command, "--dry-run", input=text).exit_code in (0, 5, 6)
        assert calicoctl("apply", "-f", "-", input="[]").exit_code == 3
    shown = history(calicoctl)
    verbs = [" ".join(command[: 1 + (command[0] == "set")]) for command, _, _ in steps]
    assert [(each["command"], each["summary"]) for each in shown] == [
        (verb, summary) for verb, (_, _, summary) in zip(verbs, steps, strict=True)
    ]
    last, changes = raw_entries(store)[-1]
    assert (
        last == shown[-1]["revision"] == mod_revision(store, policy_key("p")) == mod_revision(store, profile_key("a"))
    )
    assert [change["key"] for change in changes] == [profile_key("a"), policy_key("p")]
    assert {each["host"] for each in shown} == {os.uname().nodename}
    assert [each["command"] for each in history(calicoctl, "policy/p")] == [
        *("create", "apply", "replace", "patch", "apply", "set remove", "delete", "import"),
    ]
    for words, missing in ((["profile,policy", "a"], "policy/a"), (["policy/p,policy/q"], "policy/p,policy/q")):
        shown_some = calicoctl("history", *words)
        assert shown_some.stderr == f"warning: no recorded command changed {missing}\n"
        assert (shown_some.exit_code, shown_some.stdout.count("\n") == 1) == (0, missing != "policy/a")


def test_the_author_and_the_tables(store: Etcd, calicoctl: Calicoctl) -> None:
    url = "https://ci.example.com/job/7\x1b[31m"
    secret = url.replace("//", "//user:se@cret@")
    calicoctl("apply", "-f", "-", input=manifest(profile("a")), env={"CI_JOB_URL": f"{secret}?token=secret#secret"})
    (shown,) = history(calicoctl)
    assert (shown["job"], shown["resources"][0]["name"]) == (url, "a")
    table = calicoctl("history").stdout.splitlines()
    assert [line.split()[0] for line in table] == ["REVISION", str(shown["revision"])]
    assert "https://ci.example.com/job/7\\x1b[31m   apply     1 created" in table[1]
    wide = calicoctl("history", "-o", "wide").stdout.splitlines()[1]
    assert f"{shown['user']}@{shown['host']}" in wide
    assert wide.endswith("1 created   profile/a")
    details = calicoctl("history", str(shown["revision"]))
    assert details.stdout.splitlines()[1:4] == [
        "--- /dev/null",
        f"+++ profile/a (revision {shown['revision']})",
        "@@ -0,0 +1,5 @@",
    ]
    apply = ("apply", "-f", "-")
    assert calicoctl(*apply, input=manifest(profile("a", tags=["x"]))).exit_code == 0
    (newest,) = history(calicoctl, "--limit", "1")
    assert newest["resources"][0]["action"] == "configured"
    assert [each["revision"] for each in history(calicoctl, "--limit=5")] == [shown["revision"], newest["revision"]]
    for arguments in (("--limit", "0"), (str(shown["revision"]), "--limit", "1")):
        assert calicoctl("history", *arguments).exit_code == 2
    store.wipe()
    calicoctl(*apply, input=manifest(profile("a")))
    assert calicoctl("history", "1").exit_code == 6
    assert calicoctl("history", "9" * 5000).exit_code == 2
    refused = calicoctl("history", str(shown["revision"]), "--node=x")
    assert (refused.exit_code, "--node" in refused.stderr) == (2, True)
    store.put(f"{HISTORY_PREFIX}x/0000-1", "{}")
    store.put(f"{HISTORY_PREFIX}y/0000-1", '{"formatVersion": 1, "changes": "eJw="}')
    damaged = calicoctl("history")
    assert (damaged.exit_code, len(damaged.stdout.splitlines())) == (0, 2)
    assert [line.partition(":")[0] for line in damaged.stderr.splitlines()] == ["warning"] * 2


def test_details_of_a_compacted_revision(store: Etcd, calicoctl: Calicoctl) -> None:
    """The value after the command is in no later command: another client has deleted it."""
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    (shown,) = history(calicoctl)
    store.etcdctl("del", profile_key("a"))
    assert "+++ profile/a" in calicoctl("history", str(shown["revision"])).stdout
    store.etcdctl("compact", str(store.revision()))
    details = calicoctl("history", str(shown["revision"]))
    assert (details.exit_code, "profile/a" in details.stderr, "+++" in details.stdout) == (0, True, False)


def test_credentials_of_job_urls_are_not_recorded() -> None:
    azure = {
        "SYSTEM_COLLECTIONURI": "https://token@dev.azure.com/org/",
        "SYSTEM_TEAMPROJECT": "p",
        "BUILD_BUILDID": "7",
    }
    for environ, expected in (
        (azure, "https://dev.azure.com/org/p/_build/results?buildId=7"),
        ({"CI_JOB_URL": "", "BUILD_URL": "HTTPS://a:b@[::1]:8443/job/x@2/#t"}, "HTTPS://[::1]:8443/job/x@2/"),
        ({"BUILD_URL": "user:pw@jenkins/job?x\n@y"}, "jenkins/job"),
    ):
        assert current_author(environ).job == expected


def test_several_transactions_have_an_entry_each(store: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("apply", "-f", "-", "--max-txn-ops=6", input=MANY).exit_code == 0
    entries = raw_entries(store)
    assert len(entries) > 3
    for revision, changes in entries:
        assert {mod_revision(store, change["key"]) for change in changes} == {revision}
    assert sum(len(changes) for _, changes in entries) == 20
    (command,) = history(calicoctl)
    assert (command["summary"], command["revision"]) == ("20 created", store.revision())


def test_a_command_that_is_rolled_back_leaves_no_entry(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    before = store.values(HISTORY_PREFIX)

    def create_last(number: int) -> None:
        if number == 4:
            put_object(store, policy_key("p19"))

    commits = concurrent_writer(create_last)
    result = calicoctl("create", "-f", "-", "--max-txn-ops=6", input=MANY)
    assert (result.exit_code, len(commits) > 4) == (5, True)
    assert store.keys(policy_key("")) == [policy_key("p19")]
    assert store.values(HISTORY_PREFIX) == before


def test_concurrent_commands_are_all_recorded(store: Etcd, calicoctl_process: Calicoctl, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=MANY)
    names = [f"p{number:02}" for number in range(3)]
    threads = [
        threading.Thread(target=calicoctl_process, args=("patch", "policy", name, "-p", "{spec: {order: 5}}"))
        for name in names
    ]
    for each in (*threads,):
        each.start()
    for each in threads:
        each.join()
    shown = history(calicoctl)
    assert [each["command"] for each in shown] == ["apply", *["patch"] * 3]
    assert {each["resources"][0]["name"] for each in shown[1:]} == set(names)
    revisions = [each["revision"] for each in shown]
    assert revisions == sorted(set(revisions))


def test_the_limit_and_off(store: Etcd, calicoctl: Calicoctl, monkeypatch: pytest.MonkeyPatch) -> None:
    calicoctl("apply", "-f", "-", "--max-txn-ops=6", input=MANY)
    monkeypatch.setenv("CALICO_HISTORY", "3")
    for order in range(2, 6):
        calicoctl("apply", "-f", "-", input=manifest(policy("p00", order=order)))
    shown = history(calicoctl)
    assert [each["summary"] for each in shown] == ["1 configured"] * 3
    assert len(store.keys(HISTORY_PREFIX)) == 3
    too_early = calicoctl("rollback", str(shown[0]["revision"] - 1), "--yes")
    assert (too_early.exit_code, "before the history" in too_early.stderr) == (6, True)
    monkeypatch.setenv("CALICO_HISTORY", "off")
    assert calicoctl("delete", "policy", "p00").exit_code == 0
    assert history(calicoctl) == shown
    monkeypatch.setenv("CALICO_HISTORY", "many")
    result = calicoctl("get", "policy")
    assert (result.exit_code, result.stderr) == (
        2,
        "CALICO_HISTORY: expected off or a number of commands up to 1000\n",
    )


def make_recorder(values: dict[str, bytes], keys: list[Entry]) -> HistoryRecorder:
    view = StoreView(Entry(key, value, 1, 1) for key, value in values.items())
    return HistoryRecorder(HistoryOptions(Author("me", "here"), "apply", 100), keys, view, {}, set(values))


def test_large_values_are_omitted_and_large_entries_deleted() -> None:
    key = policy_key("large")
    incompressible = json.dumps({"spec": {"x": os.urandom(600_000).hex()}}).encode()
    recorder = make_recorder({key: incompressible}, [])
    new = Write(key, b"x" * 800_000, 1)
    _, written = recorder.complete([new], 128)
    assert estimate_size([new, written]) < MAX_REQUEST_BYTES
    entry = decode_log_entry(Entry(written.key, written.value or b"", 2, 2))
    assert [change.is_omitted for change in entry.changes] == [True]
    _, small = make_recorder({key: incompressible[:100]}, []).complete([new], 128)
    assert decode_log_entry(Entry(small.key, small.value or b"", 2, 2)).changes[0].before == incompressible[:100]

    sizes = (MAX_HISTORY_BYTES // 2, 10, MAX_HISTORY_BYTES // 2, 20)
    stored = [Entry(f"{HISTORY_PREFIX}{number}/0000-{size}", b"", number, number) for number, size in enumerate(sizes)]
    writes = make_recorder({key: b"{}"}, stored).complete([Write(key, b"{}", 1)], 128)
    assert [write.key for write in writes[2:]] == [f"{HISTORY_PREFIX}0/"]
    assert len(make_recorder({key: b"{}"}, stored).complete([Write(key, b"{}", 1)], 2)) == 2


def test_the_history_does_not_delay_the_limit_of_a_transaction(store: Etcd, calicoctl: Calicoctl) -> None:
    """As many resources fit in one transaction with the history as without it."""
    calicoctl("apply", "-f", "-", input=manifest(profile("first")))
    counts = {}
    for setting in ("on", "off"):
        fitting = [
            count
            for count in (124, 125, 126, 127, 128)
            if calicoctl(
                *("apply", "-f", "-", "--atomic", "--dry-run"),
                input=manifest(*(profile(f"{setting}{number}") for number in range(count))),
                env={"CALICO_HISTORY": setting},
            ).exit_code
            == 0
        ]
        counts[setting] = max(fitting)
    largest = manifest(*(profile(f"x{number}") for number in range(counts["on"])))
    before = store.revision()
    assert calicoctl("apply", "-f", "-", "--atomic", input=largest).exit_code == 0
    assert (store.revision(), counts["on"]) == (before + 1, counts["off"])
    assert read_object(store, profile_key("x0"))
    assert history(calicoctl)[-1]["summary"] == f"{counts['on']} created"
