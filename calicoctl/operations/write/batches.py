"""Writes that do not fit one transaction: several transactions, with a rollback if one fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from calicoctl.datastore import CommitResult, Guard, GuardsFailed, TransactionLog, TransactionTooLarge, Write
from calicoctl.errors import (
    CalicoctlError,
    Conflict,
    DatastoreUnreachable,
    Interrupted,
    PermissionDenied,
    Refused,
    RequestRejected,
    WriteResultUnknown,
    interruption,
)
from calicoctl.lazy_dataclass import dataclass
from calicoctl.operations.read.lookup import StoreView
from calicoctl.operations.write.cluster import State
from calicoctl.operations.write.decision_guards import check_decision_guards
from calicoctl.operations.write.rollback import RestoredRevisions, Rollback
from calicoctl.operations.write.write_state import WriteState
from calicoctl.progress import Progress
from calicoctl.signals import ReceivedSignal

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

Levels = Sequence[Sequence[Write]]

NOTHING_WRITTEN = "  nothing was written (all writes were rolled back)"


class RolledBack(GuardsFailed):
    """A guard of a later transaction failed, and the earlier transactions were rolled back."""

    def __init__(self, cause: GuardsFailed, restored: RestoredRevisions) -> None:
        super().__init__(cause.revision, cause.failed_guards)
        self.restored = restored


@dataclass
class BatchWriter:
    """Writer of several transactions.

    All writes were planned at one revision. Each transaction guards its own keys again. The decision guards are checked
    after the last one. A transaction without an answer is sent again: its guards prevent a second execution.
    """

    datastore: Datastore
    cluster: State
    """Its guard makes the write fail if the datastore is locked at the same time."""
    view: StoreView
    """Entries as they were read, for the rollback."""
    decision_guards: Sequence[Guard]
    """Guards that are checked after the last transaction."""
    progress: Progress
    """Called after each transaction."""
    state: WriteState
    """State of the write, which is kept up to date."""
    received: ReceivedSignal
    """The signal that ends the write before its next transaction."""
    log: TransactionLog | None = None
    """Record in the history, which each transaction contains."""

    def __post_init__(self) -> None:
        """Begin with the guard of the cluster as it was read; the first transaction can write its key."""
        self._guard = self.cluster.guard

    def write(self, initial_writes: Sequence[Write], levels: Levels) -> None:
        """Write level after level. If a transaction or a decision guard fails, roll all back and raise its error.

        Args:
            initial_writes: writes of the first transaction.
            levels: the other writes.

        Raises:
            TransactionTooLarge: the first transaction exceeds the limits of the server. Nothing was written.
            GuardsFailed, Refused, Conflict, DatastoreUnreachable, Interrupted: see `commit`.
        """
        try:
            if initial_writes:
                self._write_first(initial_writes)
            for level in levels:
                self._write_level(level)
            check_decision_guards(self.datastore, self.decision_guards, self.state.revisions())
        except (GuardsFailed, Refused, DatastoreUnreachable, Interrupted) as error:
            self._abort(error)

    def _write_first(self, writes: Sequence[Write]) -> None:
        writes_guard = any(write.key == self._guard.key for write in writes)
        writes = self.log.complete(writes, self.datastore.max_operations) if self.log else writes
        # A transaction that writes the key of the lock guards it already.
        self.state.start(writes)
        self._commit(writes, [] if writes_guard else [self._guard], is_repeated=False)
        if writes_guard:
            self._guard = self._guard._replace(revision=self.state.revisions()[self._guard.key])

    def _write_level(self, writes: Sequence[Write]) -> None:
        """Write one level; transactions without an answer, and the writes after them, again."""
        while writes:
            self._send_batches(writes)
            self._repeat_unsettled()
            writes = [write for write in writes if write.key not in self.state.written]
            if writes and self.received:
                raise interruption(self.received.number)

    def _send_batches(self, writes: Sequence[Write]) -> None:
        """Send writes in several transactions, until one fails. Raise its error if another attempt cannot succeed."""
        failure: Exception | None = None
        oversized = False
        batches = self.datastore.commit_batches(
            writes, [self._guard], should_stop=self.received.__bool__, on_send=self.state.start, log=self.log
        )
        for batch, result in batches:
            if isinstance(result, CommitResult):
                self.state.settle(batch, result)
                self.progress("writing", self.state.written_count, self.state.total)
            elif isinstance(result, DatastoreUnreachable):
                # It stays unsettled. Only a transaction without an answer is sent again.
                failure = failure or (None if isinstance(result, WriteResultUnknown) else result)
            else:
                self.state.settle(batch, None)
                is_divisible = isinstance(result, TransactionTooLarge) and self._is_divisible(batch)
                oversized = oversized or is_divisible
                failure = failure or (None if is_divisible else _failure(batch, result))
        if failure:
            raise failure
        if oversized:  # the limits of this server are lower (--max-txn-ops, --max-request-bytes)
            self.datastore.max_operations = max(2, self.datastore.max_operations // 2)

    def _is_divisible(self, batch: Sequence[Write]) -> bool:
        """Whether a transaction that is too large for the server can be made smaller, if only its record."""
        if sum(write.is_guarded for write in batch) > 1:
            return True
        return self.log is not None and self.log.drop_values()

    def _repeat_unsettled(self) -> None:
        """Send transactions without an answer again, also during the election of a leader."""
        if self.state.unsettled:
            self.datastore.close()  # the next connection may be to another endpoint
        for batch in tuple(self.state.unsettled):
            if self.received:
                raise interruption(self.received.number)
            self._commit(batch, [self._guard], is_repeated=True)

    def _commit(self, writes: Sequence[Write], guards: Sequence[Guard], *, is_repeated: bool) -> None:
        """Write one transaction and wait for its result."""
        try:
            result = self.datastore.commit(writes, guards, is_repeated=is_repeated)
        except (GuardsFailed, TransactionTooLarge):
            self.state.settle(writes, None)
            raise
        self.state.settle(writes, result)

    def _abort(self, error: GuardsFailed | CalicoctlError) -> None:
        """Roll everything back, and raise the error with the keys that are still written."""
        rollback = Rollback(self.datastore, self.view, self._guard, self.state)
        rollback.run()
        if self.received and not isinstance(error, Interrupted):
            error = interruption(self.received.number, *_details(error))
        if self.state.is_clean and isinstance(error, GuardsFailed):
            raise RolledBack(error, rollback.restored) from error
        reported = error if isinstance(error, CalicoctlError) else self._rollback_failure(rollback)
        if isinstance(reported, PermissionDenied) and not self.state.is_clean:
            reported = RequestRejected(*reported.messages)  # the write is not repeated without its record
        reported.messages = (*reported.messages, *self._consequences(rollback, reported))
        raise reported from None

    def _rollback_failure(self, rollback: Rollback) -> CalicoctlError:
        """Return the error of an incomplete rollback after a conflict with another client."""
        return rollback.failure or Conflict(
            "these keys were written and could not be rolled back, because other clients have changed them; all "
            "other keys were rolled back (run the same command again)",
            *self._overwritten_lines(),
        )

    def _consequences(self, rollback: Rollback, reported: CalicoctlError) -> Sequence[str]:
        """Return the state after the rollback, as details of the reported error."""
        if self.state.is_clean:
            return (NOTHING_WRITTEN,)
        if rollback.failure is None:
            is_listed = isinstance(reported, Conflict)
            return () if is_listed else ("  these keys were written:", *self._overwritten_lines())
        is_new = reported is not rollback.failure and not isinstance(reported, DatastoreUnreachable)
        reasons = _details(rollback.failure) if is_new else ()
        return (*reasons, *self.state.progress_lines())

    def _overwritten_lines(self) -> list[str]:
        return [f"  {key}" for key in sorted(self.state.overwritten)]


def _failure(batch: Sequence[Write], result: Exception) -> Exception:
    return Refused(too_large_message(batch[0])) if isinstance(result, TransactionTooLarge) else result


def _details(error: Exception) -> tuple[str, ...]:
    """Return the messages of an error as details of another one."""
    lines = error.lines if isinstance(error, CalicoctlError) else ()
    return tuple(f"  {line.strip()}" for line in lines)


def too_large_message(write: Write) -> str:
    """Return the message for a write that is larger than a transaction."""
    return f"{write.key}: {len(write.value or b''):,} bytes exceed the limit of etcd (split the resource)"
