"""Planned writes to etcd: one transaction when they fit, else several, or none when the user wants just one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.datastore import Guard, TransactionTooLarge, Write
from calicoctl.errors import Refused
from calicoctl.operations.read.lookup import StoreView
from calicoctl.operations.write.batches import BatchWriter, Levels, too_large_message
from calicoctl.operations.write.cluster import State
from calicoctl.operations.write.options import DEFAULT_WRITE_OPTIONS, WriteOptions

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


class WriteSet(NamedTuple):
    """What is to be written, and what that was planned on."""

    levels: Levels
    """Writes that depend on each other: those of one level are done before the next begins."""
    state: State
    """A lock that is set meanwhile counts."""
    view: StoreView
    """The entries as they were read, to set them back."""
    unchanged_guards: Sequence[Guard] = ()
    """What was found to need no write; checked once more where the transaction has room for that."""
    decision_guards: Sequence[Guard] = ()
    """What it was judged by, that nobody is locked out and nothing in use is deleted; as `seen`, but goes first."""


def commit(datastore: Datastore, write_set: WriteSet, options: WriteOptions = DEFAULT_WRITE_OPTIONS) -> None:
    """Carry out all writes; a bare store is initialised with the first. A dry run only finds out whether that works.

    Raises:
        GuardsFailed: nothing was written.
        Undone: the same, now that what was has been undone.
        Refused: a resource is too large for etcd, or not all fits one transaction; nothing was written.
        Conflict: others wrote in between two batches, and not all could be undone; says what stays.
        DatastoreUnreachable: the connection was lost; says what is written.
        Interrupted: Ctrl-C came between two batches; says what is written.
    """
    levels, state = write_set.levels, write_set.state
    writes = [write for level in levels for write in level]
    if not writes:
        return
    initial_writes = list(state.initialisation()) if any(write.value is not None for write in writes) else []
    # A transaction that writes the key of the lock itself guards it already.
    guards = [] if any(write.key == state.guard.key for write in initial_writes) else [state.guard]
    excess = datastore.size_error([*initial_writes, *writes], guards)
    if excess is None and not options.dry_run:
        excess = _commit_once(
            datastore, [*initial_writes, *writes], guards, [write_set.decision_guards, write_set.unchanged_guards]
        )
    if excess is None:
        return
    _check_sizes(datastore, writes)
    if options.atomic:
        raise Refused(f"--atomic: {_limit_message(excess)} (leave out --atomic to write in several transactions)")
    if not options.dry_run:
        BatchWriter(datastore, state, write_set.view, options.progress).write(initial_writes, levels)


def _commit_once(
    datastore: Datastore, writes: Sequence[Write], guards: Sequence[Guard], optional_guards: Iterable[Sequence[Guard]]
) -> TransactionTooLarge | None:
    """Write all of it in one transaction; why this server does not take it, or None. Takes more guards if they fit."""
    all_guards = list(guards)
    for group in filter(None, optional_guards):
        all_guards = all_guards if datastore.size_error(writes, [*all_guards, *group]) else [*all_guards, *group]
    try:
        datastore.commit(writes, all_guards)
    except TransactionTooLarge as error:  # this server takes less than we took it to
        return error if len(all_guards) == len(guards) else _commit_once(datastore, writes, guards, ())
    return None


def _limit_message(excess: TransactionTooLarge) -> str:
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
    large = [
        write for write in writes if len(write.value or b"") > _MIN_MEASURED_BYTES and datastore.size_error([write])
    ]
    if large:
        raise Refused(*map(too_large_message, large))


_MIN_MEASURED_BYTES = 1_000_000
"""Bytes from which on a single write is measured exactly."""
