"""rollback: previous values are restored exactly, with the checks of apply, or nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable

from calicoctl.operations.history.entry import Author, LogEntry, LoggedChange, digest
from calicoctl.resource import Identifier
from tests.support.etcd_server import HISTORY_PREFIX, Etcd
from tests.support.fixture_types import ConcurrentWrite
from tests.support.manifests import manifest, node, peer, policy, pool, profile
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import (
    CLUSTER_KEY,
    mod_revision,
    object_key,
    policy_key,
    profile_key,
    put_object,
    read_object,
)


def apply(calicoctl: Calicoctl, *resources: dict[str, object], options: tuple[str, ...] = ()) -> None:
    result = calicoctl("apply", "-f", "-", *options, input=manifest(*resources))
    assert result.exit_code == 0, result.stderr


def undo(calicoctl: Calicoctl, *args: str) -> Result:
    return calicoctl("rollback", *(args or ("--last",)), "--yes")


def last_line(result: Result) -> str:
    return result.stderr.splitlines()[-1]


def test_mixed_changes_are_undone_after_a_compaction(store: Etcd, calicoctl: Calicoctl) -> None:
    apply(calicoctl, profile("kept"), profile("changed", tags=["t"]), profile("deleted"), pool("10.0.0.0/16"))
    before, revision = store.values(), store.revision()
    apply(calicoctl, profile("changed", labels={"a": "b"}), policy("new", order=1), options=("--set", "s"))
    calicoctl("delete", "profile", "deleted", "changed")
    calicoctl("delete", "ipPool", "10.0.0.0/16")
    apply(calicoctl, profile("deleted", labels={"other": "x"}))
    store.etcdctl("compact", str(store.revision()))
    after = store.values()
    dry_run = calicoctl("rollback", str(revision), "--dry-run", "-o", "json")
    actions = {f"{each['kind']}/{each['name']}": each["action"] for each in json.loads(dry_run.stdout)}
    assert actions == {
        "profile/changed": "created",
        "policy/new": "deleted",
        "profile/deleted": "configured",
        "ipPool/10.0.0.0/16": "created",
    }
    assert (store.values(), dry_run.exit_code) == (after, 0)
    assert undo(calicoctl, str(revision)).exit_code == 0
    assert store.values() == before
    assert undo(calicoctl).exit_code == 0  # a rollback can be undone
    assert store.values() == after
    assert undo(calicoctl, str(store.revision())).stdout == "nothing to do\n"
    assert last_line(undo(calicoctl, "999999")) == (
        f"revision 999999 does not exist, the datastore is at revision {store.revision()}"
    )


def test_consent_and_arguments(store: Etcd, calicoctl: Calicoctl) -> None:
    assert (calicoctl("rollback", "--last").exit_code, undo(calicoctl).stderr) == (6, "the history is empty\n")
    apply(calicoctl, profile("a"))
    revision = store.revision()
    refused = calicoctl("rollback", "--last")
    assert (refused.exit_code, last_line(refused)) == (
        8,
        "the rollback of 1 resource requires consent, nothing was rolled back (write --yes)",
    )
    for args in ((), ("--last", "5"), ("0",), ("--to-revision", "5", "5"), ("--last", "--dry-run=client")):
        assert calicoctl("rollback", *args).exit_code == 2
    assert store.revision() == revision


def test_to_a_revision_with_a_list_that_has_a_limit(store: Etcd, calicoctl: Calicoctl) -> None:
    apply(calicoctl, profile("kept"))
    revision = str(store.revision())
    apply(calicoctl, *(policy(f"p{number:03}") for number in range(205)))
    shown = calicoctl("rollback", "--to-revision", revision, "--dry-run")
    assert shown.stdout.endswith("\n205 deleted (dry run: nothing written)\n")
    result = undo(calicoctl, "--to-revision", revision)
    assert result.stdout.endswith("\n205 deleted\n")
    first, *listed, rest = result.stderr.splitlines()
    assert (first.startswith("205 resources in "), len(listed)) == (True, 200)
    assert rest == "  and 5 more (list all: --dry-run)"
    assert calicoctl("get", "all", "-o", "name").stdout == "profile/kept\n"


def test_changes_of_other_clients_are_conflicts(store: Etcd, calicoctl: Calicoctl) -> None:
    apply(calicoctl, profile("a"), profile("b"), profile("c"))
    before, revision = store.values(), store.revision()
    apply(calicoctl, profile("a", labels={"x": "1"}), profile("b", labels={"x": "1"}))
    put_object(store, profile_key("a"), {"labelsToApply": {"their": "change"}})
    store.delete(profile_key("b"))
    put_object(store, profile_key("c"), {"labelsToApply": {"their": "change"}})
    theirs = store.values()
    result = undo(calicoctl)
    assert (result.exit_code, store.values()) == (5, theirs)
    assert [line for line in result.stderr.splitlines() if line.startswith("profile/")] == [
        f"profile/a: another client has changed it at revision {revision + 2}, after revision {revision + 1} of the "
        "history (--force undoes that, too)",
        f"profile/b: another client has deleted it, after revision {revision + 1} of the history "
        "(--force undoes that, too)",
    ]
    apply(calicoctl, profile("a", labels={"x": "2"}))  # based on the change of the other client
    between = undo(calicoctl, str(revision))
    assert (between.exit_code, "between the commands" in between.stderr) == (5, True)
    assert undo(calicoctl, str(revision), "--force").exit_code == 0
    assert store.values() == {**before, profile_key("c"): theirs[profile_key("c")]}


def test_a_failed_command_in_between_is_no_change_of_another_client(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    """It wrote and restored the keys: their revisions differ from those of the history."""
    first = store.revision()
    apply(calicoctl, *(policy(f"p{number:02}", order=1) for number in range(20)))
    before, rival = store.values(), policy_key("p99")
    put_object(store, rival)

    def delete(number: int) -> None:
        if number == 4:
            store.delete(rival)

    concurrent_writer(delete)
    changed = manifest(*(policy(f"p{number:02}", order=2) for number in (*range(20), 99)))
    assert calicoctl("replace", "-f", "-", "--max-txn-ops=6", input=changed).exit_code == 5
    assert store.values() == before
    assert undo(calicoctl, str(first)).exit_code == 0
    assert store.keys(policy_key("")) == []


def test_the_checks_of_apply(store: Etcd, calicoctl: Calicoctl) -> None:
    apply(calicoctl, profile("net"))
    apply(calicoctl, node("n1"))
    with_node = store.revision()
    put_object(store, object_key("bgppeers", "theirs"), {"node": "n1", "peerIP": "192.0.2.1", "asNumber": 64512})
    used = undo(calicoctl, str(with_node - 1))
    assert (used.exit_code, last_line(used)) == (5, "node/n1: is still used by bgpPeer/node/n1/192.0.2.1")
    store.delete(object_key("bgppeers", "theirs"))

    apply(calicoctl, policy("twice", order=1))
    calicoctl("delete", "policy", "twice")
    put_object(store, policy_key("default.twice"), {"order": 2})
    assert last_line(undo(calicoctl)) == (
        f"policy/twice: exists as {policy_key('default.twice')} now (delete it first)"
    )
    store.delete(policy_key("default.twice"))

    apply(calicoctl, peer("192.0.2.9"))
    calicoctl("delete", "bgpPeer", "192.0.2.9", "--scope", "global")
    apply(calicoctl, pool("10.0.0.0/16"))
    calicoctl("delete", "ipPool", "10.0.0.0/16")
    put_object(store, object_key("ippools", "theirs"), {"cidr": "10.0.0.0/20", "blockSize": 26})
    overlap = undo(calicoctl)
    assert (overlap.exit_code, "10.0.0.0/20" in overlap.stderr) == (5, True)

    deny = policy("strict", order=100, selector="edge == 'yes'", ingress=[{"action": "deny"}])
    apply(calicoctl, deny)
    before_ssh = store.revision()
    ssh = {"action": "allow", "protocol": "tcp", "destination": {"ports": [22]}}
    apply(calicoctl, policy("ssh", order=1, selector="edge == 'yes'", ingress=[ssh], egress=[{"action": "allow"}]))
    host = {"node": "n1", "interfaceName": "eth0"}
    put_object(store, object_key("hostendpoints", "n1-eth0"), host, labels={"edge": "yes"})
    before = store.values()
    lockout = undo(calicoctl, str(before_ssh))
    assert (lockout.exit_code, "--allow-lockout" in lockout.stderr, store.values()) == (8, True, before)
    assert undo(calicoctl, str(before_ssh), "--allow-lockout").exit_code == 0
    assert store.get(policy_key("ssh")) is None


def test_unusable_previous_values(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, profile_key("other"))
    apply(calicoctl, profile("a"))
    store.put(profile_key("bad"), "{broken")
    assert calicoctl("delete", "profile", "bad").exit_code == 0
    assert read_object(store, profile_key("a"))
    result = undo(calicoctl)
    assert (result.exit_code, "the previous value of" in result.stderr) == (8, True)
    assert store.get(profile_key("bad")) is None


def test_forged_entries_are_shown_by_their_key_or_refused(store: Etcd, calicoctl: Calicoctl) -> None:
    """Another client with permission for the history writes an entry."""

    def forge(key: str, name: str) -> str:
        store.put(key, "{}")
        change = LoggedChange(key, Identifier("profile", (name,)), "created", 0, None, digest(b"{}"))
        entry = LogEntry("forged", "2026-01-01T00:00:00Z", Author("me", "here"), "apply", (change,))
        store.put(f"{HISTORY_PREFIX}forged/0000-1", entry.encode())
        result = undo(calicoctl)
        assert (result.exit_code, store.get(key)) == (8, b"{}")
        return last_line(result)

    apply(calicoctl, profile("a"))
    refused = "the history is damaged: this key is never recorded"
    assert forge("/registry/secret", "harmless") == f"storedObject/registry/secret: {refused}"
    assert forge(CLUSTER_KEY, "harmless").endswith(refused)
    store.put(f"{HISTORY_PREFIX}forged/0000-1", "{}")
    apply(calicoctl, profile("b"))


def test_unreadable_entries_are_not_skipped(store: Etcd, calicoctl: Calicoctl) -> None:
    revisions = []
    for order in (1, 2, 3):
        apply(calicoctl, policy("p", order=order))
        revisions.append(store.revision())
    *_, newest = sorted(store.keys(HISTORY_PREFIX), key=lambda key: mod_revision(store, key))
    for value in ('{"formatVersion": 2}', "damaged"):
        store.put(newest, value)
        before = store.values()
        for argument in ("--last", str(revisions[0]), str(revisions[2])):
            refused = undo(calicoctl, argument)
            assert (refused.exit_code, refused.stdout, store.values()) == (8, "", before)
            assert f"{newest} " in refused.stderr
            assert "can't be undone (use the version" in refused.stderr
        found = calicoctl("doctor")
        assert (found.exit_code, f"{newest} " in found.stdout) == (1, True)
    newer = store.revision()
    assert undo(calicoctl, str(newer)).stdout == "nothing to do\n"
    apply(calicoctl, policy("p", order=4))
    assert undo(calicoctl).exit_code == 0  # the unreadable entry is older
    store.etcdctl("del", newest)
    assert undo(calicoctl, str(revisions[0]), "--force").exit_code == 0
    assert read_object(store, policy_key("p"))["spec"]["order"] == 1
    assert calicoctl("doctor").exit_code == 0


def test_the_permission_for_the_history(store: Etcd, calicoctl: Calicoctl) -> None:
    """export does not contain the history, and import does not need it."""
    apply(calicoctl, profile("a"))
    exported = calicoctl("export").stdout
    assert HISTORY_PREFIX not in exported
    for arguments in (("rollback", "HEAD~1"), ("get", "profile", "--at", "yesterday"), ("diff", "--at", "0")):
        wrong = calicoctl(*arguments)
        assert (wrong.exit_code, f"{arguments[-1]!r}: expected a revision, such as 42 (see" in wrong.stderr) == (
            2,
            True,
        )
    assert calicoctl("get", "profile", "--at", "1").exit_code in (0, 6)
    assert calicoctl("get", "profile", "--at", "1", "--watch").exit_code == 2
