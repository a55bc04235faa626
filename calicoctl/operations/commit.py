"""Planned writes to etcd: one transaction when they fit, else guarded batches that are undone when one fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from calicoctl.datastore import Committed, GuardsFailed, Range, TooLarge, Write
from calicoctl.errors import Conflict, DatastoreUnreachable, Refused
from calicoctl.operations.lookup import View
from calicoctl.operations.manner import AS_USUAL, Manner
from calicoctl.operations.progress import Progress
from calicoctl.operations.state import State

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

Levels = Sequence[Sequence[Write]]
"""Writes that depend on each other: those of one level are done before the next begins."""


def commit(datastore: Datastore, state: State, levels: Levels, before: View, manner: Manner = AS_USUAL) -> None:
    """Carry out all writes; a bare store is initialised with the first.

    Args:
        datastore: where to.
        state: what the writes were planned on; a lock that is set meanwhile counts.
        levels: the writes.
        before: the entries that the writes were planned on, to set them back.
        manner: how to write.

    Raises:
        GuardsFailed: nothing was written, or it was undone.
        Refused: a resource is too large for etcd, or not all fits one transaction; nothing was written.
        Conflict: others wrote in between two batches, and not all could be undone; says what stays.
        DatastoreUnreachable: the connection was lost; says what is written.
    """
    writes = [write for level in levels for write in level]
    if not writes:
        return
    first = list(state.initialisation()) if any(write.value is not None for write in writes) else []
    # A transaction that writes the key of the lock itself guards it already.
    guards = [] if any(write.key == state.guard.key for write in first) else [state.guard]
    excess = datastore.excess([*first, *writes], guards)
    if excess is None:
        try:
            datastore.commit([*first, *writes], guards)
        except TooLarge as error:  # this server takes less than we took it to
            excess = error
        else:
            return
    _check_sizes(datastore, writes)
    if manner.atomic:
        raise Refused(f"--atomic: {_needs(excess)} (leave out --atomic to write in several transactions)")
    _Batches(datastore, state, before, manner.progress).write(first, levels)


def _needs(excess: TooLarge) -> str:
    if excess.operations > excess.max_operations:
        return f"this needs {excess.operations} operations, a transaction takes {excess.max_operations}"
    if excess.size > excess.max_size:
        return f"this needs {excess.size:,} bytes, a transaction takes {excess.max_size:,}"
    return (
        f"etcd refuses a transaction of {excess.operations} operations and {excess.size:,} bytes "
        "(its options --max-txn-ops and --max-request-bytes)"
    )


def _check_sizes(datastore: Datastore, writes: Sequence[Write]) -> None:
    """Raise Refused when a single write is too large, before anything is written."""
    large = [write for write in writes if len(write.value or b"") > _LARGE and datastore.excess([write])]
    if large:
        raise Refused(*map(_too_large, large))


_LARGE = 1_000_000
"""Bytes from which on a single write is measured exactly."""


def _too_large(write: Write) -> str:
    return f"{write.key}: {len(write.value or b''):,} bytes are more than etcd takes (split the resource)"


class _Batches:
    """Writes in several transactions. They were all checked at one revision; each checks its own part once more."""

    def __init__(self, datastore: Datastore, state: State, before: View, progress: Progress) -> None:
        self._datastore = datastore
        self._progress = progress
        self._guard = state.guard
        self._before = before
        self._done: list[tuple[Write, int]] = []
        """What was written, with the revision at which each key is now; 0 for a deleted one."""
        self._unknown: list[Write] = []
        self._count = 0

    def write(self, first: Sequence[Write], levels: Levels) -> None:
        """Write level after level; when one fails, undo them all and raise what happened."""
        self._count = len(first) + sum(map(len, levels))
        try:
            if first:
                revision = self._datastore.commit(first).revision
                self._done += ((write, revision) for write in first)
                if any(write.key == self._guard.key for write in first):
                    self._guard = self._guard._replace(revision=revision)
            for level in levels:
                self._write_level(level)
        except (GuardsFailed, Refused):
            self._undo_or_tell()
            raise
        except KeyboardInterrupt:
            self._undo_or_tell()
            raise
        except DatastoreUnreachable as error:
            raise self._lost(error) from error

    def _write_level(self, writes: Sequence[Write]) -> None:
        failure: Exception | None = None
        left: list[Write] = []
        for batch, result in self._datastore.commit_each(writes, [self._guard]):
            if isinstance(result, Committed):
                self._done += ((write, 0 if write.value is None else result.revision) for write in batch)
                self._progress("writing", len(self._done), self._count)
            elif isinstance(result, TooLarge) and len(batch) > 1:
                left += batch
            else:
                failure = failure or self._failure(batch, result)
        if failure:
            raise failure
        if left:  # this server takes less than we took it to (--max-txn-ops, --max-request-bytes)
            self._datastore.max_operations = max(2, self._datastore.max_operations // 2)
            done = {write.key for write, _ in self._done}
            self._write_level([write for write in writes if write.key not in done])

    def _failure(self, batch: Sequence[Write], result: Committed | Exception) -> Exception:
        if isinstance(result, TooLarge):
            return Refused(_too_large(batch[0]))
        if isinstance(result, DatastoreUnreachable):
            self._unknown += batch
        return result if isinstance(result, Exception) else AssertionError("a commit is no failure")

    def _undo_or_tell(self) -> None:
        if kept := self._undo():
            raise Conflict(
                "these keys are written and could not be set back, since others have changed them; all others are as "
                "they were (run the same command again)",
                *(f"  {key}" for key in kept),
            ) from None

    def _lost(self, error: DatastoreUnreachable) -> DatastoreUnreachable:
        """What to say when the connection is gone: it may come back, then what was written is undone."""
        try:
            self._find_out()
            kept = self._undo()
        except DatastoreUnreachable:
            unknown = f", of {len(self._unknown)} it is not known" if self._unknown else ""
            count = f"{len(self._done)} of {self._count} keys are written{unknown}"
            return DatastoreUnreachable(*error.lines, f"  {count} (run the same command again)")
        if kept:
            return DatastoreUnreachable(*error.lines, "  these keys are written:", *(f"  {key}" for key in kept))
        return DatastoreUnreachable(*error.lines, "  nothing is written (what was has been undone)")

    def _find_out(self) -> None:
        """See whether the writes took effect whose answers were lost: then the keys hold what we wrote."""
        found = self._datastore.read([Range(write.key) for write in self._unknown]).found if self._unknown else ()
        for write, entries in zip(self._unknown, found, strict=True):
            entry = entries[0] if entries else None
            written = entry.value == write.value if entry else write.value is None
            if written and (entry.revision if entry else 0) != write.revision:
                self._done.append((write, entry.revision if entry else 0))
        self._unknown = []

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
            self._datastore.commit(writes)
        except (GuardsFailed, TooLarge):
            if len(writes) == 1:
                yield writes[0].key
                return
            middle = len(writes) // 2
            yield from self._set_back(writes[:middle])
            yield from self._set_back(writes[middle:])
