"""Following the datastore: what is known at the end is what is there, whatever happens on the way."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from calicoctl.datastore import Changes, Range, Snapshot, connection
from calicoctl.datastore.reflector import Reflector
from calicoctl.datastore.watch_stream import Watch
from calicoctl.errors import DatastoreUnreachable
from tests.datastore.conftest import Connect
from tests.datastore.gate import Gate
from tests.etcdserver import Etcd, RestartableEtcd

ALL = (Range("/a/", prefix=True),)
PATIENCE = 30.0


class Known:
    """What a follower has told so far."""

    def __init__(self, follower: Reflector) -> None:
        self.follower = follower
        self.values: dict[str, bytes] = {}
        self.history: list[dict[str, bytes | None]] = []
        self._changes = follower.changes(time.monotonic() + PATIENCE)
        self._take(next(self._changes))

    def until(self, reached: Callable[[], bool]) -> None:
        """Follow until something is so."""
        while not reached():
            changes = next(self._changes, None)
            assert changes is not None, f"not reached: {self.values}"
            self._take(changes)

    def until_it_is(self, **values: str) -> None:
        """Follow until these are the values of the keys in /a/."""
        self.until(lambda: self.values == {f"/a/{name}": text.encode() for name, text in values.items()})

    def _take(self, changes: Changes) -> None:
        if changes:
            self.history.append({key: entry.value if entry else None for key, entry in changes.items()})
        for key, entry in changes.items():
            if entry:
                assert self.values.get(key) != entry.value, "the same state twice"
                self.values[key] = entry.value
            else:
                del self.values[key]


def test_every_change_comes_once_and_in_order(store: Etcd, reach: Connect) -> None:
    store.put("/a/x", "1")
    store.put("/b/x", "1")
    known = Known(Reflector(reach(store.endpoint), ALL))
    assert known.values == {"/a/x": b"1"}
    store.put("/a/x", "2")
    store.put("/b/x", "2")
    store.etcdctl("del", "/a/x")
    store.etcdctl("txn", input="\nput /a/y 1\nput /a/z 1\n\n\n")
    known.until_it_is(y="1", z="1")
    assert known.history[1:] == [{"/a/x": b"2"}, {"/a/x": None}, {"/a/y": b"1", "/a/z": b"1"}]


def test_many_quick_changes(store: Etcd, reach: Connect) -> None:
    known = Known(Reflector(reach(store.endpoint), ALL))
    for start in range(0, 300, 100):
        store.etcdctl("txn", input="\n" + "".join(f"put /a/{n} {n}\n" for n in range(start, start + 100)) + "\n\n")
    known.until(lambda: len(known.values) == 300)
    store.etcdctl("del", "--prefix", "/a/")
    known.until_it_is()
    assert len(known.history) == 4


def test_ranges_that_overlap_tell_a_change_once(store: Etcd, reach: Connect) -> None:
    ranges = (Range("/a/x"), Range("/a/x"), *ALL, Range("/a/x", prefix=True), Range("/b"))
    known = Known(Reflector(reach(store.endpoint), ranges))
    store.put("/a/x", "1")
    store.put("/b", "1")
    known.until(lambda: len(known.values) == 2)
    assert known.history == [{"/a/x": b"1"}, {"/b": b"1"}]


def test_a_key_alone_is_not_a_prefix(store: Etcd, reach: Connect) -> None:
    known = Known(Reflector(reach(store.endpoint), [Range("/a/x")]))
    store.put("/a/xx", "1")
    store.put("/a/x", "1")
    known.until_it_is(x="1")


def test_a_restart_of_etcd(restartable: RestartableEtcd, reach: Connect) -> None:
    etcd = restartable.etcd
    for name in "abc":
        etcd.put(f"/a/{name}", "1")
    known = Known(Reflector(reach(etcd.endpoint), ALL))
    restartable.stop()
    restartable.start()
    etcd.put("/a/a", "2")
    etcd.etcdctl("del", "/a/b")
    restartable.compact()
    known.until_it_is(a="2", c="1")
    assert {key for changes in known.history[1:] for key in changes} == {"/a/a", "/a/b"}
    etcd.put("/a/d", "1")
    known.until_it_is(a="2", c="1", d="1")


def test_changes_and_a_compaction_before_watching(store: Etcd, reach: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    datastore = reach(store.endpoint)
    store.put("/a/x", "1")
    store.put("/a/y", "1")
    watch = datastore.watch

    def late(ranges: Sequence[Range]) -> Watch:
        store.put("/a/x", "2")
        store.etcdctl("del", "/a/y")
        store.etcdctl("compact", str(store.revision()))
        return watch(ranges)

    monkeypatch.setattr(datastore, "watch", late)
    known = Known(Reflector(datastore, ALL))
    known.until_it_is(x="2")
    store.put("/a/x", "3")
    known.until_it_is(x="3")


def test_changes_between_watching_and_listing_come_once(
    store: Etcd, reach: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    datastore = reach(store.endpoint)
    read = datastore.read
    values = iter(["1"])

    def late(ranges: Sequence[Range]) -> Snapshot:
        if value := next(values, None):
            store.put("/a/x", value)
        return read(ranges)

    monkeypatch.setattr(datastore, "read", late)
    known = Known(Reflector(datastore, ALL))
    store.put("/a/y", "1")
    known.until_it_is(x="1", y="1")
    assert known.history == [{"/a/x": b"1"}, {"/a/y": b"1"}]


def test_a_backup_that_is_restored_has_older_revisions(
    restartable: RestartableEtcd, tmp_path: Path, reach: Connect
) -> None:
    etcd = restartable.etcd
    etcd.put("/a/old", "1")
    etcd.put("/a/both", "1")
    backup = tmp_path / "backup"
    restartable.stop()
    shutil.copytree(tmp_path / "data", backup)
    restartable.start()
    etcd.put("/a/both", "of the time after")  # at the same revision as below
    etcd.etcdctl("del", "/a/old")
    etcd.put("/a/new", "1")
    known = Known(Reflector(reach(etcd.endpoint), ALL))
    restartable.stop()
    shutil.rmtree(tmp_path / "data")
    shutil.copytree(backup, tmp_path / "data")
    restartable.start()
    etcd.put("/a/both", "of another time after")
    known.until_it_is(old="1", both="of another time after")
    etcd.put("/a/old", "2")
    known.until_it_is(old="2", both="of another time after")


def test_another_endpoint_takes_over(store: Etcd, gate: Gate, standby: Gate, reach: Connect) -> None:
    store.put("/a/x", "1")
    datastore = reach(gate.endpoint, standby.endpoint)
    standby.thaw()
    known = Known(Reflector(datastore, ALL))
    store.put("/a/x", "2")
    known.until_it_is(x="2")
    assert datastore.endpoint == gate.endpoint
    gate.close()
    store.etcdctl("del", "/a/x")
    store.put("/a/y", "1")
    known.until_it_is(y="1")
    assert datastore.endpoint == standby.endpoint


def test_a_connection_that_falls_silent_is_noticed(
    store: Etcd, gate: Gate, standby: Gate, reach: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    quicker = {"grpc.keepalive_time_ms": 300, "grpc.keepalive_timeout_ms": 300, "grpc.http2.ping_timeout_ms": 300}
    options = tuple((name, quicker.get(name, value)) for name, value in connection._CHANNEL_OPTIONS)
    assert options != connection._CHANNEL_OPTIONS
    monkeypatch.setattr(connection, "_CHANNEL_OPTIONS", options)
    known = Known(Reflector(reach(gate.endpoint, standby.endpoint, timeout=1.0), ALL))
    standby.thaw()
    store.put("/a/x", "1")
    known.until_it_is(x="1")
    gate.freeze()
    store.put("/a/x", "2")
    known.until_it_is(x="2")


def test_a_long_absence_is_told_once(restartable: RestartableEtcd, reach: Connect) -> None:
    told: list[DatastoreUnreachable | None] = []
    etcd = restartable.etcd
    known = Known(Reflector(reach(etcd.endpoint, timeout=0.5), ALL, told.append))
    restartable.stop()
    known.until(lambda: bool(told))
    assert told[0]
    assert told[0].lines[1:] == (f"  {etcd.endpoint}: connection refused",)
    assert known.follower.error is told[0]
    tries = known.follower._failed_attempts
    known.until(lambda: known.follower._failed_attempts > tries)
    restartable.start()
    etcd.put("/a/x", "1")
    known.until_it_is(x="1")
    assert told == [told[0], None]
    assert known.follower.error is None


def test_a_short_absence_is_not_told(restartable: RestartableEtcd, reach: Connect) -> None:
    told: list[DatastoreUnreachable | None] = []
    known = Known(Reflector(reach(restartable.etcd.endpoint, timeout=PATIENCE), ALL, told.append))
    restartable.stop()
    known.until(lambda: known.follower.error is not None)
    restartable.start()
    restartable.etcd.put("/a/x", "1")
    known.until_it_is(x="1")
    assert told == []


def test_at_the_beginning_it_has_to_be_there(restartable: RestartableEtcd, reach: Connect) -> None:
    follower = Reflector(reach(restartable.etcd.endpoint), ALL)
    restartable.stop()
    with pytest.raises(DatastoreUnreachable, match="connection refused"):
        next(follower.changes())


def test_it_ends_in_time_where_nobody_answers(store: Etcd, gate: Gate, reach: Connect) -> None:
    changes = Reflector(reach(gate.endpoint), ALL).changes(time.monotonic() + 1)
    next(changes)
    gate.close()
    assert not any(changes)


def test_a_token_that_has_expired_is_renewed(users_etcd: Etcd, reach: Connect) -> None:
    datastore = reach(users_etcd.endpoint, username="root", password="secret")
    known = Known(Reflector(datastore, [Range("/calico/t/", prefix=True)]))
    time.sleep(2.5)  # tokens end after a second, and up to one later
    users_etcd.put("/calico/t/x", "1")
    known.until(lambda: known.values == {"/calico/t/x": b"1"})
    datastore.close()  # the next watch needs a login
    users_etcd.put("/calico/t/x", "2")
    known.until(lambda: known.values == {"/calico/t/x": b"2"})


def test_what_may_be_read_may_be_watched_and_nothing_else(users_etcd: Etcd, reach: Connect) -> None:
    login = {"username": "bob", "password": "builder"}
    known = Known(Reflector(reach(users_etcd.endpoint, **login), [Range("/calico/b/", prefix=True)]))
    users_etcd.put("/calico/b/x", "1")
    known.until(lambda: known.values == {"/calico/b/x": b"1"})
    with pytest.raises(DatastoreUnreachable, match="can't read /other/: permission denied"):
        next(Reflector(reach(users_etcd.endpoint, **login), [Range("/other/", prefix=True)]).changes())


def test_a_watch_that_is_refused_is_an_error(users_etcd: Etcd, reach: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    datastore = reach(users_etcd.endpoint, username="bob", password="builder")
    watch = datastore.watch
    monkeypatch.setattr(datastore, "watch", lambda ranges: watch([Range("/other")]))
    known = Known(Reflector(datastore, [Range("/calico/b/", prefix=True)]))
    with pytest.raises(DatastoreUnreachable) as caught:
        known.until(lambda: False)
    assert caught.value.lines == (f"{users_etcd.endpoint}: can't watch /calico/b/: permission denied (user 'bob')",)
