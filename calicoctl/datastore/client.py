"""Client of the etcd v3 datastore: read, watch, commit, status."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from queue import SimpleQueue
from types import TracebackType
from typing import Any

import etcd3.etcdrpc as rpc
import grpc

from calicoctl.config import Settings
from calicoctl.datastore import transaction
from calicoctl.datastore.connection import Connection
from calicoctl.datastore.failures import FailureAction, classify
from calicoctl.datastore.range_reader import EntryConsumer, PendingResponse, ReadResponse, read_ranges
from calicoctl.datastore.retry import Attempts, NoSpace, ReadCompacted, RequestTooLarge, RetryingConnection
from calicoctl.datastore.values import (
    CommitResult,
    Guard,
    GuardsFailed,
    Range,
    ServerStatus,
    Snapshot,
    TransactionLog,
    TransactionTooLarge,
    Write,
    summarize_keys,
    summarize_ranges,
)
from calicoctl.datastore.watch_stream import WatchStream
from calicoctl.deadline import Deadline
from calicoctl.errors import DatastoreUnreachable, PermissionDenied, WriteResultUnknown

_MAX_READS = 3
"""Maximum number of reads, if etcd is compacted during each."""
_MAX_IN_FLIGHT = 8
"""Maximum number of transactions sent and not answered."""


class Datastore(RetryingConnection):
    """The etcd v3 datastore: snapshots, watches and guarded transactions."""

    def __init__(self, settings: Settings, max_operations: int = transaction.MAX_OPERATIONS) -> None:
        """Connect with these settings.

        Args:
            settings: endpoints, credentials, timeout.
            max_operations: maximum number of operations in a transaction (etcd --max-txn-ops).
        """
        super().__init__(settings)
        self.max_operations = max_operations

    def __enter__(self) -> Datastore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(
        self, ranges: Sequence[Range], new_consumer: Callable[[], EntryConsumer] | None = None, revision: int = 0
    ) -> Snapshot:
        """Read keys and prefixes at one revision.

        Args:
            ranges: the keys and prefixes.
            new_consumer: returns a function that receives the entries while they arrive. It is called again each time
                the read restarts, because etcd compacted its revision.
            revision: the revision to read; 0 for the latest that the cluster agreed on.
        """
        send = partial(self._send_read, f"read {summarize_ranges(ranges)}")
        for _ in range(_MAX_READS):
            with contextlib.suppress(ReadCompacted):
                return read_ranges(send, ranges, new_consumer and new_consumer(), revision)
        raise DatastoreUnreachable(f"{self.endpoint}: etcd was compacted during {_MAX_READS} reads (try again)")

    def _send_read(self, operation: str, requests: Sequence[rpc.RangeRequest]) -> PendingResponse:
        """Send requests for ranges at one revision; the returned function waits for the response.

        One range is not read in a transaction: etcd 3.5.4 and earlier can crash if the client disconnects during one.
        """
        if len(requests) == 1:
            wait_for_range = self.start_call(_read_range, requests[0], operation)
            return lambda: ReadResponse.from_range(wait_for_range())
        request = transaction.build_read(requests)
        wait_for_transaction = self.start_call(_transact, request, operation)

        def wait() -> ReadResponse:
            try:
                response = self._check_size(request, wait_for_transaction)
            except NoSpace:
                return self._read_separately(requests, operation)
            return ReadResponse.from_transaction(response)

        return wait

    def _read_separately(self, requests: Sequence[rpc.RangeRequest], operation: str) -> ReadResponse:
        """Read the ranges one by one: a full etcd may reject transactions that only read."""
        revision, pages = 0, []
        for each in requests:
            request = rpc.RangeRequest()
            request.CopyFrom(each)
            request.revision = request.revision or revision
            pages.append(self.call(_read_range, request, operation))
            revision = revision or pages[0].header.revision
        return ReadResponse(revision, pages)

    def _check_size(self, request: rpc.TxnRequest, call: Callable[[], Any]) -> Any:
        """Return the result of a call; raise `TransactionTooLarge` if the server has lower limits than the defaults."""
        try:
            return call()
        except RequestTooLarge:
            raise transaction.measure_request(request, self.max_operations) from None

    def watch(self, ranges: Sequence[Range]) -> WatchStream:
        """Watch for changes after now, until the current connection ends."""
        return WatchStream(self.ensure_connection(Deadline.after(self.timeout)), ranges)

    def commit(
        self, writes: Sequence[Write], guards: Sequence[Guard] = (), *, is_repeated: bool = False
    ) -> CommitResult:
        """Execute all writes in one transaction, if all guards and those of the writes hold.

        Without an answer it is sent again: it cannot be executed twice, because it breaks its own guards.

        Args:
            writes: the writes. Each key may be written only once.
            guards: other guards.
            is_repeated: whether the same transaction was sent before and may be executed.

        Raises:
            GuardsFailed: nothing was written; contains the failed guards with the current entries.
            TransactionTooLarge: nothing was written; see `size_error`.
            WriteResultUnknown: the transaction was sent and not answered.
            DatastoreUnreachable: nothing was written.
        """
        request = transaction.build_request(writes, guards)
        if too_large := transaction.size_error(request, self.max_operations):
            raise too_large
        attempts = Attempts(is_write=True, may_be_executed=is_repeated)
        try:
            response = self._check_size(
                request, lambda: self.call_write(_transact, request, f"write {summarize_keys(writes)}", attempts)
            )
            return transaction.parse_response(response, transaction.all_guards(writes, guards))
        except GuardsFailed as error:
            current = {guard.key: guard.current_entry for guard in error.failed_guards}
            own = attempts.may_be_executed and transaction.find_own_commit(writes, current, error.revision)
            if not own:
                raise
            return own
        except NoSpace:
            if own := self.find_commit(writes):
                return own
            raise

    def find_commit(self, writes: Sequence[Write]) -> CommitResult | None:
        """Return the result of a transaction that was sent and not answered; None if it was not executed.

        It may be executed later, unless a guard prevents that.
        """
        snapshot = self.read([Range(write.key) for write in writes])
        entries = (each[0] if each else None for each in snapshot.entries_by_range)
        current = dict(zip((write.key for write in writes), entries, strict=True))
        return transaction.find_own_commit(writes, current, snapshot.revision)

    def size_error(self, writes: Sequence[Write], guards: Sequence[Guard] = ()) -> TransactionTooLarge | None:
        """Return the error if the writes and guards exceed the limits of one transaction, else None."""
        if len(writes) > self.max_operations:
            return TransactionTooLarge(len(writes) + len(guards), self.max_operations, 0, transaction.MAX_REQUEST_BYTES)
        return transaction.size_error(transaction.build_request(writes, guards), self.max_operations)

    def commit_batches(
        self,
        writes: Sequence[Write],
        guards: Sequence[Guard],
        should_stop: Callable[[], bool] = lambda: False,
        on_send: Callable[[Sequence[Write]], None] = lambda batch: None,
        log: TransactionLog | None = None,
    ) -> Iterator[tuple[Sequence[Write], CommitResult | Exception]]:
        """Execute writes in as many transactions as they need, each with all guards, several at the same time.

        Yields each sent batch with its result as soon as it is answered: a revision, `GuardsFailed`,
        `TransactionTooLarge`, `WriteResultUnknown` if it was not answered and can be sent again, or
        `DatastoreUnreachable` if etcd rejects it. After a failure, or if `should_stop` returns True, no further batch
        is sent. `on_send` is called before a batch is sent. `log` adds its writes to each batch.
        """
        in_flight: dict[Any, Sequence[Write]] = {}
        answered: SimpleQueue[Any] = SimpleQueue()
        batches = transaction.make_batches(writes, self.max_operations, len(guards), log)
        keep_sending = True
        while True:
            while (
                keep_sending
                and len(in_flight) < _MAX_IN_FLIGHT
                and not should_stop()
                and (next_batch := next(batches, None))
            ):
                future = self._send_batch(next_batch, guards, on_send)
                in_flight[future] = next_batch
                future.add_done_callback(answered.put)
            if not in_flight:
                return
            batch = in_flight.pop(future := answered.get())
            result = self._batch_result(batch, guards, future)
            keep_sending = keep_sending and isinstance(result, CommitResult)
            yield batch, result

    def _send_batch(
        self, writes: Sequence[Write], guards: Sequence[Guard], on_send: Callable[[Sequence[Write]], None]
    ) -> Any:
        deadline = Deadline.after(self.timeout)
        connection = self.ensure_connection(deadline)
        request = transaction.build_request(writes, guards)
        on_send(writes)  # after an error of the connection it is not sent, and its state is known
        return connection.send(connection.transact, request, self.attempt_timeout(deadline))

    def _batch_result(self, writes: Sequence[Write], guards: Sequence[Guard], future: Any) -> CommitResult | Exception:
        try:
            response = future.result()
        except grpc.RpcError as error:
            failure = classify(error)
            if failure.action is FailureAction.SPLIT:
                return transaction.measure_request(transaction.build_request(writes, guards), self.max_operations)
            unreachable = self.unreachable_error(failure, f"write {summarize_keys(writes)}")
            if failure.is_denied:
                return PermissionDenied(*unreachable.messages)
            return WriteResultUnknown(*unreachable.messages) if failure.is_temporary else unreachable
        try:
            return transaction.parse_response(response, transaction.all_guards(writes, guards))
        except GuardsFailed as error:
            return error

    def status(self) -> ServerStatus:
        """Request the status of the connected server."""
        status = self.call(lambda connection: connection.request_status, rpc.StatusRequest(), "request the status")
        return ServerStatus(self.endpoint, status.version, status.header.revision, status.dbSize)


def _transact(connection: Connection) -> Callable[..., Any]:
    return connection.transact


def _read_range(connection: Connection) -> Callable[..., Any]:
    return connection.read_range
