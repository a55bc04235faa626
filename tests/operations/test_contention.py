"""Many clients that write the same resource at the same time: each succeeds, or has a true conflict."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from calicoctl.config import Settings
from calicoctl.datastore import connect
from calicoctl.datastore.client import Datastore
from calicoctl.errors import Conflict
from calicoctl.operations.create import plan_create
from calicoctl.operations.label import plan_label
from calicoctl.operations.write.run import execute
from calicoctl.resource import Identifier, LocatedResource, Resource
from tests.support.etcd_server import Etcd
from tests.support.stored_objects import profile_key, put_object, read_object

WRITERS = 50
IDENTIFIER = Identifier("profile", ("a",))
ITEM = LocatedResource(IDENTIFIER, None, Resource(IDENTIFIER, {"name": "a"}, {}))


def run_writers(store: Etcd, write: Callable[[Datastore, int], object]) -> list[object]:
    """Let all writers write at the same time; return the result or the error of each."""
    start = threading.Barrier(WRITERS)

    def run(number: int) -> object:
        with connect(Settings((store.endpoint,), timeout=30.0)) as datastore:
            start.wait()
            try:
                return write(datastore, number)
            except Conflict as error:
                return error

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))


def test_every_writer_succeeds(store: Etcd) -> None:
    put_object(store, profile_key("a"))

    def label(datastore: Datastore, number: int) -> object:
        return execute(datastore, [ITEM], partial(plan_label, changes={f"n{number}": "1"}))

    results = run_writers(store, label)
    assert [each for each in results if isinstance(each, Conflict)] == []
    labels = read_object(store, profile_key("a"))["spec"]["labelsToApply"]
    assert labels == {f"n{number}": "1" for number in range(WRITERS)}


def test_one_writer_creates_and_the_others_have_a_conflict(store: Etcd) -> None:
    results = run_writers(store, lambda datastore, _number: execute(datastore, [ITEM], plan_create))
    conflicts = [str(each) for each in results if isinstance(each, Conflict)]
    assert len(conflicts) == WRITERS - 1
    assert all("exists already" in text for text in conflicts)
