"""Rollback of a write in several transactions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from calicoctl.datastore import ANY_REVISION, Guard, GuardsFailed, TransactionTooLarge, Write
from calicoctl.errors import CalicoctlError, DatastoreUnreachable, RequestRejected, WriteResultUnknown
from calicoctl.operations.history.entry import is_history_key
from calicoctl.operations.read.lookup import StoreView
from calicoctl.operations.write.write_state import WriteState

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

RestoredRevisions = dict[tuple[str, int], int]
"""Restored keys: (key, revision read) to the revision of the rollback."""


class Rollback:
    """Restores the written keys that no other client has changed since, and keeps the state up to date."""

    def __init__(self, datastore: Datastore, view: StoreView, guard: Guard, state: WriteState) -> None:
        """Prepare a rollback.

        Args:
            datastore: the datastore.
            view: the entries before the write.
            guard: the guard of all transactions of the write.
            state: the state of the write.
        """
        self._datastore = datastore
        self._view = view
        self._guard = guard
        self._state = state
        self.restored: RestoredRevisions = {}
        self.failure: CalicoctlError | None = None
        """Reason why written keys were not restored. Changes by other clients are not a failure."""

    def run(self) -> None:
        """Determine which transactions took effect, and restore their keys."""
        self._datastore.waits_for_endpoint = True
        try:
            self._settle_transactions()
            for keys in reversed(self._state.transactions):
                self._restore_transaction(keys)
        except DatastoreUnreachable as error:
            self.failure = error

    def _restore_write(self, key: str) -> Write:
        if is_history_key(key):
            return Write(key, None, ANY_REVISION)
        entry = self._view.entry(key)
        return Write(key, entry.value if entry else None, self._state.written[key][1])

    def _settle_transactions(self) -> None:
        """Determine the results of transactions that etcd did not answer, or rejected.

        A transaction that reaches the space quota is rejected after it was executed (etcd `quotaApplierV3`).
        """
        if not self._state.unsettled:
            return
        self._datastore.close()  # the next connection may be to another endpoint
        self._fence()
        for writes in tuple(self._state.unsettled):
            self._state.settle(writes, self._datastore.find_commit(writes))

    def _fence(self) -> None:
        """Write the key that every transaction guards, so that transactions that etcd receives later fail."""
        key = self._guard.key
        own_write, _ = self._state.written.get(key, (None, 0))
        entry = self._view.entry(key)
        value = own_write.value if own_write else entry.value if entry else None
        if value is None:
            return
        try:
            revision = self._datastore.commit([Write(key, value, self._guard.revision)]).revision
        except GuardsFailed:
            return  # another client has written it, which has the same effect
        except RequestRejected:
            return  # etcd rejects all writes, also delayed ones
        if own_write:
            self._state.written[key] = (own_write, revision)

    def _restore_transaction(self, keys: Sequence[str]) -> None:
        """Restore the keys of one transaction, in one transaction if they fit.

        The restored values can be larger than the written ones. The entry of the history then goes with the last part,
        so that the history contains each key that is still written.
        """
        from calicoctl.datastore.transaction import split_writes  # imports etcd3

        writes = [self._restore_write(key) for key in keys]
        writes.sort(key=lambda write: not is_history_key(write.key))
        for part in reversed([*split_writes(writes, self._datastore.max_operations, 0)]):
            self._restore(part)

    def _restore(self, writes: Sequence[Write]) -> None:
        """Restore keys in one transaction. After a lost connection, raise its error."""
        if not writes:
            return
        state = self._state
        state.restoring = [write.key for write in writes]
        sent = {key: state.written.pop(key) for key in state.restoring}
        try:
            revision = self._datastore.commit(writes).revision
        except WriteResultUnknown:
            raise
        except (GuardsFailed, TransactionTooLarge, DatastoreUnreachable) as error:
            state.written.update(sent)
            state.restoring = ()
            if isinstance(error, DatastoreUnreachable) and not isinstance(error, RequestRejected):
                raise
            self._restore_separately(writes, error)
        else:
            state.restoring = ()
            before = (self._view.entry(write.key) for write in writes)
            self.restored.update(((entry.key, entry.mod_revision), revision) for entry in before if entry)

    def _restore_separately(self, writes: Sequence[Write], error: Exception) -> None:
        """Restore the keys of a failed transaction, except the cause of the failure."""
        if isinstance(error, RequestRejected):  # a full etcd permits deletions
            self.failure = error
            # The history keeps the entries about the other keys.
            deletions = [write for write in writes if write.value is None and write.is_guarded]
            if len(deletions) < len(writes):
                self._restore(deletions)
        elif isinstance(error, GuardsFailed):
            changed = {guard.key for guard in error.failed_guards}
            for key in changed:
                del self._state.written[key]
            self._state.overwritten += changed
            self._restore([write for write in writes if write.key not in changed])
        elif len(writes) == 1:
            self._state.overwritten.append(writes[0].key)
            del self._state.written[writes[0].key]
        else:
            middle = len(writes) // 2  # the history is in the first half
            self._restore(writes[middle:])
            self._restore(writes[:middle])
