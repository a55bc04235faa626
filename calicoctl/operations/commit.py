"""Planned writes to etcd: one transaction when they fit, else guarded batches that are undone when one fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from calicoctl.datastore import Guard, GuardsFailed, TooLarge, Write
from calicoctl.errors import Conflict, DatastoreUnreachable, Refused
from calicoctl.operations.lookup import View
from calicoctl.operations.state import State

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


def commit(datastore: Datastore, state: State, writes: Sequence[Write], before: View) -> None:
    """Carry out all writes; a bare store is initialised with the first. `before` is what they were planned on.

    Raises:
        GuardsFailed: nothing was written, or it was undone.
        Refused: a resource is too large for etcd; nothing was written, or it was undone.
        Conflict: others wrote in between two batches, and not all could be undone; says what stays.
    """
    if not writes:
        return
    first = list(state.initialisation()) if any(write.value is not None for write in writes) else []
    everything = [*first, *writes]
    if not datastore.fits(everything, [state.guard]):
        _check_sizes(datastore, everything)
    batches = _Batches(datastore, state.guard)
    try:
        batches.write(everything)
    except (GuardsFailed, Refused):
        if kept := batches.undo(before):
            raise Conflict(
                "others wrote in between: these keys are written and could not be set back, all others are as they "
                "were (run the same command again)",
                *(f"  {key}" for key in kept),
            ) from None
        raise
    except DatastoreUnreachable as error:
        if not batches.done:
            raise
        count = f"{len(batches.done)} of {len(everything)} keys are written"
        raise DatastoreUnreachable(*error.lines, f"  {count} (run the same command again)") from error


def _check_sizes(datastore: Datastore, writes: Sequence[Write]) -> None:
    """Raise Refused when a single write is too large, before anything is written."""
    large = [write for write in writes if not datastore.fits([write])]
    if large:
        raise Refused(*map(_too_large, large))


def _too_large(write: Write) -> str:
    return f"{write.key}: {len(write.value or b''):,} bytes are more than etcd takes (split the resource)"


class _Batches:
    """Writes in their order, in as many transactions as they need."""

    def __init__(self, datastore: Datastore, guard: Guard) -> None:
        self._datastore = datastore
        self._guard = guard
        self.done: list[tuple[Write, int]] = []
        """What was written, with the revision at which each key is now; 0 for a deleted one."""

    def write(self, writes: Sequence[Write]) -> None:
        """Write all, halved until each part fits: this server may take less than the usual (--max-txn-ops)."""
        # A batch that writes the key itself guards it already.
        guards = [] if any(write.key == self._guard.key for write in writes) else [self._guard]
        if len(writes) == 1 or self._datastore.fits(writes, guards):
            try:
                revision = self._datastore.commit(writes, guards).revision
            except TooLarge:
                if len(writes) == 1:
                    raise Refused(_too_large(writes[0])) from None
            else:
                self.done += ((write, 0 if write.value is None else revision) for write in writes)
                if not guards:  # the store is initialised: from now on that is what must not change
                    self._guard = self._guard._replace(revision=revision)
                return
        middle = len(writes) // 2
        self.write(writes[:middle])
        self.write(writes[middle:])

    def undo(self, before: View) -> list[str]:
        """Set back what was written, where nobody has changed it since; gives the keys that stay as we wrote them."""
        back = []
        for write, revision in reversed(self.done):
            entry = before.entry(write.key)
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
