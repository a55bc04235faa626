"""Connection to etcd that repeats failed requests and changes to another endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from calicoctl.backoff import Backoff
from calicoctl.config import Settings
from calicoctl.datastore.connection import Connection, connect_first, log_in
from calicoctl.datastore.failures import FailureAction, RequestFailure, classify
from calicoctl.deadline import Deadline
from calicoctl.errors import DatastoreUnreachable, PermissionDenied, RequestRejected, WriteResultUnknown

RequestMethod = Callable[[Connection], Callable[..., Any]]
"""Function that returns the method of a connection to send a request with."""
MAX_LOGINS = 3
"""Maximum number of logins for a request."""
_FIRST_PAUSE_SECONDS = 0.05
"""Limit of the first pause before a request is repeated, in seconds."""


class ReadCompacted(Exception):
    """The revision of the read was compacted."""


class RequestTooLarge(Exception):
    """The request exceeds the limits of the server."""


class NoSpace(RequestRejected):
    """The space quota of etcd is exceeded. Unlike other rejected writes, this one may have been executed."""


class Attempts:
    """Failed attempts of a request."""

    def __init__(self, *, is_write: bool = False, may_be_executed: bool = False) -> None:
        self.is_write = is_write
        self.may_be_executed = may_be_executed
        """Whether etcd may have executed an attempt, or may do it later."""
        self.logins = 0
        """Number of attempts that required a login."""

    def add(self, failure: RequestFailure) -> None:
        """Add a failed attempt."""
        self.may_be_executed = self.may_be_executed or failure.may_be_executed
        self.logins += failure.action is FailureAction.LOG_IN


class RetryingConnection:
    """Connection to the first healthy endpoint; connects again, to any endpoint, if the connection is lost.

    Every method raises `DatastoreUnreachable` if no endpoint answers in time or the user lacks a permission.
    """

    def __init__(self, settings: Settings) -> None:
        """Connect with these settings."""
        self.settings = settings
        self.timeout = settings.timeout
        """Maximum duration of a call with all its attempts, in seconds."""
        self.waits_for_endpoint = False
        """Whether to wait until the timeout for an endpoint if the connection is lost. Otherwise refused connections
        are an error immediately."""
        self._connection: Connection | None = connect_first(settings, settings.timeout)
        self.endpoint: str = self._connection.endpoint
        """URL of the current or last connection."""

    @property
    def is_logged_in(self) -> bool:
        """Whether the server has accepted the user name and the password; False if it does not require a login."""
        return self._connection is not None and self._connection.is_logged_in

    def close(self) -> None:
        """Close the connection. The next request opens a new one."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def unreachable_error(self, problem: object, operation: str) -> DatastoreUnreachable:
        """Return the error of an operation, such as `write /calico/…`, that etcd rejected or did not answer."""
        user = f" (user '{self.settings.username}')" if self.settings.username else ""
        return DatastoreUnreachable(f"{self.endpoint}: can't {operation}: {problem}{user}")

    def ensure_connection(self, deadline: Deadline) -> Connection:
        """Return the current connection, or a new one."""
        if self._connection is None:
            self._connection = self._reconnect(deadline)
            self.endpoint = self._connection.endpoint
        return self._connection

    def _reconnect(self, deadline: Deadline) -> Connection:
        backoff = Backoff(deadline, _FIRST_PAUSE_SECONDS)
        while True:
            try:
                return connect_first(self.settings, deadline.remaining)
            except DatastoreUnreachable:
                if backoff.is_exhausted or not self.waits_for_endpoint:
                    raise
            backoff.pause()

    def call(self, method: RequestMethod, request: object, operation: str) -> Any:
        """Send a request, repeat it after some errors until the timeout, and return the response.

        Args:
            method: returns the method of a connection to call.
            request: the message.
            operation: description for messages: `read /calico/…`.

        Raises:
            ReadCompacted: the revision was compacted.
            RequestTooLarge: the request exceeds the limits of the server.
            RequestRejected: etcd rejects the request; `NoSpace` if its space quota is exceeded.
        """
        return self._call(method, request, operation, Attempts())

    def start_call(self, method: RequestMethod, request: object, operation: str) -> Callable[[], Any]:
        """Send a request immediately if a connection exists; return a function that waits for the response as `call`.

        The arguments are those of `call`.
        """
        connection, timeout = self._connection, self.attempt_timeout(Deadline.after(self.timeout))
        futures = [connection.send(method(connection), request, timeout)] if connection else []

        def started_or_new(current: Connection) -> Callable[..., Any]:
            return (lambda *_, **__: futures.pop()) if futures else method(current)

        return lambda: self.call(started_or_new, request, operation)

    def call_write(self, method: RequestMethod, request: object, operation: str, attempts: Attempts) -> Any:
        """Send a write whose guards prevent a second execution; otherwise as `call`.

        Args:
            method: as in `call`.
            request: as in `call`.
            operation: as in `call`.
            attempts: the attempts, which are added to it.

        Raises:
            WriteResultUnknown: etcd may have executed the write, or may do it later.
            ReadCompacted, RequestTooLarge, RequestRejected: as `call`.
        """
        waited_before = self.waits_for_endpoint
        self.waits_for_endpoint = waited_before or attempts.may_be_executed
        try:
            return self._call(method, request, operation, attempts)
        except NoSpace:
            raise
        except DatastoreUnreachable as error:
            if not attempts.may_be_executed:
                raise
            raise _result_unknown(error) from error
        finally:
            self.waits_for_endpoint = waited_before

    def _call(
        self,
        method: RequestMethod,
        request: object,
        operation: str,
        attempts: Attempts,
    ) -> Any:
        deadline = Deadline.after(self.timeout)
        backoff = Backoff(deadline, _FIRST_PAUSE_SECONDS)
        while True:
            connection = self.ensure_connection(deadline)
            try:
                return connection.send(method(connection), request, self.attempt_timeout(deadline)).result()
            except grpc.RpcError as error:
                failure = classify(error)
                attempts.add(failure)
                self.waits_for_endpoint = self.waits_for_endpoint or (attempts.is_write and attempts.may_be_executed)
                self._recover(failure, deadline, operation, attempts)
                if backoff.is_exhausted:
                    raise self.unreachable_error(failure, operation) from error
            backoff.pause()

    def attempt_timeout(self, deadline: Deadline) -> float:
        """Return the timeout of one attempt in seconds; it reserves time to repeat the request at another endpoint."""
        return deadline.remaining / 2 if len(self.settings.endpoints) > 1 else deadline.remaining

    def _recover(self, failure: RequestFailure, deadline: Deadline, operation: str, attempts: Attempts) -> None:
        """Prepare the next attempt, or raise the error if the request cannot be repeated."""
        action = failure.action
        if action is FailureAction.RESTART_READ:
            raise ReadCompacted
        if action is FailureAction.SPLIT:
            raise RequestTooLarge
        if failure.is_no_space:
            raise NoSpace(*self.unreachable_error(failure, operation).messages)
        if not failure.is_temporary:
            rejection = PermissionDenied if failure.is_denied else RequestRejected
            raise rejection(*self.unreachable_error(failure, operation).messages)
        if action is FailureAction.LOG_IN:
            if not (self._connection and self.settings.username) or attempts.logins >= MAX_LOGINS:
                raise RequestRejected(*self.unreachable_error(failure, operation).messages)
            log_in(self._connection, self.settings, deadline.remaining)
        elif action is FailureAction.RECONNECT:
            self.close()


def _result_unknown(error: DatastoreUnreachable) -> WriteResultUnknown:
    return WriteResultUnknown(
        f"connection lost during a write: {error.lines[0]}",
        *error.messages[1:],
    )
