"""Fixtures for operations: another client that writes at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from calicoctl.datastore.client import Datastore
from tests.support.fixture_types import ConcurrentWrite


@pytest.fixture
def concurrent_writer(monkeypatch: pytest.MonkeyPatch) -> Callable[[ConcurrentWrite], list[int]]:
    """Has somebody write before each of our transactions; the function is given its number, counting from 1."""

    def install(write: ConcurrentWrite) -> list[int]:
        commit, start = Datastore.commit, Datastore._send_batch
        commits: list[int] = []
        started: list[Any] = []

        def rivalled(self: Datastore, writes: Sequence[Any], guards: Sequence[Any] = (), **options: bool) -> Any:
            commits.append(len(commits) + 1)
            write(commits[-1])
            return commit(self, writes, guards, **options)

        def rivalled_send_batch(self: Datastore, *arguments: Any) -> Any:
            commits.append(len(commits) + 1)
            if started:
                started[-1].exception()  # the transaction before this one has been carried out, or not
            write(commits[-1])
            started.append(start(self, *arguments))
            return started[-1]

        monkeypatch.setattr(Datastore, "commit", rivalled)
        monkeypatch.setattr(Datastore, "_send_batch", rivalled_send_batch)
        return commits

    return install
