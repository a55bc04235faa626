"""Planned writes to etcd: one transaction when they fit, else several, or none when the user wants just one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.datastore import Guard, TooLarge, Write
from calicoctl.errors import Refused
from calicoctl.operations.batches import Batches, Levels, too_large
from calicoctl.operations.lookup import View
from calicoctl.operations.manner import AS_USUAL, Manner
from calicoctl.operations.state import State

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


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
    """What it was judged by, that nobody is locked out and nothing in use is deleted; as `seen`, but goes first."""


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
        Batches(datastore, state, intent.before, manner.progress).write(first, levels)


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
        raise Refused(*map(too_large, large))


_LARGE = 1_000_000
"""Bytes from which on a single write is measured exactly."""
