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
from calicoctl.datastore.connection import Connection
from calicoctl.datastore.failures import Action, Failure, failure
from calicoctl.datastore.model import Committed, Guard, GuardsFailed, Range, ServerStatus, Snapshot, TooLarge, Write
from calicoctl.datastore.race import log_in, reach
from calicoctl.datastore.reading import Answer, Take, listing, read
from calicoctl.datastore.watching import Watch
from calicoctl.errors import DatastoreUnreachable

_TRIES = 3
"""For one request, counting the first."""
_WINDOW = 8
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
        self._connection: Connection | None = reach(settings, settings.timeout)
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

    def read(self, ranges: Sequence[Range], begin: Callable[[], Take] | None = None, revision: int = 0) -> Snapshot:
        """Read keys and prefixes, all at one revision: 0 means the latest that the cluster agreed on.

        `begin` gives what takes entries as they arrive; it is asked again when the reading has to begin anew.
        """
        ask = partial(self._ask, f"read {listing([wanted.key for wanted in ranges])}")
        for _ in range(_TRIES):
            with contextlib.suppress(_Compacted):
                return read(ask, ranges, begin and begin(), revision)
        raise DatastoreUnreachable(f"{self.endpoint}: compacted while it was read, {_TRIES} times: try again")

    def _ask(self, subject: str, request: rpc.TxnRequest) -> Answer:
        """Send a request at once if there is a connection, and wait for the answer when that is wanted."""
        connection, time_left = self._connection, self._share(time.monotonic() + self.timeout, repeatable=True)
        sent = [connection.send(connection.transact, request, time_left)] if connection else []

        def transact(in_use: Connection) -> Callable[..., Any]:
            return (lambda *_, **__: sent.pop()) if sent else in_use.transact

        def answer() -> Any:
            try:
                return self._call(transact, request, subject)
            except _RefusedSize:
                raise self._measured(request) from None

        return answer

    def watch(self, ranges: Sequence[Range]) -> Watch:
        """Watch for changes from now on, on the connection in use and as long as that lives."""
        return Watch(self._connected(time.monotonic() + self.timeout), ranges)

    def commit(self, writes: Sequence[Write], guards: Sequence[Guard] = ()) -> Committed:
        """Carry out all writes in one transaction, if all guards and those of the writes hold.

        No key may be written twice.

        Raises:
            GuardsFailed: nothing was written; says which guards failed and what is there.
            TooLarge: nothing was written; see `excess`.
        """
        request = transaction.build(writes, guards)
        if excess := transaction.excess(request, self.max_operations):
            raise excess
        subject = f"write {listing([write.key for write in writes])}"
        try:
            response = self._call(lambda connection: connection.transact, request, subject, repeatable=False)
        except _RefusedSize:
            raise self._measured(request) from None
        return transaction.outcome(response, transaction.guards_of(writes, guards))

    def excess(self, writes: Sequence[Write], guards: Sequence[Guard] = ()) -> TooLarge | None:
        """Why one transaction can't hold all this, or None."""
        if len(writes) > self.max_operations:
            return TooLarge(len(writes) + len(guards), self.max_operations, 0, transaction.MAX_SIZE)
        return transaction.excess(transaction.build(writes, guards), self.max_operations)

    def commit_each(
        self, writes: Sequence[Write], guards: Sequence[Guard], stopping: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Sequence[Write], Committed | Exception]]:
        """Carry out writes in as many transactions as they need, each with the guards, several at a time.

        Gives every transaction that was sent, in their order, with what became of it: a revision, GuardsFailed,
        TooLarge, or a DatastoreUnreachable when that is not known. After a failure, or when `stopping` says so,
        nothing more is sent.
        """
        on_their_way: deque[tuple[Sequence[Write], Any]] = deque()
        waiting = transaction.batches(writes, self.max_operations, len(guards))
        going_on = True
        while True:
            while going_on and len(on_their_way) < _WINDOW and not stopping() and (following := next(waiting, None)):
                on_their_way.append((following, self._start(following, guards)))
            if not on_their_way:
                return
            batch, future = on_their_way.popleft()
            result = self._result_of(batch, guards, future)
            going_on = going_on and isinstance(result, Committed)
            yield batch, result

    def _start(self, writes: Sequence[Write], guards: Sequence[Guard]) -> Any:
        deadline = time.monotonic() + self.timeout
        connection = self._connected(deadline)
        return connection.send(connection.transact, transaction.build(writes, guards), self.timeout)

    def _result_of(self, writes: Sequence[Write], guards: Sequence[Guard], future: Any) -> Committed | Exception:
        try:
            response = future.result()
        except grpc.RpcError as error:
            problem = failure(error)
            if problem.action is Action.SPLIT:
                return self._measured(transaction.build(writes, guards))
            return self.refused(problem, f"write {listing([write.key for write in writes])}")
        try:
            return transaction.outcome(response, transaction.guards_of(writes, guards))
        except GuardsFailed as error:
            return error

    def _measured(self, request: rpc.TxnRequest) -> TooLarge:
        """What a server refused that has lower limits than we took it to have."""
        return transaction.measure(request, self.max_operations)

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
        for tries_left in reversed(range(_TRIES)):
            connection = self._connected(deadline)
            try:
                return connection.send(method(connection), request, self._share(deadline, repeatable)).result()
            except grpc.RpcError as error:
                self._recover(failure(error), deadline, subject, repeatable=repeatable, last=not tries_left)
        raise AssertionError("the last try returns or raises")

    def _connected(self, deadline: float) -> Connection:
        if self._connection is None:
            self._connection = reach(self.settings, _left(deadline))
            self.endpoint = self._connection.endpoint
        return self._connection

    def _share(self, deadline: float, repeatable: bool) -> float:
        """Seconds that one try may take: what can be repeated elsewhere leaves time for that."""
        spare = repeatable and len(self.settings.endpoints) > 1
        return _left(deadline) / 2 if spare else _left(deadline)

    def _recover(self, problem: Failure, deadline: float, subject: str, *, repeatable: bool, last: bool) -> None:
        """Prepare for another try, or raise if there is none to be had."""
        if problem.action is Action.READ_AGAIN:
            raise _Compacted
        if problem.action is Action.SPLIT:
            raise _RefusedSize
        if problem.action is Action.LOG_IN and self._connection and self.settings.username and not last:
            log_in(self._connection, self.settings, _left(deadline))
        elif problem.action is not Action.RECONNECT:
            raise self.refused(problem, subject)
        elif not (repeatable or problem.unsent):
            self.close()
            raise DatastoreUnreachable(
                f"{self.endpoint}: the connection was lost while writing: {problem}",
                "  it is not known whether the changes were made; the same command can be run again",
            )
        elif last:
            raise self.refused(problem, subject)
        else:
            self.close()

    def refused(self, problem: object, subject: str) -> DatastoreUnreachable:
        """The error for what the server refuses; the subject is as that of `_call`."""
        user = f" (user '{self.settings.username}')" if self.settings.username else ""
        return DatastoreUnreachable(f"{self.endpoint}: can't {subject}: {problem}{user}")


class _Compacted(Exception):
    """The revision being read is gone."""


class _RefusedSize(Exception):
    """The server found the request too large."""


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)
