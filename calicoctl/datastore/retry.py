"""Connection to etcd that repeats failed requests and changes to another endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from calicoctl.config import Settings
from calicoctl.datastore.connection import Connection, connect_first, log_in
from calicoctl.datastore.failures import FailureAction, RequestFailure, classify
from calicoctl.deadline import Deadline
from calicoctl.errors import DatastoreUnreachable

MAX_ATTEMPTS = 3
"""Maximum number of attempts of a request, including the first."""


class ReadCompacted(Exception):
    """The revision of the read was compacted."""


class RequestTooLarge(Exception):
    """The request exceeds the limits of the server."""


class RetryingConnection:
    """Connection to the first healthy endpoint; connects again, to any endpoint, if the connection is lost.

    Every method raises `DatastoreUnreachable` if no endpoint answers in time or the user lacks a permission.
    """

    def __init__(self, settings: Settings) -> None:
        """Connect with these settings."""
        self.settings = settings
        self.timeout = settings.timeout
        """Maximum duration of a call with all its attempts, in seconds."""
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
            self._connection = connect_first(self.settings, deadline.remaining)
            self.endpoint = self._connection.endpoint
        return self._connection

    def call(
        self,
        method: Callable[[Connection], Callable[..., Any]],
        request: object,
        operation: str,
        *,
        repeatable: bool = True,
    ) -> Any:
        """Send a request, repeat it after some errors, and return the response.

        Args:
            method: returns the method of a connection to call.
            request: the message.
            operation: description for messages: `write /calico/…`.
            repeatable: whether to repeat the request if the server may have executed it.

        Raises:
            ReadCompacted: the revision was compacted.
            RequestTooLarge: the request exceeds the limits of the server.
        """
        deadline = Deadline.after(self.timeout)
        for attempts_left in reversed(range(MAX_ATTEMPTS)):
            connection = self.ensure_connection(deadline)
            try:
                timeout = self.attempt_timeout(deadline, repeatable)
                return connection.send(method(connection), request, timeout).result()
            except grpc.RpcError as error:
                failure = classify(error)
                self._recover(failure, deadline, operation, repeatable=repeatable, is_last_attempt=not attempts_left)
        raise AssertionError("the last attempt returns or raises")

    def attempt_timeout(self, deadline: Deadline, repeatable: bool) -> float:
        """Return the timeout of one attempt in seconds; it reserves time to repeat the request at another endpoint."""
        reserves_time = repeatable and len(self.settings.endpoints) > 1
        return deadline.remaining / 2 if reserves_time else deadline.remaining

    def _recover(
        self, failure: RequestFailure, deadline: Deadline, operation: str, *, repeatable: bool, is_last_attempt: bool
    ) -> None:
        """Prepare the next attempt, or raise the error if the request cannot be repeated."""
        action = failure.action
        if action is FailureAction.RESTART_READ:
            raise ReadCompacted
        if action is FailureAction.SPLIT:
            raise RequestTooLarge
        if action is FailureAction.LOG_IN and self._connection and self.settings.username and not is_last_attempt:
            log_in(self._connection, self.settings, deadline.remaining)
        elif action is not FailureAction.RECONNECT:
            raise self.unreachable_error(failure, operation)
        elif not (repeatable or failure.was_not_sent):
            self.close()
            raise DatastoreUnreachable(
                f"{self.endpoint}: connection lost during a write: {failure}",
                "  the changes may or may not have been written (it is safe to repeat the command)",
            )
        elif is_last_attempt:
            raise self.unreachable_error(failure, operation)
        else:
            self.close()
