"""Planned writes to etcd: one transaction when they fit, else guarded batches that report how far they came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from calicoctl.datastore import Guard, GuardsFailed, Write
from calicoctl.errors import Conflict
from calicoctl.operations.state import State

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


def commit(datastore: Datastore, state: State, writes: Sequence[Write]) -> None:
    """Carry out all writes; a bare store is initialised with the first.

    Raises:
        GuardsFailed: nothing was written.
        Conflict: somebody wrote in between two batches; says what is written and what is not.
    """
    if not writes:
        return
    first = list(state.initialisation()) if any(write.value is not None for write in writes) else []
    everything = [*first, *writes]
    guards = [] if any(write.key == state.guard.key for write in first) else [state.guard]
    if datastore.fits(everything, guards):
        datastore.commit(everything, guards)
        return
    _commit_batches(datastore, everything, state)


def _commit_batches(datastore: Datastore, writes: Sequence[Write], state: State) -> None:
    done: list[Write] = []
    guards = [] if any(write.key == state.guard.key for write in writes) else [state.guard]
    for batch in _batches(datastore, writes, [state.guard]):
        try:
            committed = datastore.commit(batch, guards)
        except GuardsFailed as error:
            if not done:
                raise
            raise Conflict(
                f"others wrote in between: {len(done)} of {len(writes)} keys are written, the others are not "
                "(run the same command again)",
                *(f"  {guard.key}: changed since it was read" for guard in error.failed),
            ) from None
        done += batch
        if not guards:  # this batch has initialised the store: from now on that is what must not change
            guards = [state.guard._replace(revision=committed.revision)]


def _batches(datastore: Datastore, writes: Sequence[Write], guards: Sequence[Guard]) -> Iterator[Sequence[Write]]:
    """The writes in their order, halved until each part fits."""
    if len(writes) == 1 or datastore.fits(writes, guards):
        yield writes
        return
    middle = len(writes) // 2
    yield from _batches(datastore, writes[:middle], guards)
    yield from _batches(datastore, writes[middle:], guards)
