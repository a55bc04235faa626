"""Reflector: its entries are those of etcd after lost connections, restarts and compactions."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from calicoctl.datastore import Changes, Range, Snapshot, connection
from calicoctl.datastore.reflector import Reflector
from calicoctl.datastore.watch_stream import WatchStream
from calicoctl.errors import DatastoreUnreachable
from tests.support.etcd_server import Etcd, RestartableEtcd
from tests.support.fixture_types import OpenDatastore
from tests.support.tcp_proxy import TcpProxy

WATCHED_RANGES = (Range("/a/", prefix=True),)
TIMEOUT_SECONDS = 30.0


class ReflectedState:
    """Entries and changes reported by a reflector."""

    def __init__(self, reflector: Reflector) -> None:
        self.reflector = reflector
        self.values: dict[str, bytes] = {}
        self.history: list[dict[str, bytes | None]] = []
        self._changes = reflector.changes(time.monotonic() + TIMEOUT_SECONDS)
        self._apply(next(self._changes))

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Apply changes until the condition is met."""
        while not condition():
            changes = next(self._changes, None)
            assert changes is not None, f"not reached: {self.values}"
            self._apply(changes)

    def wait_for_values(self, **values: str) -> None:
        """Apply changes until the keys in /a/ have these values."""
        self.wait_until(lambda: self.values == {f"/a/{name}": text.encode() for name, text in values.items()})

    def _apply(self, changes: Changes) -> None:
        if changes:
            self.history.append({key: entry.value if entry else None for key, entry in changes.items()})
        for key, entry in changes.items():
            if entry:
                assert self.values.get(key) != entry.value, "the same state twice"
                self.values[key] = entry.value
            else:
                del self.values[key]


def test_each_change_is_reported_once_and_in_order(store: Etcd, open_datastore: OpenDatastore) -> None:
    store.put("/a/x", "1")
    store.put("/b/x", "1")
    known = ReflectedState(Reflector(open_datastore(store.endpoint), WATCHED_RANGES))
    assert known.values == {"/a/x": b"1"}
    store.put("/a/x", "2")
    store.put("/b/x", "2")
    store.etcdctl("del", "/a/x")
    store.etcdctl("txn", input="\nput /a/y 1\nput /a/z 1\n\n\n")
    known.wait_for_values(y="1", z="1")
    assert known.history[1:] == [{"/a/x": b"2"}, {"/a/x": None}, {"/a/y": b"1", "/a/z": b"1"}]


def test_many_quick_changes(store: Etcd, open_datastore: OpenDatastore) -> None:
    known = ReflectedState(Reflector(open_datastore(store.endpoint), WATCHED_RANGES))
    for start in range(0, 300, 100):
        store.etcdctl("txn", input="\n" + "".join(f"put /a/{n} {n}\n" for n in range(start, start + 100)) + "\n\n")
    known.wait_until(lambda: len(known.values) == 300)
    store.etcdctl("del", "--prefix", "/a/")
    known.wait_for_values()
    assert len(known.history) == 4


def test_overlapping_ranges_report_a_change_once(store: Etcd, open_datastore: OpenDatastore) -> None:
    ranges = (Range("/a/x"), Range("/a/x"), *WATCHED_RANGES, Range("/a/x", prefix=True), Range("/b"))
    known = ReflectedState(Reflector(open_datastore(store.endpoint), ranges))
    store.put("/a/x", "1")
    store.put("/b", "1")
    known.wait_until(lambda: len(known.values) == 2)
    assert known.history == [{"/a/x": b"1"}, {"/b": b"1"}]


def test_a_key_alone_is_not_a_prefix(store: Etcd, open_datastore: OpenDatastore) -> None:
    known = ReflectedState(Reflector(open_datastore(store.endpoint), [Range("/a/x")]))
    store.put("/a/xx", "1")
    store.put("/a/x", "1")
    known.wait_for_values(x="1")


def test_a_restart_of_etcd(restartable_etcd: RestartableEtcd, open_datastore: OpenDatastore) -> None:
    etcd = restartable_etcd.etcd
    for name in "abc":
        etcd.put(f"/a/{name}", "1")
    known = ReflectedState(Reflector(open_datastore(etcd.endpoint), WATCHED_RANGES))
    restartable_etcd.stop()
    restartable_etcd.start()
    etcd.put("/a/a", "2")
    etcd.etcdctl("del", "/a/b")
    restartable_etcd.compact()
    known.wait_for_values(a="2", c="1")
    assert {key for changes in known.history[1:] for key in changes} == {"/a/a", "/a/b"}
    etcd.put("/a/d", "1")
    known.wait_for_values(a="2", c="1", d="1")


