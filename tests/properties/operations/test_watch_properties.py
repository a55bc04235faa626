"""Watching: after whatever happens to the store, what was printed last of each resource is what is there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calicoctl.config import Settings
from calicoctl.datastore import connect, reflector
from calicoctl.kinds import find_kind
from calicoctl.operations.read.query import Query
from calicoctl.operations.watch import WatchRequest, WatchUpdate, watch
from calicoctl.resource import Resource
from tests.support.etcd_server import Etcd, RestartableEtcd
from tests.support.stored_objects import key_segments, policy_key, put_object, read_object

TIMEOUT_SECONDS = 30.0

names = st.sampled_from(["a", "b", "c"])
steps = st.one_of(
    st.tuples(st.just("put"), names, st.integers(0, 2)),
    st.tuples(st.just("put"), names, st.integers(0, 2)),
    st.tuples(st.just("delete"), names, st.just(0)),
    st.tuples(st.just("look"), st.just(""), st.integers(1, 3)),
    st.tuples(st.just("compact"), st.just(""), st.just(0)),
    st.tuples(st.just("restart"), st.just(""), st.integers(0, 2)),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestartableEtcd]:
    started = RestartableEtcd(tmp_path_factory.mktemp("watched"))
    yield started
    started.stop()


class PrintedState:
    """What a watch has printed of each policy last; it never says what it has said already."""

    def __init__(self, updates: Iterator[WatchUpdate]) -> None:
        self._updates = updates
        self.last: dict[str, Resource] = {}

    def next_update(self) -> None:
        for change, resource in next(self._updates).events:
            name = resource.identifier.values[0]
            assert (name in self.last) is (change != "ADDED")
            if change == "DELETED":
                del self.last[name]
            else:
                assert self.last.get(name) != resource, "the same state twice"
                self.last[name] = resource

    def orders(self) -> dict[str, Any]:
        return {name: resource.spec["order"] for name, resource in self.last.items()}


def stored_orders(etcd: Etcd) -> dict[str, Any]:
    return {name: read_object(etcd, policy_key(name))["spec"]["order"] for name in key_segments(etcd)}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=st.lists(steps, min_size=3, max_size=12))
def test_what_was_printed_last_is_what_is_there(
    server: RestartableEtcd, monkeypatch: pytest.MonkeyPatch, series: list[tuple[str, str, int]]
) -> None:
    monkeypatch.setattr(reflector, "POLL_SECONDS", 0.02)
    server.etcd.wipe()
    kind = find_kind("policy")
    assert kind
    with connect(Settings((server.etcd.endpoint,), origin="a test")) as datastore:
        printed = PrintedState(watch(datastore, WatchRequest([Query(kind, {})]), lambda trouble: None))
        printed.next_update()
        for step in series:
            run_step(step, server, printed)
        wanted = stored_orders(server.etcd)
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while printed.orders() != wanted:
            assert time.monotonic() < deadline, f"printed {printed.orders()}, stored {wanted}"
            printed.next_update()


def run_step(step: tuple[str, str, int], server: RestartableEtcd, printed: PrintedState) -> None:
    what, name, number = step
    if what == "put":
        put_object(server.etcd, policy_key(name), {"order": number})
    elif what == "delete":
        server.etcd.delete(policy_key(name))
    elif what == "compact":
        server.etcd.put("/elsewhere", "1")  # there has to be something to compact
        server.compact()
    elif what == "restart":
        server.stop()
        for _ in range(number):
            printed.next_update()
        server.start()
    else:
        for _ in range(number):
            printed.next_update()
