"""What a write in several transactions reports is what the datastore contains, whatever interferes."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from calicoctl.config import Settings
from calicoctl.datastore import ANY_REVISION, Entry, Guard, Write, connect
from calicoctl.operations.read.lookup import StoreView
from calicoctl.operations.write.rollback import Rollback
from calicoctl.operations.write.write_state import WriteState
from tests.support import processes
from tests.support.etcd_cluster import EtcdCluster
from tests.support.etcd_server import HISTORY_PREFIX, Etcd, running_etcd
from tests.support.manifests import manifest, policy
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import mod_revision, policy_key, put_object
from tests.support.tcp_proxy import TcpProxy

COUNT = 150
NAMES = [f"p{number:03}" for number in range(COUNT)]
SMALL_TRANSACTIONS = ("--max-txn-ops", "8")


def policies(order: int, **annotations: str) -> str:
    return manifest(*(policy(name, order=order, annotations=annotations) for name in NAMES))


def policies_of_order(store: Etcd, order: int) -> int:
    return len(re.findall(rf'"order":{order}\b', store.etcdctl("get", "--prefix", "")))


@pytest.mark.parametrize("end", ["freeze", "cut", "signal"])
def test_counts_after_a_rollback_that_is_stopped(store: Etcd, calicoctl: Calicoctl, proxy: TcpProxy, end: str) -> None:
    calicoctl("apply", "-f", "-", input=policies(1))
    stopped = threading.Event()

    def stop_rollback(process: subprocess.Popen[str]) -> None:
        stopped.set()
        if end == "cut":
            proxy.close()
            return
        proxy.freeze()
        if end == "signal":
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)

    def interrupt(process: subprocess.Popen[str]) -> None:
        process.send_signal(signal.SIGINT)
        # The rollback begins with the last written keys: about half of it is done then.
        proxy.on_request(b'"order":1', lambda: proxy.on_request(b'"name":"p040"', lambda: stop_rollback(process)))

    arguments = ("apply", *SMALL_TRANSACTIONS, "--timeout", "1", "-f", "-")
    for _attempt in range(3):  # on a busy machine, the rollback can end before it is stopped
        result = processes.run_disturbed(proxy, b'"name":"p100"', interrupt, *arguments, text=policies(2))
        if stopped.is_set():
            break
    assert (result.exit_code, result.stdout) == (143 if end == "signal" else 130, "")
    reported = re.search(rf"  (\d+) of {COUNT} keys were written(?:, (\d+) have an unknown state)? \(", result.stderr)
    assert reported, result.stderr
    proxy.thaw()
    time.sleep(0.3)
    written, unknown = int(reported[1]), int(reported[2] or 0)
    assert 0 < written <= policies_of_order(store, 2) <= written + unknown < 100
    assert unknown <= 8
    # The history has exactly the changes that are still written, so that these can be undone.
    (recorded,) = re.findall(r'"summary": *"(\d+) configured"', calicoctl("history", "-o", "json").stdout)
    assert int(recorded) == policies_of_order(store, 2)
    assert calicoctl("rollback", "--last", "--yes").exit_code == 0
    assert (policies_of_order(store, 1), policies_of_order(store, 2)) == (COUNT, 0)


class RecordedState(WriteState):
    """State of a write that records how many keys of a rollback have no result."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "restoring" and value:
            self.__dict__.setdefault("sizes", []).append(len(value))


def test_a_rollback_is_unknown_about_one_transaction_at_most(store: Etcd) -> None:
    """Large previous values are restored in several transactions. The entry is in the last one with its keys."""
    names = [f"{HISTORY_PREFIX}a/0000-1", *(policy_key(name) for name in NAMES[:24])]
    before = [Entry(key, b"x" * 200_000, 0, 0) for key in names[1:]]
    state = RecordedState(len(names))
    with connect(Settings(endpoints=(store.endpoint,)), 20) as datastore:
        for part in (names[:13], names[13:]):
            writes = [Write(key, b"{}", ANY_REVISION if key == names[0] else 0) for key in part]
            state.settle(writes, datastore.commit(writes))
        put_object(store, names[3])
        Rollback(datastore, StoreView(before), Guard("/calico/none", 0), state).run()
    assert (state.written, state.restoring, state.overwritten) == ({}, (), [names[3]])
    assert state.__dict__["sizes"] == [5, 7, 5, 8, 7]
    assert store.keys(HISTORY_PREFIX) == []


