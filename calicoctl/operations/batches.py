"""Planned writes in several transactions, which are undone when one fails: what does not fit a single one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from calicoctl.datastore import Committed, GuardsFailed, Range, TooLarge, Write
from calicoctl.errors import CalicoctlError, Conflict, DatastoreUnreachable, Interrupted, Refused
from calicoctl.operations.interrupts import held
from calicoctl.operations.lookup import View
from calicoctl.operations.progress import Progress
from calicoctl.operations.state import State

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

Levels = Sequence[Sequence[Write]]
Restored = dict[tuple[str, int], int]
"""Keys with the revision at which they were read, and the one at which the same value was set back."""


class Undone(GuardsFailed):
    """A guard of a later transaction failed, and those before it have been undone."""

    def __init__(self, cause: GuardsFailed, restored: Restored) -> None:
        super().__init__(cause.revision, cause.failed)
        self.restored = restored


class Batches:
    """Writes in several transactions. They were all checked at one revision; each checks its own part once more."""

    def __init__(self, datastore: Datastore, state: State, before: View, progress: Progress) -> None:
        self._datastore = datastore
        self._progress = progress
        self._guard = state.guard
        self._before = before
        self._done: list[tuple[Write, int]] = []
        """What was written, with the revision at which each key is now; 0 for a deleted one."""
        self._unknown: list[Write] = []
        self._restored: Restored = {}
        self._count = 0

    def write(self, first: Sequence[Write], levels: Levels) -> None:
        """Write level after level; when one fails, undo them all and raise what happened."""
        self._count = len(first) + sum(map(len, levels))
        with held() as interrupted:
            try:
                if first:
                    self._write_first(first)
                for level in levels:
                    self._write_level(level, interrupted)
            except (GuardsFailed, Refused, DatastoreUnreachable, Interrupted) as error:
                self._give_up(error)
                if isinstance(error, GuardsFailed):
                    raise Undone(error, self._restored) from error
                raise

    def _write_first(self, writes: Sequence[Write]) -> None:
        self._unknown = list(writes)
        revision = self._datastore.commit(writes).revision
        self._unknown = []
        self._done += ((write, revision) for write in writes)
        if any(write.key == self._guard.key for write in writes):
            self._guard = self._guard._replace(revision=revision)

    def _write_level(self, writes: Sequence[Write], interrupted: Callable[[], bool]) -> None:
        failure: Exception | None = None
        left: list[Write] = []
        for batch, result in self._datastore.commit_each(writes, [self._guard], interrupted):
            if isinstance(result, Committed):
                self._done += ((write, 0 if write.value is None else result.revision) for write in batch)
                self._progress("writing", len(self._done), self._count)
            elif isinstance(result, TooLarge) and len(batch) > 1:
                left += batch
            else:
                found = self._failure(batch, result)  # of each: of all that are lost it is not known
                failure = failure or found
        if interrupted():
            raise Interrupted("interrupted") from failure
        if failure:
            raise failure
        if left:  # this server takes less than we took it to (--max-txn-ops, --max-request-bytes)
            self._datastore.max_operations = max(2, self._datastore.max_operations // 2)
            done = {write.key for write, _ in self._done}
            self._write_level([write for write in writes if write.key not in done], interrupted)

    def _failure(self, batch: Sequence[Write], result: Exception) -> Exception:
        if isinstance(result, TooLarge):
            return Refused(too_large(batch[0]))
        if isinstance(result, DatastoreUnreachable):
            self._unknown += batch
        return result

    def _give_up(self, error: Exception) -> None:
        """Undo everything, and raise what there is to say beyond the error; a lost connection may come back."""
        kind = type(error) if isinstance(error, (DatastoreUnreachable, Interrupted)) else None
        causes = error.causes if isinstance(error, CalicoctlError) else ()
        try:
            self._find_out()
            kept = [f"  {key}" for key in self._undo()]
        except DatastoreUnreachable as lost:
            causes = (*causes, *lost.causes) if kind is not DatastoreUnreachable else causes
            raise (kind or DatastoreUnreachable)(*causes, self._standing()) from error
        if kept and kind:
            raise kind(*causes, "  these keys are written:", *kept) from error
        if kept:
            raise Conflict(
                "these keys are written and could not be set back, since others have changed them; all others are as "
                "they were (run the same command again)",
                *kept,
            ) from None
        if kind:
            raise kind(*causes, "  nothing is written (what was has been undone)") from error

    def _standing(self) -> str:
        unknown = f", of {len(self._unknown)} it is not known" if self._unknown else ""
        return f"  {len(self._done)} of {self._count} keys are written{unknown} (run the same command again)"

    def _find_out(self) -> None:
        """See whether the writes took effect whose answers were lost: then the keys hold what we wrote."""
        if self._unknown:
            self._datastore.close()  # the next connection may be to another endpoint
            self._fence()
        found = self._datastore.read([Range(write.key) for write in self._unknown]).found if self._unknown else ()
        for write, entries in zip(self._unknown, found, strict=True):
            entry = entries[0] if entries else None
            written = entry.value == write.value if entry else write.value is None
            if written and (entry.revision if entry else 0) != write.revision:
                self._done.append((write, entry.revision if entry else 0))
        self._unknown = []

    def _fence(self) -> None:
        """Touch what every batch guards: those that are still on their way to etcd fail then, whenever they arrive."""
        key = self._guard.key
        ours = [write.value for write, _ in self._done if write.key == key]
        entry = self._before.entry(key)
        value = ours[0] if ours else entry.value if entry else None
        if value is None:
            return
        try:
            revision = self._datastore.commit([Write(key, value, self._guard.revision)]).revision
        except GuardsFailed:
            return  # somebody else has touched it
        self._done = [(write, revision if write.key == key else known) for write, known in self._done]

    def _undo(self) -> list[str]:
        """Set back what was written, where nobody has changed it since; gives the keys that stay as we wrote them."""
        back = []
        for write, revision in reversed(self._done):
            entry = self._before.entry(write.key)
            back.append(Write(write.key, entry.value if entry else None, revision))
        return sorted(self._set_back(back))

    def _set_back(self, writes: Sequence[Write]) -> Iterator[str]:
        if not writes:
            return
        try:
            revision = self._datastore.commit(writes).revision
            before = (self._before.entry(write.key) for write in writes)
            self._restored.update(((entry.key, entry.revision), revision) for entry in before if entry)
        except (GuardsFailed, TooLarge):
            if len(writes) == 1:
                yield writes[0].key
                return
            middle = len(writes) // 2
            yield from self._set_back(writes[:middle])
            yield from self._set_back(writes[middle:])


def too_large(write: Write) -> str:
    """What to say of a write that is larger than a transaction."""
    return f"{write.key}: {len(write.value or b''):,} bytes are more than etcd takes (split the resource)"