def test_changes_and_a_compaction_before_watching(
    store: Etcd, open_datastore: OpenDatastore, monkeypatch: pytest.MonkeyPatch
) -> None:
    datastore = open_datastore(store.endpoint)
    store.put("/a/x", "1")
    store.put("/a/y", "1")
    watch = datastore.watch

    def late(ranges: Sequence[Range]) -> WatchStream:
        store.put("/a/x", "2")
        store.etcdctl("del", "/a/y")
        store.etcdctl("compact", str(store.revision()))
        return watch(ranges)

    monkeypatch.setattr(datastore, "watch", late)
    known = ReflectedState(Reflector(datastore, WATCHED_RANGES))
    known.wait_for_values(x="2")
    store.put("/a/x", "3")
    known.wait_for_values(x="3")


def test_changes_between_watch_and_list_are_reported_once(
    store: Etcd, open_datastore: OpenDatastore, monkeypatch: pytest.MonkeyPatch
) -> None:
    datastore = open_datastore(store.endpoint)
    read = datastore.read
    values = iter(["1"])

    def late(ranges: Sequence[Range]) -> Snapshot:
        if value := next(values, None):
            store.put("/a/x", value)
        return read(ranges)

    monkeypatch.setattr(datastore, "read", late)
    known = ReflectedState(Reflector(datastore, WATCHED_RANGES))
    store.put("/a/y", "1")
    known.wait_for_values(x="1", y="1")
    assert known.history == [{"/a/x": b"1"}, {"/a/y": b"1"}]


def test_a_backup_that_is_restored_has_older_revisions(
    restartable_etcd: RestartableEtcd, tmp_path: Path, open_datastore: OpenDatastore
) -> None:
    etcd = restartable_etcd.etcd
    etcd.put("/a/old", "1")
    etcd.put("/a/both", "1")
    backup = tmp_path / "backup"
    restartable_etcd.stop()
    shutil.copytree(tmp_path / "data", backup)
    restartable_etcd.start()
    etcd.put("/a/both", "of the time after")  # at the same revision as below
    etcd.etcdctl("del", "/a/old")
    etcd.put("/a/new", "1")
    known = ReflectedState(Reflector(open_datastore(etcd.endpoint), WATCHED_RANGES))
    restartable_etcd.stop()
    shutil.rmtree(tmp_path / "data")
    shutil.copytree(backup, tmp_path / "data")
    restartable_etcd.start()
    etcd.put("/a/both", "of another time after")
    known.wait_for_values(old="1", both="of another time after")
    etcd.put("/a/old", "2")
    known.wait_for_values(old="2", both="of another time after")


def test_another_endpoint_takes_over(
    store: Etcd, proxy: TcpProxy, standby_proxy: TcpProxy, open_datastore: OpenDatastore
) -> None:
    store.put("/a/x", "1")
    datastore = open_datastore(proxy.endpoint, standby_proxy.endpoint)
    standby_proxy.thaw()
    known = ReflectedState(Reflector(datastore, WATCHED_RANGES))
    store.put("/a/x", "2")
    known.wait_for_values(x="2")
    assert datastore.endpoint == proxy.endpoint
    proxy.close()
    store.etcdctl("del", "/a/x")
    store.put("/a/y", "1")
    known.wait_for_values(y="1")
    assert datastore.endpoint == standby_proxy.endpoint


