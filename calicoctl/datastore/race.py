"""Reach the datastore: all endpoints are asked at once, and the first good answer wins."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from etcd3 import etcdrpc as rpc

from calicoctl.config import Settings
from calicoctl.datastore import diagnosis
from calicoctl.datastore.connection import Connection, credentials
from calicoctl.datastore.failures import Action, Failure, failure
from calicoctl.errors import DatastoreUnreachable

_GRACE = 0.02
"""Seconds that an endpoint listed earlier may answer later and still be preferred; or as long as the first
answer took, if that is more."""


def reach(settings: Settings, timeout: float) -> Connection:
    """Connect to an endpoint that answers, and log in.

    One deadline holds for all endpoints together, so that dead ones do not add up.

    Args:
        settings: where to connect, and as whom.
        timeout: seconds.

    Raises:
        UsageProblem: a certificate file can't be used.
        DatastoreUnreachable: a line for each endpoint, or why the login is refused.
    """
    deadline = time.monotonic() + timeout
    trust = credentials(settings)
    connections = [Connection(endpoint, trust) for endpoint in settings.endpoints]
    winner = None
    try:
        first = _race(connections, settings, timeout)
        if settings.username:
            log_in(first, settings, max(deadline - time.monotonic(), 0.0))
        winner = first
    finally:
        for connection in connections:
            if connection is not winner:
                connection.close()
    return winner


def log_in(connection: Connection, settings: Settings, timeout: float) -> None:
    """Get a token, or a new one for one that has expired.

    Raises:
        DatastoreUnreachable: the login is refused.
    """
    try:
        connection.log_in(settings.username or "", settings.password or "", timeout)
    except grpc.RpcError as error:
        reason = f"can't log in as '{settings.username}': {failure(error)}"
        raise DatastoreUnreachable(f"{connection.endpoint}: {reason}") from error


def _race(connections: Sequence[Connection], settings: Settings, timeout: float) -> Connection:
    answers: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
    started = time.monotonic()
    deadline = started + timeout
    for index, connection in enumerate(connections):
        asked = connection.send(connection.ask_status, rpc.StatusRequest(), timeout)
        asked.add_done_callback(lambda answer, index=index: answers.put((index, answer)))
    good: set[int] = set()
    failed: dict[int, Failure] = {}
    while len(failed) + len(good) < len(connections) and not _decided(good, failed):
        try:
            index, answer = answers.get(timeout=max(deadline - time.monotonic(), 0.0))
        except queue.Empty:
            break
        if (problem := _problem(answer)) is None:
            good.add(index)
            now = time.monotonic()
            deadline = min(deadline, now + max(_GRACE, now - started))
        else:
            failed[index] = problem
    if good:
        return connections[min(good)]
    raise _unreachable([failed.get(index) for index in range(len(connections))], settings, timeout)


def _decided(good: set[int], failed: dict[int, Failure]) -> bool:
    """Whether nobody listed before the best answer can still answer."""
    return bool(good) and all(index in failed for index in range(min(good)))


def _problem(answer: Any) -> Failure | None:
    """Why this server can't be used, or None if it can."""
    error = answer.exception()
    if isinstance(error, grpc.RpcError):
        return failure(error)
    # Cut off from the others, a member still answers this request, and no other one.
    return None if answer.result().leader else _NO_LEADER


_NO_LEADER = Failure(Action.GIVE_UP, "this etcd has no leader: most members of its cluster are down")


def _unreachable(failed: Sequence[Failure | None], settings: Settings, timeout: float) -> DatastoreUnreachable:
    def line(endpoint: str, problem: Failure | None) -> str:
        if problem is None or problem.code is grpc.StatusCode.DEADLINE_EXCEEDED:
            cause = f"no answer within {timeout:.3g} s"
        elif problem.code is grpc.StatusCode.UNAVAILABLE:
            cause = diagnosis.cause(endpoint, settings, problem.details)
        else:
            cause = str(problem)
        return f"  {endpoint}: {cause}"

    with ThreadPoolExecutor() as pool:
        lines = list(pool.map(line, settings.endpoints, failed))
    return DatastoreUnreachable(f"can't reach the datastore (endpoints from: {settings.origin})", *lines)
