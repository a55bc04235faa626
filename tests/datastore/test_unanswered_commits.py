"""Transactions whose answer is lost: they are executed once, and their result is the state of etcd."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from calicoctl.datastore import GuardsFailed, Write, authentication
from calicoctl.datastore.client import Datastore
from calicoctl.errors import RequestRejected, WriteResultUnknown
from tests.support.etcd_server import Etcd, running_etcd
from tests.support.fixture_types import OpenDatastore
from tests.support.tcp_proxy import TcpProxy


@pytest.fixture
def through_proxies(proxy: TcpProxy, standby_proxy: TcpProxy, open_datastore: OpenDatastore) -> Datastore:
    """Connected through `proxy`; `standby_proxy` is available after that."""
    datastore = open_datastore(proxy.endpoint, standby_proxy.endpoint, timeout=1.0)
    standby_proxy.thaw()
    return datastore


def lose_answer(proxy: TcpProxy, store: Etcd) -> None:
    proxy.cut_at_next_response()


def lose_request(proxy: TcpProxy, store: Etcd) -> None:
    proxy.on_request(b"/a", proxy.close)


def close_before(proxy: TcpProxy, store: Etcd) -> None:
    proxy.close()
    time.sleep(0.1)


def freeze(proxy: TcpProxy, store: Etcd) -> None:
    proxy.freeze()


@pytest.mark.parametrize("disturb", [lose_answer, lose_request, close_before, freeze])
def test_an_unanswered_commit_is_executed_once(
    store: Etcd, proxy: TcpProxy, through_proxies: Datastore, disturb: object
) -> None:
    store.put("/b", "old")
    before = store.revision()
    assert callable(disturb)
    disturb(proxy, store)
    result = through_proxies.commit([Write("/a", b"1", 0), Write("/b", None, before)])
    assert (result.revision, store.revision()) == (before + 1, before + 1)
    assert store.keys() == ["/a"]


def test_an_unanswered_deletion_is_executed_once(store: Etcd, proxy: TcpProxy, through_proxies: Datastore) -> None:
    store.put("/a", "old")
    before = store.revision()
    proxy.cut_at_next_response()
    assert through_proxies.commit([Write("/a", None, before)]).revision == before + 1 == store.revision()
    assert store.keys() == []


def test_an_unanswered_commit_is_told_from_that_of_another_client(
    store: Etcd, proxy: TcpProxy, through_proxies: Datastore
) -> None:
    def happens() -> None:
        store.put("/a", "theirs")
        proxy.close()

    proxy.on_request(b"/a", happens)
    with pytest.raises(GuardsFailed) as caught:
        through_proxies.commit([Write("/a", b"ours", 0)])
    assert [each.key for each in caught.value.failed_guards] == ["/a"]
    assert store.get("/a") == b"theirs"


def test_a_commit_that_another_client_has_overwritten_since(
    store: Etcd, proxy: TcpProxy, standby_proxy: TcpProxy, through_proxies: Datastore
) -> None:
    standby_proxy.freeze()
    proxy.cut_at_next_response()

    def overwrite() -> None:
        while store.get("/b") is None:
            time.sleep(0.01)
        store.put("/b", "theirs")
        standby_proxy.thaw()

    rival = threading.Thread(target=overwrite)
    rival.start()
    written = through_proxies.commit([Write("/a", b"ours", 0), Write("/b", b"ours", 0)])
    rival.join()
    assert (store.get("/a"), store.get("/b")) == (b"ours", b"theirs")
    assert store.revision() == written.revision + 1


def test_a_commit_into_silence_has_an_unknown_result_in_time(
    store: Etcd, proxy: TcpProxy, open_datastore: OpenDatastore
) -> None:
    datastore = open_datastore(proxy.endpoint, timeout=0.5)
    proxy.freeze()
    started = time.monotonic()
    with pytest.raises(WriteResultUnknown, match="no answer in time"):
        datastore.commit([Write("/a", b"1", 0)])
    assert time.monotonic() - started < 1.5


def test_etcd_restarts_within_the_timeout(tmp_path: Path, open_datastore: OpenDatastore) -> None:
    with running_etcd(tmp_path) as first:
        gate = TcpProxy(first.endpoint)
        datastore = open_datastore(gate.endpoint, timeout=20.0)
        gate.cut_at_next_response()
        results: list[object] = []
        writer = threading.Thread(target=lambda: results.append(datastore.commit([Write("/a", b"1", 0)])))
        writer.start()
        while first.get("/a") is None:
            time.sleep(0.01)
    again = (f"--listen-client-urls={gate.endpoint}", f"--advertise-client-urls={gate.endpoint}")
    with running_etcd(tmp_path, *again):
        writer.join(20)
        assert results
        assert Etcd(gate.endpoint).get("/a") == b"1"
        datastore.close()


def test_a_full_etcd_rejects_a_commit(tmp_path: Path, open_datastore: OpenDatastore) -> None:
    with running_etcd(tmp_path, "--quota-backend-bytes=4000000") as server:
        datastore = open_datastore(server.endpoint)
        written = 0

        def fill() -> None:
            nonlocal written
            while True:
                datastore.commit([Write(f"/{written:02}", b"x" * 500_000, 0)])
                written += 1

        with pytest.raises(RequestRejected, match="the space quota of etcd is exceeded"):
            fill()
        assert len(server.keys()) == written > 0
        datastore.close()


def test_an_unanswered_role_is_added_once(store: Etcd, proxy: TcpProxy, through_proxies: Datastore) -> None:
    proxy.cut_at_next_response()
    try:
        authentication.add_role(through_proxies, "added")
        assert store.etcdctl("role", "list") == "added\n"
        with pytest.raises(RequestRejected, match=r"can't add role 'added': .*role name already exists"):
            authentication.add_role(through_proxies, "added")
    finally:
        store.etcdctl("role", "delete", "added")