def test_the_lost_answer_of_a_single_transaction(store: Etcd, proxy: TcpProxy, standby_proxy: TcpProxy) -> None:
    def lose_answer(_process: object) -> None:
        standby_proxy.thaw()
        proxy.cut_at_next_response()

    result = processes.run_disturbed(
        proxy,
        b'"name":"p"',
        lose_answer,
        *("apply", "-f", "-"),
        text=manifest(policy("p")),
        endpoints=[standby_proxy.endpoint],
    )
    assert result == Result(0, "policy/p created\n1 created\n", "")
    assert store.revision() == mod_revision(store, policy_key("p"))  # written once


def test_a_single_transaction_without_any_answer(store: Etcd, proxy: TcpProxy) -> None:
    arguments = ("apply", "--timeout", "0.5", "-f", "-")
    result = processes.run_disturbed(
        proxy, b'"name":"p"', lambda _: proxy.freeze(), *arguments, text=manifest(policy("p"))
    )
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.startswith("connection lost during a write: ")
    assert result.stderr.endswith(
        "\n  the changes may or may not have been written (it is safe to repeat the command)\n"
    )


@pytest.fixture
def small_etcd(tmp_path: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Etcd]:
    """An etcd for less than 8 MB; calicoctl connects to it by default."""
    with running_etcd(tmp_path, "--quota-backend-bytes=8000000") as server:
        monkeypatch.setenv("ETCD_ENDPOINTS", server.endpoint)
        yield server


@pytest.mark.parametrize(("existing", "size"), [(False, 100_000), (True, 20_000)])
def test_a_full_etcd_reports_exactly_the_written_keys(
    small_etcd: Etcd, calicoctl: Calicoctl, existing: bool, size: int
) -> None:
    """Some versions of etcd permit deletions when they are full, so that created keys are rolled back."""
    if existing:
        assert calicoctl("apply", "-f", "-", input=policies(1)).exit_code == 0
    order = 2
    while True:
        result = calicoctl("apply", "-f", "-", input=policies(order, size="x" * size))
        if result.exit_code:
            break
        order += 1
    assert (result.exit_code, result.stdout) == (4, "")
    first, *_, last = result.stderr.splitlines()
    assert "the space quota of etcd is exceeded" in first
    written = policies_of_order(small_etcd, order)
    if existing or order > 2:
        total = COUNT
    else:
        total, written = COUNT + 2, len(small_etcd.keys())
    if written:
        assert last == f"  {written} of {total} keys were written (run the same command again)"
    else:
        assert last == "  nothing was written (all writes were rolled back)"
    assert calicoctl("get", "policy").exit_code == 0


@pytest.fixture
def cluster(tmp_path: Path, clean_environment: None) -> Iterator[EtcdCluster]:
    """A cluster of three members."""
    started = EtcdCluster(tmp_path)
    yield started
    started.close()


@pytest.mark.parametrize("interrupted", [False, True], ids=["write", "rollback"])
def test_the_election_of_a_leader_is_waited_for(cluster: EtcdCluster, interrupted: bool) -> None:
    leader = cluster.leader
    followers = [member for name, member in cluster.members.items() if name != leader]
    proxy = TcpProxy(cluster.members[leader].endpoint)

    def kill_leader(process: subprocess.Popen[str]) -> None:
        if interrupted:
            process.send_signal(signal.SIGINT)
        cluster.kill(leader)

    arguments = ("apply", *SMALL_TRANSACTIONS, "--timeout", "8", "-f", "-")
    result: Result = processes.run_disturbed(
        proxy,
        b'"name":"p100"',
        kill_leader,
        *arguments,
        text=policies(1),
        endpoints=[member.endpoint for member in followers],
    )
    proxy.close()
    if interrupted:
        assert result == Result(130, "", "interrupted\n  nothing was written (all writes were rolled back)\n")
        assert followers[0].keys() == []
    else:
        assert (result.exit_code, result.stderr) == (0, "")
        assert policies_of_order(followers[0], 1) == COUNT
