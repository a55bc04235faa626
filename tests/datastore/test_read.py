"""Snapshots: keys and prefixes, all at one revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from calicoctl.datastore import Entry, Range, Write
from calicoctl.datastore.client import Datastore
from calicoctl.datastore.range_reader import EntryConsumer
from tests.support.etcd_server import Etcd
from tests.support.fixture_types import OpenDatastore
from tests.support.tcp_proxy import TcpProxy


def put_many(datastore: Datastore, count: int) -> None:
    for start in range(0, count, 128):
        keys = [f"/many/{number:05}" for number in range(start, min(start + 128, count))]
        datastore.commit([Write(key, b"1", 0) for key in keys])


def test_a_key_and_a_prefix_are_read_together(store: Etcd, datastore: Datastore) -> None:
    store.put("/a/1", "one")
    store.put("/a/2", "two")
    store.put("/a/2", "two again")
    store.put("/b", "other")

    snapshot = datastore.read([Range("/a/", prefix=True), Range("/b"), Range("/c"), Range("/c/", prefix=True)])

    now = store.revision()
    assert snapshot.revision == now
    assert [[entry[:2] for entry in found] for found in snapshot.entries_by_range] == [
        [("/a/1", b"one"), ("/a/2", b"two again")],
        [("/b", b"other")],
        [],
        [],
    ]
    assert [(entry.create_revision, entry.mod_revision) for entry in snapshot.entries_by_range[0]] == [
        (now - 3, now - 3),
        (now - 2, now - 1),
    ]


def test_a_revision_that_is_past_can_be_read(store: Etcd, datastore: Datastore) -> None:
    store.put("/a/1", "old")
    then = store.revision()
    store.put("/a/1", "new")
    store.put("/a/2", "new")
    snapshot = datastore.read([Range("/a/", prefix=True), Range("/a/2")], revision=then)
    assert snapshot.revision == then
    assert [[entry.value for entry in found] for found in snapshot.entries_by_range] == [[b"old"], []]
    assert datastore.read([], revision=then) == (then, ())


def test_a_prefix_ends_where_it_should(store: Etcd, datastore: Datastore) -> None:
    for key in ("/p", "/p/", "/p/x", "/p0", "/q"):
        store.put(key, "")
    (found,) = datastore.read([Range("/p/", prefix=True)]).entries_by_range
    assert [entry.key for entry in found] == ["/p/", "/p/x"]


def test_the_empty_prefix_is_everything(store: Etcd, datastore: Datastore) -> None:
    store.put("a", "")
    store.put("\U0010ffff", "")
    (found,) = datastore.read([Range("", prefix=True)]).entries_by_range
    assert [entry.key for entry in found] == ["a", "\U0010ffff"]


def test_reading_no_ranges_returns_the_revision(store: Etcd, datastore: Datastore) -> None:
    assert datastore.read([]) == (store.revision(), ())


def test_limit_and_keys_only(store: Etcd, datastore: Datastore) -> None:
    for number in range(3):
        store.put(f"/k/{number}", "value")
    (found,) = datastore.read([Range("/k/", prefix=True, limit=2, keys_only=True)]).entries_by_range
    assert [entry[:2] for entry in found] == [("/k/0", b""), ("/k/1", b"")]


def test_a_key_that_is_not_utf8_is_preserved(store: Etcd, datastore: Datastore) -> None:
    datastore.commit([Write("/odd/\udcff", b"value", 0)])
    (found,) = datastore.read([Range("/odd/", prefix=True)]).entries_by_range
    assert found[0].key == "/odd/\udcff"
    assert store.etcdctl("get", "--prefix", "/odd/", "--count-only", "--write-out=fields").count('"Count" : 1')


def test_more_ranges_than_a_transaction_holds(store: Etcd, datastore: Datastore) -> None:
    put_many(datastore, 300)
    snapshot = datastore.read([Range(f"/many/{number:05}") for number in range(300)])
    assert [found[0].key for found in snapshot.entries_by_range] == store.keys("/many/")


def test_many_pages_are_of_one_revision(store: Etcd, datastore: Datastore, monkeypatch: pytest.MonkeyPatch) -> None:
    put_many(datastore, 2_100)
    asked: list[Any] = []
    send = Datastore.call

    def write_between(self: Datastore, *args: Any, **options: Any) -> Any:
        answer = send(self, *args, **options)
        if not asked:
            store.put("/many/00000-new", "x")
            store.put("/many/02099", "changed")
            store.etcdctl("del", "/many/02098")
        asked.append(args)
        return answer

    monkeypatch.setattr(Datastore, "call", write_between)
    before = store.revision()
    snapshot = datastore.read([Range("/many/", prefix=True)])

    assert len(asked) == 3
    assert snapshot.revision == before
    assert [entry.key for entry in snapshot.entries_by_range[0]] == [f"/many/{number:05}" for number in range(2_100)]
    assert {entry.value for entry in snapshot.entries_by_range[0]} == {b"1"}


def test_a_compacted_snapshot_is_read_again(store: Etcd, datastore: Datastore, monkeypatch: pytest.MonkeyPatch) -> None:
    put_many(datastore, 1_100)
    asked: list[Any] = []
    send = Datastore.call

    def compact_between(self: Datastore, *args: Any, **options: Any) -> Any:
        answer = send(self, *args, **options)
        if not asked:
            store.put("/many/99999", "x")
            store.etcdctl("compact", str(store.revision()))
        asked.append(args)
        return answer

    monkeypatch.setattr(Datastore, "call", compact_between)
    assert len(datastore.read([Range("/many/", prefix=True)]).entries_by_range[0]) == 1_101


def test_more_than_grpc_takes_by_default(store: Etcd, datastore: Datastore) -> None:
    for number in range(5):
        datastore.commit([Write(f"/big/{number}", b"x" * 1_000_000, 0)])
    (found,) = datastore.read([Range("/big/", prefix=True)]).entries_by_range
    assert sum(len(entry.value) for entry in found) == 5_000_000


def test_status(store: Etcd, datastore: Datastore) -> None:
    status = datastore.status()
    assert status.endpoint == datastore.endpoint == store.endpoint
    assert f"etcdctl version: {status.version}" in store.etcdctl("version")
    assert (status.revision, status.db_size > 0) == (store.revision(), True)


def test_a_closed_datastore_opens_again(store: Etcd, datastore: Datastore) -> None:
    datastore.close()
    datastore.close()
    assert datastore.read([]).revision == store.revision()


def test_entries_are_given_as_they_arrive(store: Etcd, datastore: Datastore) -> None:
    put_many(datastore, 2_100)
    store.put("/other", "x")
    taken: list[tuple[int, list[str]]] = []

    def take(index: int, entries: Sequence[Entry]) -> None:
        taken.append((index, [entry.key for entry in entries]))

    snapshot = datastore.read([Range("/other"), Range("/many/", prefix=True)], lambda: take)
    assert [(index, len(keys)) for index, keys in taken] == [(0, 1), (1, 1_000), (1, 1_000), (1, 100)]
    assert [key for index, keys in taken if index for key in keys] == [
        entry.key for entry in snapshot.entries_by_range[1]
    ]


def test_a_read_restarts_after_a_compaction(store: Etcd, datastore: Datastore) -> None:
    put_many(datastore, 3_100)
    attempts: list[list[str]] = []

    def begin() -> EntryConsumer:
        attempts.append([])
        return take

    def take(_: int, entries: Sequence[Entry]) -> None:
        if not attempts[0]:  # the second page is on its way already, the third is not
            store.put("/many/99999", "x")
            store.etcdctl("compact", str(store.revision()))
        attempts[-1] += [entry.key for entry in entries]

    (found,) = datastore.read([Range("/many/", prefix=True)], begin).entries_by_range
    assert len(attempts) == 2
    assert attempts[1] == [entry.key for entry in found]
    assert len(found) == 3_101


def test_one_range_is_not_read_in_a_transaction(
    store: Etcd, datastore: Datastore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """etcd 3.5.4 and earlier ends if the client of a transaction that only reads goes away."""
    put_many(datastore, 1_100)
    assert datastore._connection
    monkeypatch.delattr(datastore._connection, "transact")
    (found,) = datastore.read([Range("/many/", prefix=True)]).entries_by_range
    assert len(found) == 1_100
    assert [entry.key for entry in datastore.read([Range("/many/00001")]).entries_by_range[0]] == ["/many/00001"]


def test_a_connection_that_breaks_on_the_way_is_made_up_for(
    store: Etcd, datastore: Datastore, open_datastore: OpenDatastore
) -> None:
    put_many(datastore, 3_100)
    gate = TcpProxy(store.endpoint)
    breaking = open_datastore(gate.endpoint)
    breaking.settings = replace(breaking.settings, endpoints=(gate.endpoint, store.endpoint))
    (found,) = breaking.read([Range("/many/", prefix=True)], lambda: lambda *_: gate.close()).entries_by_range
    assert [entry.key for entry in found] == [f"/many/{number:05}" for number in range(3_100)]
    assert breaking.endpoint == store.endpoint
