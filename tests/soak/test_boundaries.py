"""A few of the stopped writes of `make soak`, and the checks themselves."""

from __future__ import annotations

import signal

import pytest

from tests.soak.boundaries import Boundary, BoundaryTest
from tests.support.etcd_server import Etcd
from tests.support.runner import Calicoctl

CASES = (
    Boundary("apply", 0, "before", signal.SIGTERM),
    Boundary("delete", 1, "executed", signal.SIGINT),
    Boundary("apply", 1, "answer lost", signal.SIGHUP),
    Boundary("apply", 3, "lost", signal.SIGKILL),
    Boundary("delete", 9, "executed", signal.SIGKILL),
    Boundary("apply", 1, "before", signal.SIGINT, undo_part=1),
)


@pytest.mark.parametrize("boundary", CASES, ids=str)
def test_stopped_writes(store: Etcd, calicoctl: Calicoctl, boundary: Boundary) -> None:
    assert list(BoundaryTest(store, calicoctl, 10).problems(boundary)) == []
