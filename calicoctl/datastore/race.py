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
from calicoctl.datastore.connection import Connection, make_credentials
from calicoctl.datastore.failures import FailureAction, RequestFailure, classify
from calicoctl.errors import DatastoreUnreachable

_GRACE_SECONDS = 0.02
"""Seconds that an endpoint listed earlier may answer later and still be preferred; or as long as the first
answer took, if that is more."""


def connect_first(settings: Settings, timeout: float) -> Connection:
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
    tls_credentials = make_credentials(settings)
    connections = [Connection(endpoint, tls_credentials) for endpoint in settings.endpoints]
    winner = None
    try:
        healthy = _first_healthy(connections, settings, timeout)
        if settings.username:
            log_in(healthy, settings, max(deadline - time.monotonic(), 0.0))
        winner = healthy
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
        reason = f"can't log in as '{settings.username}': {classify(error)}"
        raise DatastoreUnreachable(f"{connection.endpoint}: {reason}") from error


def _first_healthy(connections: Sequence[Connection], settings: Settings, timeout: float) -> Connection:
    answers: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
    started = time.monotonic()
    deadline = started + timeout
    for index, connection in enumerate(connections):
        future = connection.send(connection.ask_status, rpc.StatusRequest(), timeout)
        future.add_done_callback(lambda answer, index=index: answers.put((index, answer)))
    healthy: set[int] = set()
    failures: dict[int, RequestFailure] = {}
    while len(failures) + len(healthy) < len(connections) and not _is_settled(healthy, failures):
        try:
            index, answer = answers.get(timeout=max(deadline - time.monotonic(), 0.0))
        except queue.Empty:
            break
        if (problem := _health_problem(answer)) is None:
            healthy.add(index)
            now = time.monotonic()
            deadline = min(deadline, now + max(_GRACE_SECONDS, now - started))
        else:
            failures[index] = problem
    if healthy:
        return connections[min(healthy)]
    raise _unreachable_error([failures.get(index) for index in range(len(connections))], settings, timeout)


def _is_settled(healthy: set[int], failures: dict[int, RequestFailure]) -> bool:
    """Whether nobody listed before the best answer can still answer."""
    return bool(healthy) and all(index in failures for index in range(min(healthy)))


def _health_problem(answer: Any) -> RequestFailure | None:
    """Why this server can't be used, or None if it can."""
    error = answer.exception()
    if isinstance(error, grpc.RpcError):
        return classify(error)
    # Cut off from the others, a member still answers this request, and no other one.
    return None if answer.result().leader else _NO_LEADER


_NO_LEADER = RequestFailure(FailureAction.GIVE_UP, "this etcd has no leader: most members of its cluster are down")


def _unreachable_error(
    failures: Sequence[RequestFailure | None], settings: Settings, timeout: float
) -> DatastoreUnreachable:
    def describe(endpoint: str, problem: RequestFailure | None) -> str:
        if problem is None or problem.code is grpc.StatusCode.DEADLINE_EXCEEDED:
            reason = f"no answer within {timeout:.3g} s"
        elif problem.code is grpc.StatusCode.UNAVAILABLE:
            reason = diagnosis.diagnose(endpoint, settings, problem.details)
        else:
            reason = str(problem)
        return f"  {endpoint}: {reason}"

    with ThreadPoolExecutor() as pool:
        lines = list(pool.map(describe, settings.endpoints, failures))
    return DatastoreUnreachable(f"can't reach the datastore (endpoints from: {settings.origin})", *lines)
