"""The datastore as the rest of the program sees it: read, commit, status."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import Any

import grpc
from etcd3 import etcdrpc as rpc

from calicoctl.config import Settings
from calicoctl.datastore import transaction
from calicoctl.datastore.connection import Connection, connect_first, log_in
from calicoctl.datastore.failures import FailureAction, RequestFailure, classify
from calicoctl.datastore.range_reader import EntryConsumer, PendingResponse, read_ranges, summarize_keys
from calicoctl.datastore.values import (
    CommitResult,
    Guard,
    GuardsFailed,
    Range,
    ServerStatus,
    Snapshot,
    TransactionTooLarge,
    Write,
)
from calicoctl.datastore.watch_stream import Watch
from calicoctl.errors import DatastoreUnreachable

_MAX_ATTEMPTS = 3
"""For one request, counting the first."""
_MAX_IN_FLIGHT = 8
"""Transactions that are on their way at once."""


class Datastore:
    """A connection to etcd that finds another endpoint when the one in use dies.

    Every method raises DatastoreUnreachable when no endpoint answers in time, or the user may not do this.
    """

    def __init__(self, settings: Settings, max_operations: int = transaction.MAX_OPERATIONS) -> None:
        """Connect as the settings say; `max_operations` is what a transaction may have (etcd's --max-txn-ops)."""
        self.settings = settings
        self.max_operations = max_operations
        self.timeout = settings.timeout
        """Seconds that a call may take in all."""
        self._connection: Connection | None = connect_first(settings, settings.timeout)
        self.endpoint: str = self._connection.endpoint
        """The URL in use, or last in use."""

    def __enter__(self) -> Datastore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. Using the datastore again opens a new one."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def read(
        self, ranges: Sequence[Range], new_consumer: Callable[[], EntryConsumer] | None = None, revision: int = 0
    ) -> Snapshot:
        """Read keys and prefixes, all at one revision: 0 means the latest that the cluster agreed on.

        `new_consumer` gives what takes entries as they arrive; it is asked again when the reading has to begin anew.
        """
        send = partial(self._send_read, f"read {summarize_keys([wanted.key for wanted in ranges])}")
        for _ in range(_MAX_ATTEMPTS):
            with contextlib.suppress(_Compacted):
                return read_ranges(send, ranges, new_consumer and new_consumer(), revision)
        raise DatastoreUnreachable(f"{self.endpoint}: compacted while it was read, {_MAX_ATTEMPTS} times: try again")

    def _send_read(self, subject: str, request: rpc.TxnRequest) -> PendingResponse:
        """Send a request at once if there is a connection, and wait for the answer when that is wanted."""
        connection, timeout = self._connection, self._attempt_timeout(time.monotonic() + self.timeout, repeatable=True)
        futures = [connection.send(connection.transact, request, timeout)] if connection else []

        def method(connection_in_use: Connection) -> Callable[..., Any]:
            return (lambda *_, **__: futures.pop()) if futures else connection_in_use.transact

        def wait() -> Any:
            try:
                return self._call(method, request, subject)
            except _RequestTooLargeError:
                raise self._measured_size_error(request) from None

        return wait

    def watch(self, ranges: Sequence[Range]) -> Watch:
        """Watch for changes from now on, on the connection in use and as long as that lives."""
        return Watch(self._ensure_connection(time.monotonic() + self.timeout), ranges)

    def commit(self, writes: Sequence[Write], guards: Sequence[Guard] = ()) -> CommitResult:
        """Carry out all writes in one transaction, if all guards and those of the writes hold.

        No key may be written twice.

        Raises:
            GuardsFailed: nothing was written; says which guards failed and what is there.
            TooLarge: nothing was written; see `too_large`.
        """
        request = transaction.build_request(writes, guards)
        if too_large := transaction.size_error(request, self.max_operations):
            raise too_large
        subject = f"write {summarize_keys([write.key for write in writes])}"
        try:
            response = self._call(lambda connection: connection.transact, request, subject, repeatable=False)
        except _RequestTooLargeError:
            raise self._measured_size_error(request) from None
        return transaction.parse_response(response, transaction.all_guards(writes, guards))

    def size_error(self, writes: Sequence[Write], guards: Sequence[Guard] = ()) -> TransactionTooLarge | None:
        """Why one transaction can't hold all this, or None."""
        if len(writes) > self.max_operations:
            return TransactionTooLarge(len(writes) + len(guards), self.max_operations, 0, transaction.MAX_REQUEST_BYTES)
        return transaction.size_error(transaction.build_request(writes, guards), self.max_operations)

    def commit_batches(
        self, writes: Sequence[Write], guards: Sequence[Guard], should_stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Sequence[Write], CommitResult | Exception]]:
        """Carry out writes in as many transactions as they need, each with the guards, several at a time.

        Gives every transaction that was sent, in their order, with what became of it: a revision, GuardsFailed,
        TooLarge, or a DatastoreUnreachable when that is not known. After a failure, or when `should_stop` says so,
        nothing more is sent.
        """
        in_flight: deque[tuple[Sequence[Write], Any]] = deque()
        batches = transaction.split_writes(writes, self.max_operations, len(guards))
        keep_sending = True
        while True:
            while (
                keep_sending
                and len(in_flight) < _MAX_IN_FLIGHT
                and not should_stop()
                and (next_batch := next(batches, None))
            ):
                in_flight.append((next_batch, self._start(next_batch, guards)))
            if not in_flight:
                return
            batch, future = in_flight.popleft()
            result = self._commit_result(batch, guards, future)
            keep_sending = keep_sending and isinstance(result, CommitResult)
            yield batch, result

    def _start(self, writes: Sequence[Write], guards: Sequence[Guard]) -> Any:
        deadline = time.monotonic() + self.timeout
        connection = self._ensure_connection(deadline)
        return connection.send(connection.transact, transaction.build_request(writes, guards), self.timeout)

    def _commit_result(self, writes: Sequence[Write], guards: Sequence[Guard], future: Any) -> CommitResult | Exception:
        try:
            response = future.result()
        except grpc.RpcError as error:
            request_failure = classify(error)
            if request_failure.action is FailureAction.SPLIT:
                return self._measured_size_error(transaction.build_request(writes, guards))
            return self.unreachable_error(request_failure, f"write {summarize_keys([write.key for write in writes])}")
        try:
            return transaction.parse_response(response, transaction.all_guards(writes, guards))
        except GuardsFailed as error:
            return error

    def _measured_size_error(self, request: rpc.TxnRequest) -> TransactionTooLarge:
        """What a server refused that has lower limits than we took it to have."""
        return transaction.measure_request(request, self.max_operations)

    def status(self) -> ServerStatus:
        """Ask the server in use about itself."""
        answer = self._call(lambda connection: connection.ask_status, rpc.StatusRequest(), "ask for the status")
        return ServerStatus(self.endpoint, answer.version, answer.header.revision, answer.dbSize)

    def _call(
        self,
        method: Callable[[Connection], Callable[..., Any]],
        request: object,
        subject: str,
        *,
        repeatable: bool = True,
    ) -> Any:
        """Send one request, to another endpoint if need be, and wait for the answer.

        Args:
            method: picks what to call of a connection.
            request: the message.
            subject: what is being done, for messages: `write /calico/…`.
            repeatable: whether to send it again when the server may have carried it out.
        """
        deadline = time.monotonic() + self.timeout
        for attempts_left in reversed(range(_MAX_ATTEMPTS)):
            connection = self._ensure_connection(deadline)
            try:
                return connection.send(
                    method(connection), request, self._attempt_timeout(deadline, repeatable)
                ).result()
            except grpc.RpcError as error:
                self._recover(
                    classify(error), deadline, subject, repeatable=repeatable, is_last_attempt=not attempts_left
                )
        raise AssertionError("the last try returns or raises")

    def _ensure_connection(self, deadline: float) -> Connection:
        if self._connection is None:
            self._connection = connect_first(self.settings, _remaining(deadline))
            self.endpoint = self._connection.endpoint
        return self._connection

    def _attempt_timeout(self, deadline: float, repeatable: bool) -> float:
        """Seconds that one try may take: what can be repeated elsewhere leaves time for that."""
        keep_reserve = repeatable and len(self.settings.endpoints) > 1
        return _remaining(deadline) / 2 if keep_reserve else _remaining(deadline)

    def _recover(
        self, request_failure: RequestFailure, deadline: float, subject: str, *, repeatable: bool, is_last_attempt: bool
    ) -> None:
        """Prepare for another try, or raise if there is none to be had."""
        if request_failure.action is FailureAction.RESTART_READ:
            raise _Compacted
        if request_failure.action is FailureAction.SPLIT:
            raise _RequestTooLargeError
        if (
            request_failure.action is FailureAction.LOG_IN
            and self._connection
            and self.settings.username
            and not is_last_attempt
        ):
            log_in(self._connection, self.settings, _remaining(deadline))
        elif request_failure.action is not FailureAction.RECONNECT:
            raise self.unreachable_error(request_failure, subject)
        elif not (repeatable or request_failure.was_not_sent):
            self.close()
            raise DatastoreUnreachable(
                f"{self.endpoint}: the connection was lost while writing: {request_failure}",
                "  it is not known whether the changes were made; the same command can be run again",
            )
        elif is_last_attempt:
            raise self.unreachable_error(request_failure, subject)
        else:
            self.close()

    def unreachable_error(self, problem: object, subject: str) -> DatastoreUnreachable:
        """The error for what the server refuses; the subject is as that of `_call`."""
        user = f" (user '{self.settings.username}')" if self.settings.username else ""
        return DatastoreUnreachable(f"{self.endpoint}: can't {subject}: {problem}{user}")


class _Compacted(Exception):
    """The revision being read is gone."""


class _RequestTooLargeError(Exception):
    """The server found the request too large."""


def _remaining(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)
