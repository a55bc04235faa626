"""Connection to one etcd server, and the choice of the first healthy endpoint."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import etcd3.etcdrpc as rpc
import grpc

from calicoctl.backoff import Backoff
from calicoctl.config import Settings
from calicoctl.datastore import tls
from calicoctl.datastore.failures import FailureAction, RequestFailure, classify
from calicoctl.datastore.health import NO_LEADER, health_problem, unreachable_error
from calicoctl.deadline import Deadline
from calicoctl.errors import DatastoreUnreachable

_CHANNEL_OPTIONS = (
    # An idle connection may be dead, and a watch would not detect it. etcd closes connections that ping more often than
    # every 5 seconds (--grpc-keepalive-min-time).
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.ping_timeout_ms", 5_000),  # the same option in newer versions of gRPC
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
)


class Connection:
    """gRPC channel to one endpoint, with the auth token of the user. Creating it sends nothing."""

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
        self.read_range: Callable[..., Any] = rpc.KVStub(self._channel).Range.future
        self.request_status: Callable[..., Any] = rpc.MaintenanceStub(self._channel).Status.future
        self.request_alarms: Callable[..., Any] = rpc.MaintenanceStub(self._channel).Alarm.future
        self.watch: Callable[..., Any] = rpc.WatchStub(self._channel).Watch

    @property
    def is_logged_in(self) -> bool:
        """Whether requests have a token. Without one, the server does not require a login, or rejects them."""
        return self._token is not None

    def send(self, method: Callable[..., Any], request: object, timeout: float) -> Any:
        """Start a request with the token of the user; return a future of the response.

        Ctrl-C interrupts the wait for a future immediately, and several requests can be in flight.

        Args:
            method: a method of this connection.
            request: the message.
            timeout: in seconds.
        """
        return method(request, timeout=timeout, metadata=self._auth_metadata())

    def stream(self, method: Callable[..., Any], requests: Iterator[object]) -> Any:
        """Start a stream with the token of the user; return an iterator of the responses.

        With `hasleader`, a member that loses its cluster ends the stream instead of staying silent.
        """
        return method(requests, metadata=(*self._auth_metadata(), ("hasleader", "true")))

    def authentication_method(self, name: str) -> Callable[..., Any]:
        """Return a method of etcd's service for users and roles, such as `RoleList`."""
        method: Callable[..., Any] = getattr(rpc.AuthStub(self._channel), name).future
        return method

    def _auth_metadata(self) -> tuple[tuple[str, str], ...]:
        return (("token", self._token),) if self._token else ()

    def log_in(self, username: str, password: str, timeout: float) -> None:
        """Authenticate. If authentication is not enabled on the server, continue without a token, as etcdctl does.

        Raises:
            grpc.RpcError: the server rejects the login or does not answer.
        """
        request = rpc.AuthenticateRequest(name=username, password=password)
        try:
            self._token = self.authentication_method("Authenticate")(request, timeout=timeout).result().token
        except grpc.RpcError as error:
            if classify(error).action is not FailureAction.IGNORE:
                raise
            self._token = None

    def close(self) -> None:
        """Close the channel and cancel its requests."""
        self._channel.close()


def make_credentials(settings: Settings) -> grpc.ChannelCredentials | None:
    """Return the TLS credentials, or None for plain HTTP.

    Raises:
        UsageError: a certificate file is missing or invalid.
    """
    if not settings.uses_tls:
        return None
    tls.check_files(settings)
    return grpc.ssl_channel_credentials(
        root_certificates=tls.read_pem(tls.ca_certificates(settings)),
        private_key=tls.read_pem(settings.key),
        certificate_chain=tls.read_pem(settings.certificate),
    )


_FIRST_PAUSE_SECONDS = 0.1
"""Limit of the first pause before another attempt to connect. An election takes a second by default."""
_GRACE_SECONDS = 0.02
"""Extra time for an endpoint listed earlier, to be preferred to the first that answered. It is at least the duration of
the first answer."""


def connect_first(settings: Settings, timeout: float) -> Connection:
    """Connect to the first healthy endpoint and log in.

    Args:
        settings: endpoints and credentials.
        timeout: in seconds, for all endpoints together.

    Raises:
        UsageError: a certificate file is missing or invalid.
        DatastoreUnreachable: with a line for each endpoint, or the reason why the login was rejected.
    """
    deadline = Deadline.after(timeout)
    tls_credentials = make_credentials(settings)
    backoff = Backoff(deadline, _FIRST_PAUSE_SECONDS)
    leader_problem: _NoLeader | None = None
    while True:
        try:
            return _connect_once(settings, tls_credentials, deadline, timeout)
        except _NoLeader as error:
            leader_problem = error
        except DatastoreUnreachable as error:
            if not backoff.is_exhausted or leader_problem is None:
                raise
            raise leader_problem from error
        if backoff.is_exhausted:
            raise leader_problem
        backoff.pause()


def _connect_once(
    settings: Settings, tls_credentials: grpc.ChannelCredentials | None, deadline: Deadline, timeout: float
) -> Connection:
    """Connect to the first healthy endpoint and log in; `timeout` is for messages."""
    connections = [Connection(endpoint, tls_credentials) for endpoint in settings.endpoints]
    winner = None
    try:
        healthy = _first_healthy(connections, settings, deadline, timeout)
        if settings.username:
            log_in(healthy, settings, deadline.remaining)
        winner = healthy
    finally:
        for connection in connections:
            if connection is not winner:
                connection.close()
    return winner


def log_in(connection: Connection, settings: Settings, timeout: float) -> None:
    """Authenticate, also again after the token has expired.

    Raises:
        DatastoreUnreachable: the login was rejected.
    """
    try:
        connection.log_in(settings.username or "", settings.password or "", timeout)
    except grpc.RpcError as error:
        reason = f"can't log in as '{settings.username}': {classify(error)}"
        raise DatastoreUnreachable(f"{connection.endpoint}: {reason}") from error


def _first_healthy(
    connections: Sequence[Connection], settings: Settings, deadline: Deadline, timeout: float
) -> Connection:
    answers: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
    started = time.monotonic()
    for index, connection in enumerate(connections):
        future = connection.send(connection.request_status, rpc.StatusRequest(), deadline.remaining)
        future.add_done_callback(lambda answer, index=index: answers.put((index, answer)))
    healthy: set[int] = set()
    failures: dict[int, RequestFailure] = {}
    while len(failures) + len(healthy) < len(connections) and not _is_settled(healthy, failures):
        try:
            index, answer = answers.get(timeout=deadline.remaining)
        except queue.Empty:
            break
        if (problem := health_problem(answer)) is None:
            healthy.add(index)
            elapsed = time.monotonic() - started
            deadline = Deadline.after(min(deadline.remaining, max(_GRACE_SECONDS, elapsed)))
        else:
            failures[index] = problem
    if healthy:
        return connections[min(healthy)]
    error = unreachable_error([failures.get(index) for index in range(len(connections))], settings, timeout, deadline)
    raise _NoLeader(*error.messages) if NO_LEADER in failures.values() else error


def _is_settled(healthy: set[int], failures: dict[int, RequestFailure]) -> bool:
    """Whether every endpoint listed before the best healthy one has failed."""
    return bool(healthy) and all(index in failures for index in range(min(healthy)))


class _NoLeader(DatastoreUnreachable):
    """No endpoint is healthy, but a member answers that its cluster has no leader. It may elect one."""
