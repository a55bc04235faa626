"""Several transactions in flight: results, limits, end after a failure."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from calicoctl.datastore import CommitResult, Guard, GuardsFailed, TransactionTooLarge, Write
from calicoctl.datastore.client import Datastore
from calicoctl.errors import DatastoreUnreachable, WriteResultUnknown
from tests.support.etcd_server import Etcd, running_etcd
from tests.support.fixture_types import OpenDatastore
from tests.support.http2_proxy import Http2Proxy
from tests.support.tcp_proxy import TcpProxy

GUARD = [Guard("/lock", 0)]


def writes(count: int) -> list[Write]:
    return [Write(f"/{number:03}", b"x", 0) for number in range(count)]


@pytest.fixture
def small_batches(datastore: Datastore) -> Datastore:
    """Sends two writes and a guard in each transaction."""
    datastore.max_operations = 3
    return datastore


def test_every_batch_has_its_result(store: Etcd, small_batches: Datastore) -> None:
    before = store.revision()
    results = sorted(small_batches.commit_batches(writes(41), GUARD), key=lambda each: each[0][0].key)
    assert [[write.key for write in batch] for batch, _ in results] == [
        [f"/{number:03}" for number in range(first, min(first + 2, 41))] for first in range(0, 41, 2)
    ]
    revisions = [result.revision for _, result in results if isinstance(result, CommitResult)]
    assert sorted(revisions) == list(range(before + 1, before + 22))
    assert store.keys() == [f"/{number:03}" for number in range(41)]


def test_nothing_to_write(store: Etcd, small_batches: Datastore) -> None:
    assert list(small_batches.commit_batches([], GUARD)) == []


def test_large_values_share_a_transaction_only_while_they_fit(store: Etcd, datastore: Datastore) -> None:
    large = [Write(f"/{number}", b"x" * 600_000, 0) for number in range(5)]
    results = list(datastore.commit_batches(large, GUARD))
    assert sorted(len(batch) for batch, _ in results) == [1, 2, 2]
    assert all(isinstance(result, CommitResult) for _, result in results)


def test_eight_are_on_their_way_at_once(store: Etcd, proxy: TcpProxy, open_datastore: OpenDatastore) -> None:
    datastore = open_datastore(proxy.endpoint)
    datastore.max_operations = 3
    proxy.freeze()
    sender = threading.Thread(target=lambda: list(datastore.commit_batches(writes(40), GUARD)))
    sender.start()
    deadline = time.monotonic() + 5
    while len(store.keys()) < 16 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    assert len(store.keys()) == 16
    proxy.thaw()
    sender.join(5)
    assert len(store.keys()) == 40


def test_after_a_failed_guard_nothing_more_is_sent(store: Etcd, small_batches: Datastore) -> None:
    store.put("/005", "theirs")
    results = list(small_batches.commit_batches(writes(60), GUARD))
    ((place, key, result),) = (
        (place, batch[0].key, result)
        for place, (batch, result) in enumerate(results)
        if not isinstance(result, CommitResult)
    )
    assert key == "/004"
    assert isinstance(result, GuardsFailed)
    assert [each.key for each in result.failed_guards] == ["/005"]
    assert 3 <= len(results) <= place + 1 + 7  # batches in flight
    assert store.get("/005") == b"theirs"
    written = {write.key for batch, result in results if isinstance(result, CommitResult) for write in batch}
    assert set(store.keys()) == written | {"/005"}


def test_a_guard_counts_in_each(store: Etcd, small_batches: Datastore) -> None:
    store.put("/lock", "")
    results = list(small_batches.commit_batches(writes(60), GUARD))
    assert all(isinstance(result, GuardsFailed) for _, result in results)
    assert len(results) <= 8
    assert store.keys() == ["/lock"]


@pytest.mark.parametrize("after", [0, 1, 3])
def test_when_it_is_to_stop_nothing_more_is_sent(store: Etcd, small_batches: Datastore, after: int) -> None:
    results: list[object] = []
    for each in small_batches.commit_batches(writes(60), GUARD, lambda: len(results) >= after):
        results.append(each)  # noqa: PERF402 - the function above looks at it meanwhile
    assert len(results) == (after + 7 if after else 0)
    assert len(store.keys()) == 2 * len(results)


def test_a_late_answer_delays_no_other_result(store: Etcd, open_datastore: OpenDatastore) -> None:
    proxy = Http2Proxy(store.endpoint)
    datastore = open_datastore(proxy.endpoint, timeout=1)
    datastore.max_operations = 3
    proxy.on_request(b"/002", proxy.drop_next_answer)
    results = list(datastore.commit_batches(writes(12), GUARD))
    datastore.close()
    proxy.close()
    assert [type(result) for _, result in results] == [*[CommitResult] * 5, WriteResultUnknown]
    assert len(store.keys()) == 12


@pytest.mark.parametrize("kind", ["requests", "answers"])
def test_requests_and_answers_in_another_order(store: Etcd, open_datastore: OpenDatastore, kind: str) -> None:
    proxy = Http2Proxy(store.endpoint)
    datastore = open_datastore(proxy.endpoint)
    datastore.max_operations = 3
    setattr(proxy, f"reorders_{kind}", True)
    results = list(datastore.commit_batches(writes(80), GUARD))
    datastore.close()
    proxy.close()
    assert {type(result) for _, result in results} == {CommitResult}
    numbers = [int(batch[0].key[1:]) for batch, _ in results]
    revisions = [result.revision for _, result in results if isinstance(result, CommitResult)]
    assert sorted(numbers) == list(range(0, 80, 2)) != numbers
    by_number = [revision for _, revision in sorted(zip(numbers, revisions, strict=True))]
    assert kind == "answers" or sorted(revisions) != by_number


@pytest.mark.parametrize("flag", ["--max-txn-ops=4", "--max-request-bytes=500"])
def test_a_server_with_lower_limits(tmp_path: Path, open_datastore: OpenDatastore, flag: str) -> None:
    with running_etcd(tmp_path, flag) as server:
        datastore = open_datastore(server.endpoint)
        datastore.max_operations = 20
        results = list(datastore.commit_batches(writes(400), GUARD))
        assert all(isinstance(result, TransactionTooLarge) for _, result in results)
        assert 0 < len(results) <= 8
        assert server.keys() == []
        datastore.close()


def test_a_connection_that_is_lost_midway(
    store: Etcd, proxy: TcpProxy, standby_proxy: TcpProxy, open_datastore: OpenDatastore
) -> None:
    datastore = open_datastore(proxy.endpoint, standby_proxy.endpoint)
    standby_proxy.thaw()
    datastore.max_operations = 3
    proxy.on_request(b"/030", proxy.cut_at_next_response)
    results = list(datastore.commit_batches(writes(200), GUARD))
    lost = [batch for batch, result in results if isinstance(result, DatastoreUnreachable)]
    done = [batch for batch, result in results if isinstance(result, CommitResult)]
    assert lost
    assert len(results) == len(lost) + len(done) < 100
    keys = set(store.keys())
    assert {write.key for batch in done for write in batch} <= keys
    assert all(len({write.key in keys for write in batch}) == 1 for batch, _ in results)
    assert len(keys) <= 2 * len(results)
