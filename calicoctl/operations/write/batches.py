"""Writes that do not fit one transaction: several transactions, with a rollback if one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from calicoctl.datastore import CommitResult, Guard, GuardsFailed, Range, TransactionTooLarge, Write
from calicoctl.errors import CalicoctlError, Conflict, DatastoreUnreachable, Interrupted, Refused
from calicoctl.operations.read.lookup import StoreView
from calicoctl.operations.write.cluster import State
from calicoctl.operations.write.decision_guards import check_decision_guards
from calicoctl.operations.write.interrupts import deferred_interrupt
from calicoctl.progress import Progress

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

Levels = Sequence[Sequence[Write]]
RestoredRevisions = dict[tuple[str, int], int]
"""Restored keys: (key, revision read) to the revision of the rollback."""


class RolledBack(GuardsFailed):
    """A guard of a later transaction failed, and the earlier transactions were rolled back."""

    def __init__(self, cause: GuardsFailed, restored: RestoredRevisions) -> None:
        super().__init__(cause.revision, cause.failed_guards)
        self.restored = restored


class BatchWriter:
    """Writer of several transactions.

    All writes were planned at one revision. Each transaction guards its own keys again. The decision guards are checked
    after the last one.
    """

    def __init__(
        self,
        datastore: Datastore,
        state: State,
        view: StoreView,
        decision_guards: Sequence[Guard],
        progress: Progress,
    ) -> None:
        self._datastore = datastore
        self._progress = progress
        self._guard = state.guard
        self._view = view
        self._decision_guards = decision_guards
        self._written: list[tuple[Write, int]] = []
        """Completed writes with the current revision of the key; 0 for a deleted key."""
        self._unknown: list[Write] = []
        """Writes without a response from etcd."""
        self._restored: RestoredRevisions = {}
        self._total = 0

    def write(self, initial_writes: Sequence[Write], levels: Levels) -> None:
        """Write level after level. If a transaction or a decision guard fails, roll all back and raise its error.

        Args:
            initial_writes: writes of the first transaction.
            levels: the other writes.

        Raises:
            TransactionTooLarge: the first transaction exceeds the limits of the server. Nothing was written.
            GuardsFailed, Refused, Conflict, DatastoreUnreachable, Interrupted: see `commit`.
        """
        self._total = len(initial_writes) + sum(map(len, levels))
        with deferred_interrupt() as interrupted:
            try:
                if initial_writes:
                    self._write_first(initial_writes)
                for level in levels:
                    self._write_level(level, interrupted)
                check_decision_guards(self._datastore, self._decision_guards, self._written_revisions())
            except (GuardsFailed, Refused, DatastoreUnreachable, Interrupted) as error:
                self._abort(error)
                if isinstance(error, GuardsFailed):
                    raise RolledBack(error, self._restored) from error
                raise

    def _write_first(self, writes: Sequence[Write]) -> None:
        self._unknown = list(writes)
        # A transaction that writes the key of the lock guards it already.
        guards = [] if any(write.key == self._guard.key for write in writes) else [self._guard]
        try:
            revision = self._datastore.commit(writes, guards).revision
        except (GuardsFailed, TransactionTooLarge):
            self._unknown = []  # nothing was written
            raise
        self._unknown = []
        self._written += ((write, revision) for write in writes)
        if any(write.key == self._guard.key for write in writes):
            self._guard = self._guard._replace(revision=revision)

    def _write_level(self, writes: Sequence[Write], interrupted: Callable[[], bool]) -> None:
        failure: Exception | None = None
        oversized: list[Write] = []
        for batch, result in self._datastore.commit_batches(writes, [self._guard], interrupted):
            if isinstance(result, CommitResult):
                self._written += ((write, 0 if write.value is None else result.revision) for write in batch)
                self._progress("writing", len(self._written), self._total)
            elif isinstance(result, TransactionTooLarge) and len(batch) > 1:
                oversized += batch
            else:
                error = self._classify_failure(batch, result)  # for each batch: records its unknown writes
                failure = failure or error
        if interrupted():
            raise Interrupted("interrupted") from failure
        if failure:
            raise failure
        if oversized:  # the limits of this server are lower (--max-txn-ops, --max-request-bytes)
            self._datastore.max_operations = max(2, self._datastore.max_operations // 2)
            written_keys = {write.key for write, _ in self._written}
            self._write_level([write for write in writes if write.key not in written_keys], interrupted)

    def _written_revisions(self) -> dict[str, int]:
        return {write.key: revision for write, revision in self._written}

    def _classify_failure(self, batch: Sequence[Write], result: Exception) -> Exception:
        if isinstance(result, TransactionTooLarge):
            return Refused(too_large_message(batch[0]))
        if isinstance(result, DatastoreUnreachable):
            self._unknown += batch
        return result

    def _abort(self, error: Exception) -> None:
        """Roll everything back.

        Raises an error with the written keys if the rollback is incomplete. A lost connection may be available again.
        """
        error_class = type(error) if isinstance(error, (DatastoreUnreachable, Interrupted)) else None
        messages = error.messages if isinstance(error, CalicoctlError) else ()
        try:
            self._resolve_unknown_writes()
            unrestored_keys = [f"  {key}" for key in self._roll_back()]
        except DatastoreUnreachable as connection_error:
            messages = (*messages, *connection_error.messages) if error_class is not DatastoreUnreachable else messages
            raise (error_class or DatastoreUnreachable)(*messages, self._progress_message()) from error
        if unrestored_keys and error_class:
            raise error_class(*messages, "  these keys were written:", *unrestored_keys) from error
        if unrestored_keys:
            raise Conflict(
                "these keys were written and could not be rolled back, because other clients have changed them; all "
                "other keys were rolled back (run the same command again)",
                *unrestored_keys,
            ) from None
        if error_class:
            raise error_class(*messages, "  nothing was written (all writes were rolled back)") from error

    def _progress_message(self) -> str:
        unknown = f", {len(self._unknown)} have an unknown state" if self._unknown else ""
        return f"  {len(self._written)} of {self._total} keys were written{unknown} (run the same command again)"

    def _resolve_unknown_writes(self) -> None:
        """Determine whether the writes without a response took effect: their keys have the written values then."""
        if self._unknown:
            self._datastore.close()  # the next connection may be to another endpoint
            self._fence()
        results = (
            self._datastore.read([Range(write.key) for write in self._unknown]).entries_by_range
            if self._unknown
            else ()
        )
        for write, entries in zip(self._unknown, results, strict=True):
            entry = entries[0] if entries else None
            written = entry.value == write.value if entry else write.value is None
            if written and (entry.mod_revision if entry else 0) != write.revision:
                self._written.append((write, entry.mod_revision if entry else 0))
        self._unknown = []

    def _fence(self) -> None:
        """Write the key that every batch guards, so that batches that etcd has not received yet fail."""
        key = self._guard.key
        own_values = [write.value for write, _ in self._written if write.key == key]
        entry = self._view.entry(key)
        value = own_values[0] if own_values else entry.value if entry else None
        if value is None:
            return
        try:
            revision = self._datastore.commit([Write(key, value, self._guard.revision)]).revision
        except GuardsFailed:
            return  # another client has written it, which has the same effect
        self._written = [(write, revision if write.key == key else known) for write, known in self._written]

    def _roll_back(self) -> list[str]:
        """Restore the written keys that no other client has changed since. Return the keys that were not restored."""
        restores = []
        for write, revision in reversed(self._written):
            entry = self._view.entry(write.key)
            restores.append(Write(write.key, entry.value if entry else None, revision))
        return sorted(self._restore(restores))

    def _restore(self, writes: Sequence[Write]) -> Iterator[str]:
        if not writes:
            return
        try:
            revision = self._datastore.commit(writes).revision
            before = (self._view.entry(write.key) for write in writes)
            self._restored.update(((entry.key, entry.mod_revision), revision) for entry in before if entry)
        except (GuardsFailed, TransactionTooLarge):
            if len(writes) == 1:
                yield writes[0].key
                return
            middle = len(writes) // 2
            yield from self._restore(writes[:middle])
            yield from self._restore(writes[middle:])


def too_large_message(write: Write) -> str:
    """Return the message for a write that is larger than a transaction."""
    return f"{write.key}: {len(write.value or b''):,} bytes exceed the limit of etcd (split the resource)"
