"""Inspection of etcd servers: status, certificates, permissions, alarms, metrics. Nothing is written."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import etcd3.etcdrpc as rpc
import grpc

from calicoctl.config import Settings
from calicoctl.datastore import tls
from calicoctl.datastore.client import Datastore
from calicoctl.datastore.connection import Connection, make_credentials
from calicoctl.datastore.failures import FailureAction, classify
from calicoctl.datastore.health import describe_failure, health_problem
from calicoctl.datastore.http_connection import open_http_connection
from calicoctl.datastore.transaction import build_read, encode_key, prefix_range_end
from calicoctl.deadline import Deadline


class EndpointStatus(NamedTuple):
    """Status of an endpoint."""

    endpoint: str
    problem: str = ""
    """Reason why it is not healthy; empty if it is."""
    version: str = ""
    """Version of etcd."""
    seconds: float = 0.0
    """Time to the answer."""


class ServerMetrics(NamedTuple):
    """Values of a server outside of its gRPC API."""

    clock_difference: float | None
    """Seconds that the clock of the server is ahead, to the second."""
    used_bytes: int | None
    """Allocated size of the database."""
    quota_bytes: int | None
    """Space quota of the database (etcd --quota-backend-bytes)."""


def request_statuses(settings: Settings, timeout: float) -> list[EndpointStatus]:
    """Request the status of each endpoint.

    Args:
        settings: endpoints and TLS settings.
        timeout: in seconds, for all endpoints together.

    Raises:
        UsageError: a certificate file is missing or invalid.
    """
    deadline = Deadline.after(timeout)
    credentials = make_credentials(settings)
    connections = [Connection(endpoint, credentials) for endpoint in settings.endpoints]
    try:
        answers = _collect_answers(connections, timeout)
    finally:
        for connection in connections:
            connection.close()
    with ThreadPoolExecutor(len(answers)) as pool:
        return list(pool.map(lambda answer: _endpoint_status(answer, settings, timeout, deadline), answers))


class _Answer(NamedTuple):
    endpoint: str
    future: Any
    seconds: float


def _collect_answers(connections: Sequence[Connection], timeout: float) -> list[_Answer]:
    """Wait for the status of each server in this thread, so that Ctrl-C interrupts it."""
    started = time.monotonic()
    times: dict[str, float] = {}
    futures = {each.endpoint: each.send(each.request_status, rpc.StatusRequest(), timeout) for each in connections}
    for endpoint, future in futures.items():
        future.add_done_callback(lambda _, endpoint=endpoint: times.setdefault(endpoint, time.monotonic() - started))
    for future in futures.values():
        future.exception()
    return [_Answer(endpoint, future, times.get(endpoint, timeout)) for endpoint, future in futures.items()]


def _endpoint_status(answer: _Answer, settings: Settings, timeout: float, deadline: Deadline) -> EndpointStatus:
    endpoint, future, seconds = answer
    if problem := health_problem(future):
        return EndpointStatus(endpoint, describe_failure(endpoint, problem, settings, timeout, deadline))
    return EndpointStatus(endpoint, version=future.result().version, seconds=seconds)


def server_certificate_expiry(endpoint: str, settings: Settings, timeout: float) -> float:
    """Return the end of the validity of the certificate of a server, in seconds since 1970.

    Raises:
        OSError: the server does not answer, or the handshake failed.
    """
    parts = urlsplit(endpoint)
    with (
        socket.create_connection((parts.hostname, parts.port), timeout) as connected,
        tls.ssl_context(settings).wrap_socket(connected, server_hostname=parts.hostname) as secure,
    ):
        certificate = secure.getpeercert() or {}
    return float(ssl.cert_time_to_seconds(str(certificate["notAfter"])))


def find_denied_keys(datastore: Datastore, keys: Sequence[str], prefixes: Sequence[str], timeout: float) -> list[str]:
    """Return the keys that the user may not write, and the prefixes that the user may not read.

    A write is a put in a transaction whose condition never holds: etcd checks the permission, and writes nothing.

    Raises:
        DatastoreUnreachable: a request failed for another reason than a missing permission.
    """
    connection = datastore.ensure_connection(Deadline.after(timeout))
    requests = [(key, _impossible_write(key)) for key in keys] + [(prefix, _read_one(prefix)) for prefix in prefixes]
    pending = [(name, connection.send(connection.transact, request, timeout)) for name, request in requests]
    return [name for name, future in pending if _is_denied(datastore, name, future)]


def _is_denied(datastore: Datastore, name: str, future: Any) -> bool:
    try:
        future.result()
    except grpc.RpcError as error:
        if error.code() is grpc.StatusCode.PERMISSION_DENIED:
            return True
        failure = classify(error)
        if failure.action is FailureAction.IGNORE:
            return False
        raise datastore.unreachable_error(failure, f"access {name}") from error
    return False


def _impossible_write(key: str) -> rpc.TxnRequest:
    encoded = encode_key(key)
    never = rpc.Compare(key=encoded, target=rpc.Compare.VERSION, result=rpc.Compare.EQUAL, version=-1)
    put = rpc.RequestOp(request_put=rpc.PutRequest(key=encoded))
    return rpc.TxnRequest(compare=[never], success=[put])


def _read_one(prefix: str) -> rpc.TxnRequest:
    encoded = encode_key(prefix)
    read = rpc.RangeRequest(key=encoded, range_end=prefix_range_end(encoded), limit=1, keys_only=True)
    return build_read([read])


def has_space_alarm(datastore: Datastore) -> bool:
    """Return whether etcd rejects writes because its space quota is exceeded.

    Raises:
        DatastoreUnreachable: the request failed.
    """
    request = rpc.AlarmRequest(action=rpc.AlarmRequest.GET, alarm=rpc.NOSPACE)
    answer = datastore.call(lambda connection: connection.request_alarms, request, "request the alarms")
    return any(member.alarm == rpc.NOSPACE for member in answer.alarms)


def request_metrics(endpoint: str, settings: Settings, timeout: float) -> ServerMetrics:
    """Request the clock and the space quota of a server, from its page of metrics.

    Raises:
        OSError: the server does not answer.
        http.client.HTTPException: the answer is not HTTP.
    """
    connection = open_http_connection(endpoint, settings, timeout)
    started = time.time()
    try:
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        middle = (started + time.time()) / 2
        page = response.read().decode("utf-8", "replace")
    finally:
        connection.close()
    return ServerMetrics(
        _clock_difference(response.headers.get("Date"), middle),
        _metric(page, "etcd_mvcc_db_total_size_in_bytes"),
        _metric(page, "etcd_server_quota_backend_bytes"),
    )


def _clock_difference(date: str | None, now: float) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(date or "").timestamp() - now
    except (TypeError, ValueError):
        return None


def _metric(page: str, name: str) -> int | None:
    match = re.search(rf"^{name} (\S+)$", page, re.MULTILINE)
    return int(float(match[1])) if match else None
