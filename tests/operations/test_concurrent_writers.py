"""Somebody else writes between our read and our commit."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from tests.support.etcd_server import Etcd, running_etcd
from tests.support.fixture_types import ConcurrentWrite
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import (
    CLUSTER_KEY,
    policy_key,
    profile_key,
    put_cluster_information,
    put_object,
    read_object,
)

KEY = profile_key("a")


@pytest.mark.parametrize("verb", ["apply", "replace"])
def test_apply_and_replace_retry_and_keep_concurrent_changes(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]], verb: str
) -> None:
    put_object(store, KEY)

    def label(number: int) -> None:
        if number == 1:
            put_object(store, KEY, annotations={"rival.org/was": "here"}, labels={"rival": "1"})

    commits = concurrent_writer(label)
    result = calicoctl(verb, "-f", "-", input=manifest(profile("a", labels={"ours": "1"})))
    assert (result.exit_code, result.stderr) == (0, "")
    document = read_object(store, KEY)
    assert document["spec"]["labelsToApply"] == {"ours": "1"}
    assert document["metadata"]["annotations"] == {"rival.org/was": "here"}
    assert document["metadata"]["labels"] == {"rival": "1"}
    assert len(commits) == 2


def test_create_fails_on_a_concurrent_create(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    concurrent_writer(lambda number: put_object(store, KEY, {"labelsToApply": {"theirs": "1"}}))
    result = calicoctl("create", "-f", "-", input=manifest(profile("a"), profile("b")))
    assert (result.exit_code, result.stdout) == (5, "")
    assert f"profile/a: exists already, as {KEY}" in result.stderr
    assert store.keys() == [KEY]


@pytest.mark.parametrize("arguments", [("replace", "-f", "-"), ("delete", "-f", "-")])
def test_replace_and_delete_fail_on_a_concurrent_delete(
    store: Etcd,
    calicoctl: Calicoctl,
    concurrent_writer: Callable[[ConcurrentWrite], list[int]],
    arguments: tuple[str, ...],
) -> None:
    put_object(store, KEY)
    concurrent_writer(lambda number: store.wipe())
    result = calicoctl(*arguments, input=manifest(profile("a", labels={"x": "y"})))
    assert (result.exit_code, result.stdout) == (5, "")
    assert "profile/a: does not exist" in result.stderr
    assert store.keys() == []


def test_apply_creates_after_a_concurrent_delete(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    put_object(store, KEY)
    concurrent_writer(lambda number: store.wipe() if number == 1 else None)
    result = calicoctl("apply", "-f", "-", input=manifest(profile("a", labels={"x": "y"})))
    assert result.stdout == "profile/a created\n1 created\n"


def test_a_lock_set_meanwhile_counts(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    put_cluster_information(store)
    concurrent_writer(lambda number: put_cluster_information(store, datastoreReady=False))
    result = calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    assert (result.exit_code, result.stdout) == (8, "")
    assert "the datastore is locked" in result.stderr
    assert store.keys() == [CLUSTER_KEY]


def test_after_rivals_until_the_timeout_it_gives_up(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    put_object(store, KEY)
    put_object(store, profile_key("b"))
    commits = concurrent_writer(lambda number: put_object(store, KEY, {"labelsToApply": {"n": str(number)}}))
    text = manifest(*(profile(name, labels={"x": "y"}) for name in "ab"))
    started = time.monotonic()
    result = calicoctl("apply", "--timeout", "0.5", "-f", "-", input=text)
    assert (result.exit_code, result.stdout, time.monotonic() - started < 3) == (5, "", True)
    revisions = re.fullmatch(
        r"other clients keep writing: tried (\d+) times, nothing was written\n"
        rf"  profile/a: {KEY}: read at revision (\d+), now at revision (\d+) \(changed: metadata.labels.n\)\n",
        result.stderr,
    )
    assert revisions
    assert int(revisions[2]) < int(revisions[3]) == store.revision()
    assert len(commits) == int(revisions[1]) >= 5
    assert "labelsToApply" not in read_object(store, profile_key("b"))["spec"]


MANY_POLICIES = manifest(*(policy(f"p{index:03}", order=1) for index in range(300)))


def test_a_conflict_between_two_transactions_rolls_back_and_retries(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    concurrent_writer(
        lambda number: put_object(store, policy_key("p299"), {"namespaceSelector": "a == 'b'"}) if number == 2 else None
    )
    result = calicoctl("apply", "-f", "-", input=MANY_POLICIES)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("299 created, 1 configured\n")
    assert read_object(store, policy_key("p299"))["spec"]["namespaceSelector"] == "a == 'b'"
    assert len(store.keys()) == 302


@pytest.mark.parametrize("verb", ["apply", "replace", "delete"])
def test_a_rollback_does_not_make_a_manifest_stale(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]], verb: str
) -> None:
    calicoctl("apply", "-f", "-", input=MANY_POLICIES)
    printed = calicoctl("get", "policy", "-o", "yaml", "--show-revision").stdout.replace("order: 1", "order: 2")
    *others, last = printed.split("- apiVersion")
    unguarded = re.sub(r'\n *resourceVersion: "\d+"', "", last)

    def write(number: int) -> None:
        if number in {3, 7}:  # each time three transactions, and one that undoes two of these
            put_object(store, policy_key("p299"), {"order": number})

    commits = concurrent_writer(write)
    result = calicoctl(verb, "-f", "-", input="- apiVersion".join([*others, unguarded]))
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(commits) > 9
    listed = calicoctl("get", "policy", "-o", "custom-columns=ORDER").stdout.split()[1:]
    assert listed == ([] if verb == "delete" else ["2"] * 300)


def test_a_concurrent_change_after_a_rollback_makes_a_manifest_stale(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    calicoctl("apply", "-f", "-", input=MANY_POLICIES)
    printed = calicoctl("get", "policy", "-o", "yaml", "--show-revision").stdout.replace("order: 1", "order: 2")
    concurrent_writer(lambda number: put_object(store, policy_key("p299"), {"order": 3}) if number == 3 else None)
    result = calicoctl("apply", "-f", "-", input=printed)
    assert (result.exit_code, result.stdout) == (5, "")
    (line,) = result.stderr.splitlines()
    assert "policy/p299: is at revision " in line
    assert calicoctl("get", "policy", "p000", "-o", "custom-columns=ORDER").stdout.split()[1:] == ["1"]


def test_unchanged_resources_are_guarded_until_the_last_write(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a", labels={"ours": "1"})))

    def write(number: int) -> None:
        if number == 1:
            put_object(store, KEY, {"labelsToApply": {"theirs": "1"}})

    commits = concurrent_writer(write)
    result = calicoctl("apply", "-f", "-", input=manifest(profile("a", labels={"ours": "1"}), profile("b")))
    assert result.stdout.endswith("1 created, 1 configured\n")
    assert read_object(store, KEY)["spec"]["labelsToApply"] == {"ours": "1"}
    assert len(commits) == 2


def test_a_conflict_in_a_later_transaction_rolls_back(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    put_object(store, policy_key("p000"), {"order": 7})
    old = store.get(policy_key("p000"))
    concurrent_writer(lambda number: put_object(store, policy_key("p299")) if number == 2 else None)
    text = manifest(*(policy(f"p{index:03}", order=1) for index in range(1, 300)))
    result = calicoctl("create", "-f", "-", input=text)
    assert (result.exit_code, result.stdout) == (5, "")
    assert "policy/p299: exists already" in result.stderr
    assert store.keys() == [policy_key("p000"), policy_key("p299")]
    assert store.get(policy_key("p000")) == old


def test_rollback_restores_deleted_and_changed_resources(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    calicoctl("apply", "-f", "-", input=MANY_POLICIES)
    before = {key: store.get(key) for key in (policy_key("p000"), policy_key("p001"))}

    def delete(number: int) -> None:
        if number == 2:
            store.delete(policy_key("p299"))

    concurrent_writer(delete)
    result = calicoctl("delete", "-f", "-", input=MANY_POLICIES)
    assert (result.exit_code, result.stdout) == (5, "")
    assert {key: store.get(key) for key in before} == before
    assert len(store.keys()) == 301


def test_rollback_skips_and_reports_concurrent_changes(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    def write(number: int) -> None:
        if number == 3:  # the first initialises the store
            put_object(store, policy_key("p000"), {"order": 9})
            put_object(store, policy_key("p299"))

    concurrent_writer(write)
    result = calicoctl("apply", "-f", "-", input=MANY_POLICIES)
    assert (result.exit_code, result.stdout) == (5, "")
    assert result.stderr.startswith("these keys were written and could not be rolled back")
    assert result.stderr.splitlines()[1:] == [f"  {policy_key('p000')}"]
    assert store.keys() == [policy_key("p000"), policy_key("p299")]
    assert read_object(store, policy_key("p000"))["spec"] == {"order": 9}


def test_a_server_that_takes_smaller_transactions(
    calicoctl: Calicoctl, tmp_path_factory: pytest.TempPathFactory, clean_environment: None
) -> None:
    with running_etcd(tmp_path_factory.mktemp("small"), "--max-request-bytes=20000") as small:
        environment = {"ETCD_ENDPOINTS": small.endpoint}
        text = manifest(*(policy(f"p{index:03}", order=1) for index in range(60)))
        result = calicoctl("apply", "-f", "-", input=text, env=environment)
        assert (result.exit_code, result.stderr) == (0, "")
        assert len(small.keys()) == 62
        large = policy("large", ingress=[{"action": "allow"}] * 600)
        refused = calicoctl("apply", "-f", "-", input=manifest(profile("a"), large), env=environment)
        assert (refused.exit_code, refused.stdout) == (8, "")
        assert refused.stderr.startswith(f"{policy_key('large')}: ")
        assert len(small.keys()) == 62


@pytest.mark.parametrize(
    "arguments",
    [
        ("label", "profile", "a", "ours=1"),
        ("label", "profile", "--all", "ours=1"),
        ("patch", "profile", "a", "-p", "{metadata: {labels: {ours: '1'}}}"),
    ],
)
def test_label_and_patch_retry_after_a_concurrent_change(
    store: Etcd,
    calicoctl: Calicoctl,
    concurrent_writer: Callable[[ConcurrentWrite], list[int]],
    arguments: tuple[str, ...],
) -> None:
    put_object(store, KEY, {"labelsToApply": {"theirs": "0"}})
    commits = concurrent_writer(
        lambda number: put_object(store, KEY, {"labelsToApply": {"theirs": "1"}}) if number == 1 else None
    )
    assert calicoctl(*arguments) == Result(0, "profile/a configured\n1 configured\n", "")
    assert read_object(store, KEY)["spec"]["labelsToApply"] == {"theirs": "1", "ours": "1"}
    assert len(commits) == 2


def test_a_label_set_concurrently_requires_overwrite(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    put_object(store, KEY)
    concurrent_writer(lambda number: put_object(store, KEY, {"labelsToApply": {"role": "theirs"}}))
    result = calicoctl("label", "profile", "a", "role=ours")
    assert (result.exit_code, result.stdout) == (5, "")
    assert "label 'role' is 'theirs' already" in result.stderr


def test_resources_deleted_or_no_longer_selected_are_skipped(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    for name in "abc":
        put_object(store, profile_key(name), {"labelsToApply": {"role": "web"}})

    def change(number: int) -> None:
        if number == 1:
            store.delete(profile_key("a"))
            put_object(store, profile_key("b"), {"labelsToApply": {"role": "db"}})

    concurrent_writer(change)
    result = calicoctl("label", "profile", "-l", "role == 'web'", "x=y")
    assert result == Result(0, "profile/c configured\n1 configured\n", "")
    assert store.get(profile_key("a")) is None
    assert read_object(store, profile_key("b"))["spec"]["labelsToApply"] == {"role": "db"}
