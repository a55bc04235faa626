"""Commit of planned writes to etcd: in one transaction if they fit, else in several, unless `--atomic` is set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.datastore import Guard, GuardsFailed, TransactionLog, TransactionTooLarge, Write
from calicoctl.errors import DatastoreUnreachable, Refused, WriteResultUnknown
from calicoctl.operations.read.lookup import StoreView
from calicoctl.operations.write.batches import BatchWriter, Levels, too_large_message
from calicoctl.operations.write.cluster import State
from calicoctl.operations.write.options import DEFAULT_WRITE_OPTIONS, WriteOptions
from calicoctl.operations.write.signal_end import end_by_signal
from calicoctl.operations.write.write_state import WriteState

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

_MIN_MEASURED_BYTES = 1_000_000
"""Size in bytes from which a single write is measured exactly."""


class WriteSet(NamedTuple):
    """Writes, and the contents of the datastore that they are based on."""

    levels: Levels
    """Writes by dependency level. One level is finished before the next."""
    state: State
    """Its guard makes the write fail if the datastore is locked at the same time."""
    view: StoreView
    """Entries as they were read, for the rollback."""
    unchanged_guards: Sequence[Guard] = ()
    """Guards of resources that need no write; checked again if they fit the transaction."""
    decision_guards: Sequence[Guard] = ()
    """Guards of the lockout check, and against new references and pools. They are checked in the transaction if they
    fit, else after the last one."""
    log: TransactionLog | None = None
    """Record in the history, which each transaction contains."""


def commit(datastore: Datastore, write_set: WriteSet, options: WriteOptions = DEFAULT_WRITE_OPTIONS) -> None:
    """Commit all writes. The first transaction initialises a bare datastore. A dry run checks the sizes only.

    Raises:
        GuardsFailed: nothing was written.
        RolledBack: a later transaction failed, and the earlier ones were rolled back.
        Refused: a resource exceeds the limits of etcd, or `atomic` is set and the writes do not fit one transaction.
            Nothing was written.
        Conflict: other clients wrote between two transactions, and the rollback is incomplete; lists the written keys.
        DatastoreUnreachable: the connection was lost, or etcd rejects the write; reports the written keys.
        WriteResultUnknown: the connection was lost during a single transaction.
        Interrupted: a signal ended the write before its next transaction; reports the written keys.
    """
    writes = [write for level in write_set.levels for write in level]
    if not writes:
        return
    initial_writes = list(_initial_writes(write_set.state, writes))
    initial_keys = {write.key for write in initial_writes}
    levels = [[write for write in level if write.key not in initial_keys] for level in write_set.levels]
    writes = [*initial_writes, *(write for level in levels for write in level)]
    # A transaction that writes the key of the lock guards it already.
    guards = [] if write_set.state.guard.key in initial_keys else [write_set.state.guard]
    excess = datastore.size_error(writes, guards)
    if options.dry_run:
        if excess:
            _check_limits(datastore, writes, excess, options)
        return
    with end_by_signal(state := WriteState(len(writes))) as received:
        log, decision_guards = write_set.log, write_set.decision_guards
        writer = BatchWriter(
            *(datastore, write_set.state, write_set.view, decision_guards, options.progress, state, received, log)
        )
        if not excess:
            logged = log.complete(writes, datastore.max_operations) if log else writes
            excess = _commit_once(datastore, state, logged, [*guards, *decision_guards], write_set.unchanged_guards)
            if excess and decision_guards:
                excess = _write_once(writer, writes)
        if excess:
            _check_limits(datastore, writes, excess, options)
            writer.write(initial_writes, levels)


def _initial_writes(state: State, writes: Sequence[Write]) -> Iterator[Write]:
    """Yield the writes that initialise a bare datastore: those of `writes` for their keys, else default objects."""
    if any(write.value is not None for write in writes):
        planned = {write.key: write for write in writes}
        yield from (planned.get(write.key, write) for write in state.initialisation())


def _commit_once(
    datastore: Datastore,
    state: WriteState,
    writes: Sequence[Write],
    guards: Sequence[Guard],
    optional_guards: Sequence[Guard],
) -> TransactionTooLarge | None:
    """Commit one transaction, with the optional guards if they fit. Return the reason if it is too large."""
    all_guards = [*guards, *optional_guards]
    if datastore.size_error(writes, all_guards):
        all_guards = [*guards]
        if excess := datastore.size_error(writes, all_guards):
            return excess
    state.start(writes)
    try:
        state.settle(writes, datastore.commit(writes, all_guards))
    except TransactionTooLarge as error:  # the limits of this server are lower than the expected ones
        state.settle(writes, None)
        return error if len(all_guards) == len(guards) else _commit_once(datastore, state, writes, guards, ())
    except WriteResultUnknown as error:
        error.messages = (
            *error.messages,
            "  the changes may or may not have been written (it is safe to repeat the command)",
        )
        raise
    except (GuardsFailed, DatastoreUnreachable):
        state.settle(writes, None)
        raise
    return None


def _write_once(writer: BatchWriter, writes: Sequence[Write]) -> TransactionTooLarge | None:
    """Write one transaction and check the decision guards afterwards. Return the reason if it is too large."""
    try:
        writer.write(writes, ())
    except TransactionTooLarge as error:
        return error
    return None


def _limit_message(excess: TransactionTooLarge) -> str:
    if excess.operations > excess.max_operations:
        return f"the write needs {excess.operations} operations, a transaction can have {excess.max_operations}"
    if excess.size > excess.max_size:
        return f"the write needs {excess.size:,} bytes, a transaction can have {excess.max_size:,}"
    return (
        f"etcd refuses a transaction of {excess.operations} operations and {excess.size:,} bytes "
        "(its options --max-txn-ops and --max-request-bytes)"
    )


def _check_limits(
    datastore: Datastore, writes: Sequence[Write], excess: TransactionTooLarge, options: WriteOptions
) -> None:
    """Raise Refused before anything is written, if a single write is too large, or `atomic` is set."""
    large = [
        write for write in writes if len(write.value or b"") > _MIN_MEASURED_BYTES and datastore.size_error([write])
    ]
    if large:
        raise Refused(*map(too_large_message, large))
    if options.atomic:
        raise Refused(f"--atomic: {_limit_message(excess)} (without --atomic several transactions are used)")