def test_a_connection_that_falls_silent_is_noticed(
    store: Etcd,
    proxy: TcpProxy,
    standby_proxy: TcpProxy,
    open_datastore: OpenDatastore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quicker = {"grpc.keepalive_time_ms": 300, "grpc.keepalive_timeout_ms": 300, "grpc.http2.ping_timeout_ms": 300}
    options = tuple((name, quicker.get(name, value)) for name, value in connection._CHANNEL_OPTIONS)
    assert options != connection._CHANNEL_OPTIONS
    monkeypatch.setattr(connection, "_CHANNEL_OPTIONS", options)
    known = ReflectedState(
        Reflector(open_datastore(proxy.endpoint, standby_proxy.endpoint, timeout=1.0), WATCHED_RANGES)
    )
    standby_proxy.thaw()
    store.put("/a/x", "1")
    known.wait_for_values(x="1")
    proxy.freeze()
    store.put("/a/x", "2")
    known.wait_for_values(x="2")


def test_a_long_outage_is_reported_once(restartable_etcd: RestartableEtcd, open_datastore: OpenDatastore) -> None:
    told: list[DatastoreUnreachable | None] = []
    etcd = restartable_etcd.etcd
    known = ReflectedState(Reflector(open_datastore(etcd.endpoint, timeout=0.5), WATCHED_RANGES, told.append))
    restartable_etcd.stop()
    known.wait_until(lambda: bool(told))
    assert told[0]
    assert told[0].lines[1:] == (f"  {etcd.endpoint}: connection refused",)
    assert known.reflector.error is told[0]
    tries = known.reflector._failed_attempts
    known.wait_until(lambda: known.reflector._failed_attempts > tries)
    restartable_etcd.start()
    etcd.put("/a/x", "1")
    known.wait_for_values(x="1")
    assert told == [told[0], None]
    assert known.reflector.error is None


def test_a_short_outage_is_not_reported(restartable_etcd: RestartableEtcd, open_datastore: OpenDatastore) -> None:
    told: list[DatastoreUnreachable | None] = []
    known = ReflectedState(
        Reflector(open_datastore(restartable_etcd.etcd.endpoint, timeout=TIMEOUT_SECONDS), WATCHED_RANGES, told.append)
    )
    restartable_etcd.stop()
    known.wait_until(lambda: known.reflector.error is not None)
    restartable_etcd.start()
    restartable_etcd.etcd.put("/a/x", "1")
    known.wait_for_values(x="1")
    assert told == []


def test_the_first_connection_must_succeed(restartable_etcd: RestartableEtcd, open_datastore: OpenDatastore) -> None:
    reflector = Reflector(open_datastore(restartable_etcd.etcd.endpoint), WATCHED_RANGES)
    restartable_etcd.stop()
    with pytest.raises(DatastoreUnreachable, match="connection refused"):
        next(reflector.changes())


def test_the_deadline_ends_an_unanswered_watch(store: Etcd, proxy: TcpProxy, open_datastore: OpenDatastore) -> None:
    changes = Reflector(open_datastore(proxy.endpoint), WATCHED_RANGES).changes(time.monotonic() + 1)
    next(changes)
    proxy.close()
    assert not any(changes)


def test_a_token_that_has_expired_is_renewed(users_etcd: Etcd, open_datastore: OpenDatastore) -> None:
    datastore = open_datastore(users_etcd.endpoint, username="root", password="secret")
    known = ReflectedState(Reflector(datastore, [Range("/calico/t/", prefix=True)]))
    time.sleep(2.5)  # tokens end after a second, and up to one later
    users_etcd.put("/calico/t/x", "1")
    known.wait_until(lambda: known.values == {"/calico/t/x": b"1"})
    datastore.close()  # the next watch needs a login
    users_etcd.put("/calico/t/x", "2")
    known.wait_until(lambda: known.values == {"/calico/t/x": b"2"})


def test_watch_requires_the_read_permission(users_etcd: Etcd, open_datastore: OpenDatastore) -> None:
    login = {"username": "bob", "password": "builder"}
    known = ReflectedState(Reflector(open_datastore(users_etcd.endpoint, **login), [Range("/calico/b/", prefix=True)]))
    users_etcd.put("/calico/b/x", "1")
    known.wait_until(lambda: known.values == {"/calico/b/x": b"1"})
    with pytest.raises(DatastoreUnreachable, match="can't read /other/: permission denied"):
        next(Reflector(open_datastore(users_etcd.endpoint, **login), [Range("/other/", prefix=True)]).changes())


def test_a_watch_that_is_refused_is_an_error(
    users_etcd: Etcd, open_datastore: OpenDatastore, monkeypatch: pytest.MonkeyPatch
) -> None:
    datastore = open_datastore(users_etcd.endpoint, username="bob", password="builder")
    watch = datastore.watch
    monkeypatch.setattr(datastore, "watch", lambda ranges: watch([Range("/other")]))
    known = ReflectedState(Reflector(datastore, [Range("/calico/b/", prefix=True)]))
    with pytest.raises(DatastoreUnreachable) as caught:
        known.wait_until(lambda: False)
    assert caught.value.lines == (f"{users_etcd.endpoint}: can't watch /calico/b/: permission denied (user 'bob')",)
