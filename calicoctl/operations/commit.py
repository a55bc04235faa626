"""Planned writes to etcd: one transaction when they fit, else guarded batches that are undone when one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.datastore import Committed, Guard, GuardsFailed, Range, TooLarge, Write
from calicoctl.errors import CalicoctlError, Conflict, DatastoreUnreachable, Interrupted, Refused
from calicoctl.operations.interrupts import held
from calicoctl.operations.lookup import View
from calicoctl.operations.manner import AS_USUAL, Manner
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


class Intent(NamedTuple):
    """What is to be written, and what that was planned on."""

    levels: Levels
    """Writes that depend on each other: those of one level are done before the next begins."""
    state: State
    """A lock that is set meanwhile counts."""
    before: View
    """The entries as they were read, to set them back."""
    seen: Sequence[Guard] = ()
    """What was found to need no write; checked once more where the transaction has room for that."""
    basis: Sequence[Guard] = ()
    """What it was judged by, that nobody is locked out; as `seen`, but goes first."""


def commit(datastore: Datastore, intent: Intent, manner: Manner = AS_USUAL) -> None:
    """Carry out all writes; a bare store is initialised with the first. A dry run only finds out whether that works.

    Raises:
        GuardsFailed: nothing was written.
        Undone: the same, now that what was has been undone.
        Refused: a resource is too large for etcd, or not all fits one transaction; nothing was written.
        Conflict: others wrote in between two batches, and not all could be undone; says what stays.
        DatastoreUnreachable: the connection was lost; says what is written.
        Interrupted: Ctrl-C came between two batches; says what is written.
    """
    levels, state = intent.levels, intent.state
    writes = [write for level in levels for write in level]
    if not writes:
        return
    first = list(state.initialisation()) if any(write.value is not None for write in writes) else []
    # A transaction that writes the key of the lock itself guards it already.
    guards = [] if any(write.key == state.guard.key for write in first) else [state.guard]
    excess = datastore.excess([*first, *writes], guards)
    if excess is None and not manner.dry_run:
        excess = _in_one(datastore, [*first, *writes], guards, [intent.basis, intent.seen])
    if excess is None:
        return
    _check_sizes(datastore, writes)
    if manner.atomic:
        raise Refused(f"--atomic: {_needs(excess)} (leave out --atomic to write in several transactions)")
    if not manner.dry_run:
        _Batches(datastore, state, intent.before, manner.progress).write(first, levels)


def _in_one(
    datastore: Datastore, writes: Sequence[Write], guards: Sequence[Guard], more: Iterable[Sequence[Guard]]
) -> TooLarge | None:
    """Write all of it in one transaction; why this server does not take it, or None. Takes more guards if they fit."""
    wanted = list(guards)
    for wished in filter(None, more):
        wanted = wanted if datastore.excess(writes, [*wanted, *wished]) else [*wanted, *wished]
    try:
        datastore.commit(writes, wanted)
    except TooLarge as error:  # this server takes less than we took it to
        return error if len(wanted) == len(guards) else _in_one(datastore, writes, guards, ())
    return None


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
            return Refused(_too_large(batch[0]))
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
