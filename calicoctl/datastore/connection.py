"""One gRPC channel to one etcd server, and the user's token on it."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from etcd3 import etcdrpc as rpc

from calicoctl.config import Settings
from calicoctl.datastore import failures as diagnosis
from calicoctl.datastore import tls
from calicoctl.datastore.failures import FailureAction, RequestFailure, classify
from calicoctl.errors import DatastoreUnreachable

_CHANNEL_OPTIONS = (
    # A connection on which nobody says a word may be dead: a watch would never know. etcd closes on clients that ask
    # more often than every 5 seconds (its --grpc-keepalive-min-time).
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.ping_timeout_ms", 5_000),  # the name of the same in newer versions of gRPC
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
)


class Connection:
    """A channel to one endpoint. Opening one sends nothing yet."""

    def __init__(self, endpoint: str, credentials: grpc.ChannelCredentials | None) -> None:
        target = endpoint.partition("://")[2]
        self.endpoint = endpoint
        self._channel = (
            grpc.secure_channel(target, credentials, options=_CHANNEL_OPTIONS)
            if credentials
            else grpc.insecure_channel(target, options=_CHANNEL_OPTIONS)
        )
        self._token: str | None = None
        self.transact: Callable[..., Any] = rpc.KVStub(self._channel).Txn.future
        self.ask_status: Callable[..., Any] = rpc.MaintenanceStub(self._channel).Status.future
        self.watch: Callable[..., Any] = rpc.WatchStub(self._channel).Watch

    def send(self, method: Callable[..., Any], request: object, timeout: float) -> Any:
        """Start a request as the user; the answer is the `.result()` of what this returns.

        A future, since Ctrl-C interrupts waiting for it at once, and since several can be on their way.
        """
        return method(request, timeout=timeout, metadata=self._auth_metadata())

    def stream(self, method: Callable[..., Any], requests: Iterator[object]) -> Any:
        """Start a stream as the user; what this returns gives the answers until the stream is cancelled or breaks.

        A member that is cut off from its cluster ends it, rather than to say nothing.
        """
        return method(requests, metadata=(*self._auth_metadata(), ("hasleader", "true")))

    def _auth_metadata(self) -> tuple[tuple[str, str], ...]:
        return (("token", self._token),) if self._token else ()

    def log_in(self, username: str, password: str, timeout: float) -> None:
        """Get a token. Where the server knows no users, go on without one (as etcdctl does).

        Raises:
            grpc.RpcError: the server refuses or does not answer.
        """
        request = rpc.AuthenticateRequest(name=username, password=password)
        authenticate = rpc.AuthStub(self._channel).Authenticate.future
        try:
            self._token = authenticate(request, timeout=timeout).result().token
        except grpc.RpcError as error:
            if classify(error).action is not FailureAction.IGNORE:
                raise
            self._token = None

    def close(self) -> None:
        """Close the channel; requests on their way are cancelled."""
        self._channel.close()


def make_credentials(settings: Settings) -> grpc.ChannelCredentials | None:
    """Make TLS credentials of the certificate files, or None for plain http.

    Raises:
        UsageProblem: a file can't be used.
    """
    if not settings.uses_tls:
        return None
    tls.check_files(settings)
    return grpc.ssl_channel_credentials(
        root_certificates=tls.read_pem(tls.ca_file(settings)),
        private_key=tls.read_pem(settings.key_file),
        certificate_chain=tls.read_pem(settings.cert_file),
    )


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
