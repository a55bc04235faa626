"""State of a write at any time: which keys are written, and which may be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from calicoctl.datastore import CommitResult, Write
from calicoctl.operations.history.entry import is_history_key


class WriteState:
    """Accounts for the keys of a write. Its texts report only what etcd has confirmed."""

    def __init__(self, total: int) -> None:
        self.total = total
        """Number of keys to write."""
        self.written: dict[str, tuple[Write, int]] = {}
        """Written keys, each with its write and the current revision of the key; 0 for a deleted key."""
        self.transactions: list[Sequence[str]] = []
        """Keys of each transaction that took effect, the oldest first."""
        self.overwritten: list[str] = []
        """Written keys that other clients have changed since."""
        self.unsettled: list[Sequence[Write]] = []
        """Transactions that were sent and have no result."""
        self.restoring: Collection[str] = ()
        """Keys of a rollback that was sent and has no result."""

    def start(self, writes: Sequence[Write]) -> None:
        """Add a transaction that is being sent."""
        self.unsettled.append(writes)

    def settle(self, writes: Sequence[Write], result: CommitResult | None) -> None:
        """Add the result of a transaction; None if it had no effect."""
        if result is not None:
            self.transactions.append([write.key for write in writes])
            self.written.update({write.key: (write, 0 if write.value is None else result.revision) for write in writes})
        # After `written`: a signal in between reports an unknown state, and not that nothing is written.
        self.unsettled = [each for each in self.unsettled if each is not writes]

    @property
    def written_count(self) -> int:
        """Number of written keys, without those of the history."""
        return _count(self.written)

    def revisions(self) -> dict[str, int]:
        """Return the current revision of each written key."""
        return {key: revision for key, (_, revision) in self.written.items()}

    @property
    def is_clean(self) -> bool:
        """Whether nothing is written, for certain."""
        return not (self.written or self.overwritten or self.unsettled or self.restoring)

    def progress_lines(self) -> tuple[str, ...]:
        """Return the number of written keys and of keys with an unknown state, as a detail of a message."""
        unknown = {*self.restoring, *(write.key for writes in self.unsettled for write in writes)}
        unknown_text = f", {_count(unknown)} have an unknown state" if unknown else ""
        written = _count(self.written.keys() - unknown) + len(self.overwritten)
        return (f"  {written} of {self.total} keys were written{unknown_text} (run the same command again)",)


def _count(keys: Iterable[str]) -> int:
    """Return the number of keys without those of the history."""
    return sum(not is_history_key(key) for key in keys)
