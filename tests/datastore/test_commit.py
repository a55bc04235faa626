"""Guarded transactions: atomic, and rejected after a concurrent change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from calicoctl.datastore import ANY_REVISION, Guard, GuardsFailed, Range, TransactionTooLarge, Write, transaction
from calicoctl.datastore.client import Datastore
from tests.support.etcd_server import Etcd, running_etcd
from tests.support.fixture_types import OpenDatastore


def test_create_change_and_delete_in_one_transaction(store: Etcd, datastore: Datastore) -> None:
    first = datastore.commit([Write("/old", b"1", 0), Write("/gone", b"1", 0)])
    second = datastore.commit(
        [Write("/new", b"n", 0), Write("/old", b"2", first.revision), Write("/gone", None, first.revision)]
    )
    assert second.revision == first.revision + 1 == store.revision()
    assert (store.get("/new"), store.get("/old"), store.get("/gone")) == (b"n", b"2", None)
    (found,) = datastore.read([Range("/old")]).entries_by_range
    assert found[0].mod_revision == second.revision


def test_nothing_is_written_when_a_guard_fails(store: Etcd, datastore: Datastore) -> None:
    store.put("/there", "1")
    there = store.revision()
    store.put("/other", "1")
    with pytest.raises(GuardsFailed) as caught:
        datastore.commit(
            [Write("/fine", b"1", 0), Write("/there", b"2", 0), Write("/missing", None, 7)],
            [Guard("/other", there), Guard("/there", there)],
        )
    assert store.keys() == ["/other", "/there"]
    assert store.revision() == there + 1 == caught.value.revision
    failed = [
        (each.key, each.expected_revision, each.current_entry and each.current_entry.value)
        for each in caught.value.failed_guards
    ]
    assert failed == [("/there", 0, b"1"), ("/missing", 7, None), ("/other", there, b"1")]


def test_a_guard_that_is_given_twice_counts_once() -> None:
    assert transaction.all_guards([Write("/a", b"", 3)], [Guard("/a", 3), Guard("/b", 0)]) == (
        Guard("/a", 3),
        Guard("/b", 0),
    )


def test_a_guard_of_a_prefix_fails_for_what_was_created_or_changed_since(store: Etcd, datastore: Datastore) -> None:
    store.put("/a/1", "1")
    store.put("/b", "1")
    before = store.revision()
    guard = Guard("/a/", before, prefix=True)
    datastore.commit([Write("/a/2", b"1", 0)], [guard])  # guards are evaluated before the writes
    for key in ("/a/1", "/a/3"):
        now = store.revision()
        store.put(key, "new")
        store.put("/b", "new")
        with pytest.raises(GuardsFailed) as caught:
            datastore.commit([Write("/c", b"1", 0)], [Guard("/a/", now, prefix=True), Guard("/d", 0)])
        (failed,) = caught.value.failed_guards
        assert (failed.key, failed.expected_revision, failed.current_entry and failed.current_entry.value) == (
            key,
            now,
            b"new",
        )
    store.etcdctl("del", "/a/1")  # a deletion is not detected
    datastore.commit([Write("/c", b"1", 0)], [Guard("/a/", store.revision() - 1, prefix=True)])
    datastore.commit([Write("/e", b"1", 0)], [Guard("/none/", 1, prefix=True)])


def test_guards_alone_change_nothing(store: Etcd, datastore: Datastore) -> None:
    before = store.revision()
    assert datastore.commit([], [Guard("/absent", 0)]).revision == before


def test_of_two_writers_one_wins(store: Etcd, open_datastore: OpenDatastore) -> None:
    stores = [open_datastore(store.endpoint) for _ in range(2)]

    def count(datastore: Datastore) -> int:
        lost = 0
        for _ in range(50):
            while True:
                (found,) = datastore.read([Range("/count")]).entries_by_range
                value, revision = (int(found[0].value), found[0].mod_revision) if found else (0, 0)
                try:
                    datastore.commit([Write("/count", str(value + 1).encode(), revision)])
                    break
                except GuardsFailed:
                    lost += 1
        return lost

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count, stores))
    assert store.get("/count") == b"100"


def test_as_much_as_etcd_takes(store: Etcd, datastore: Datastore) -> None:
    datastore.commit([Write(f"/{number}", b"", 0) for number in range(128)])
    assert len(store.keys()) == 128
    size = transaction.MAX_REQUEST_BYTES - transaction.build_request([Write("/big", b"", 0)], []).ByteSize() - 8
    assert datastore.size_error([Write("/big", b"x" * size, 0)]) is None
    datastore.commit([Write("/big", b"x" * size, 0)])
    assert len(store.get("/big") or b"") == size


@pytest.mark.parametrize(
    ("writes", "guards", "operations"),
    [
        ([Write(f"/{number}", b"", 0) for number in range(129)], [], 129),
        ([Write("/a", b"", 0)], [Guard(f"/{number}", 0) for number in range(128)], 129),
        ([Write("/a", b"x" * 1_572_864, 0)], [], 1),
    ],
)
def test_too_much_is_not_sent(
    store: Etcd, datastore: Datastore, writes: list[Write], guards: list[Guard], operations: int
) -> None:
    assert datastore.size_error(writes, guards)
    with pytest.raises(TransactionTooLarge) as caught:
        datastore.commit(writes, guards)
    assert (caught.value.operations, caught.value.max_operations) == (operations, 128)
    assert caught.value.size > sum(len(write.value or b"") for write in writes)
    assert store.keys() == []


def test_a_server_with_lower_limits(tmp_path: Path, open_datastore: OpenDatastore) -> None:
    with running_etcd(tmp_path, "--max-txn-ops=4", "--max-request-bytes=9000") as server:
        datastore = open_datastore(server.endpoint)
        for writes in ([Write(f"/{number}", b"", 0) for number in range(5)], [Write("/a", b"x" * 9_000, 0)]):
            with pytest.raises(TransactionTooLarge):
                datastore.commit(writes)
        assert server.keys() == []
        datastore.close()


def test_the_log_of_a_transaction_proves_that_it_was_executed(store: Etcd, datastore: Datastore) -> None:
    """Writes without a guard are no conflict. The key of the log decides, also after changes by other clients."""
    store.put("/a", "old")
    store.put("/pruned/1", "x")
    store.put("/pruned/2", "x")
    before = store.revision() - 2
    writes = [
        Write("/a", b"ours", before),
        Write("/log/1", b"entry", ANY_REVISION),
        Write("/pruned/", None, ANY_REVISION, prefix=True),
    ]
    assert datastore.find_commit(writes) is None
    done = datastore.commit(writes)
    assert store.keys() == ["/a", "/log/1"]
    store.put("/a", "theirs")
    assert datastore.find_commit(writes) == done
    with pytest.raises(GuardsFailed) as raised:
        datastore.commit(writes)
    assert [guard.key for guard in raised.value.failed_guards] == ["/a"]
    store.delete("/log/1")
    assert datastore.find_commit(writes) is None
