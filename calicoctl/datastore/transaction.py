"""Guarded writes as etcd transactions: build and measure requests, parse responses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import etcd3.etcdrpc as rpc

from calicoctl.datastore.values import (
    CommitResult,
    Entry,
    FailedGuard,
    Guard,
    GuardsFailed,
    TransactionLog,
    TransactionTooLarge,
    Write,
)

MAX_OPERATIONS = 128
"""Default of etcd --max-txn-ops."""
MAX_REQUEST_BYTES = 1_572_864 - 4_096
"""Default of etcd --max-request-bytes, less the bytes that the server adds to the request."""
_WRITE_OVERHEAD_BYTES = 256
"""Maximum size of a write without its value and three times its key."""


def all_guards(writes: Sequence[Write], guards: Sequence[Guard]) -> tuple[Guard, ...]:
    """Return the guards of the writes, then the other guards, without duplicates."""
    own = (Guard(write.key, write.revision) for write in writes if write.is_guarded)
    return tuple(dict.fromkeys((*own, *guards)))


def build_request(writes: Sequence[Write], guards: Sequence[Guard]) -> rpc.TxnRequest:
    """Return the transaction: write if all guards hold, else read the current entries (as libcalico-go does)."""
    all_conditions = all_guards(writes, guards)
    return rpc.TxnRequest(
        compare=[_comparison(guard) for guard in all_conditions],
        success=[_write_operation(write) for write in writes],
        failure=[rpc.RequestOp(request_range=_read_current(guard)) for guard in all_conditions],
    )


def build_read(ranges: Sequence[rpc.RangeRequest]) -> rpc.TxnRequest:
    """Return a transaction that reads all ranges at one revision."""
    return rpc.TxnRequest(success=[rpc.RequestOp(request_range=each) for each in ranges])


def size_error(request: rpc.TxnRequest, max_operations: int = MAX_OPERATIONS) -> TransactionTooLarge | None:
    """Return the error if the transaction exceeds a limit of etcd, else None."""
    measured = measure_request(request, max_operations)
    return None if measured.operations <= measured.max_operations and measured.size <= measured.max_size else measured


def measure_request(request: rpc.TxnRequest, max_operations: int) -> TransactionTooLarge:
    """Return the size of a transaction, with the limits."""
    operations = max(len(request.compare), len(request.success), len(request.failure))
    return TransactionTooLarge(operations, max_operations, request.ByteSize(), MAX_REQUEST_BYTES)


def estimate_size(writes: Iterable[Write]) -> int:
    """Return an upper limit of the size of writes with their guards, in bytes."""
    return sum(3 * len(write.key) + len(write.value or b"") + _WRITE_OVERHEAD_BYTES for write in writes)


def split_writes(
    writes: Sequence[Write],
    max_operations: int,
    reserved_operations: int,
    reserved_bytes: Callable[[Write], int] = lambda write: 0,
) -> Iterator[list[Write]]:
    """Split writes, in order, into batches that fit a transaction.

    Args:
        writes: the writes.
        max_operations: maximum number of operations in a transaction.
        reserved_operations: number of other operations in each transaction.
        reserved_bytes: returns the size to reserve for a write, in addition to its own.
    """
    batch: list[Write] = []
    size = 0
    for write in writes:
        write_size = estimate_size([write]) + reserved_bytes(write)
        if batch and (
            len(batch) + reserved_operations >= max_operations
            or size + write_size > MAX_REQUEST_BYTES - _WRITE_OVERHEAD_BYTES * reserved_operations
        ):
            yield batch
            batch, size = [], 0
        batch.append(write)
        size += write_size
    if batch:
        yield batch


def make_batches(
    writes: Sequence[Write], max_operations: int, reserved_operations: int, log: TransactionLog | None
) -> Iterator[list[Write]]:
    """Split writes as `split_writes`, and add the writes of the log to each batch."""
    if log is None:
        return split_writes(writes, max_operations, reserved_operations)
    batches = split_writes(writes, max_operations, reserved_operations, log.reserved_bytes)
    return (log.complete(batch, max_operations) for batch in batches)


def parse_response(response: rpc.TxnResponse, guards: Sequence[Guard]) -> CommitResult:
    """Return the result of a transaction with these guards.

    Raises:
        GuardsFailed: nothing was written; contains the failed guards.
    """
    if response.succeeded:
        return CommitResult(response.header.revision)
    failed_guards = []
    for guard, operation in zip(guards, response.responses, strict=True):
        kvs = operation.response_range.kvs
        current_entry = entry_from_kv(kvs[0]) if kvs else None
        if guard.prefix:
            failed_guards += [FailedGuard(current_entry.key, guard.revision, current_entry)] if current_entry else []
        elif (current_entry.mod_revision if current_entry else 0) != guard.revision:
            failed_guards.append(FailedGuard(guard.key, guard.revision, current_entry))
    raise GuardsFailed(response.header.revision, tuple(failed_guards))


def find_own_commit(writes: Sequence[Write], current: Mapping[str, Entry | None], revision: int) -> CommitResult | None:
    """Return the result of an unanswered transaction from the current entries; None if it was not executed.

    It was executed if the key of its log exists. Without a log, it was executed if all keys have the written values, or
    if a key that it created has: created objects contain a random uid. Other clients may have changed other keys since.

    Args:
        writes: the writes of the transaction.
        current: the entries of keys that differ from what the transaction is guarded by; None for a deleted key.
        revision: the revision of the entries.
    """
    for write in writes:
        if not write.is_guarded and write.value is not None and write.key in current:  # a key of this transaction only
            return CommitResult(entry.mod_revision) if (entry := current[write.key]) else None
    writes = [write for write in writes if write.is_guarded]
    executed = [write for write in writes if write.key in current and _has_effect(write, current[write.key])]
    if len(executed) < len(writes) and not any(write.revision == 0 for write in executed):
        return None
    entries = [entry for write in executed if (entry := current[write.key])]
    return CommitResult(max((entry.mod_revision for entry in entries), default=revision))


def _has_effect(write: Write, entry: Entry | None) -> bool:
    """Return whether the current entry of a key is the result of a write."""
    return (entry.value if entry else None) == write.value and (entry.mod_revision if entry else 0) != write.revision


def entry_from_kv(kv: rpc.KeyValue) -> Entry:
    """Return the entry of an etcd key-value pair."""
    key: str = kv.key.decode("utf-8", "surrogateescape")
    return Entry(key, kv.value, kv.create_revision, kv.mod_revision)


def encode_key(key: str) -> bytes:
    """Return the bytes of a key. Keys of other programs may be invalid UTF-8; `surrogateescape` preserves them."""
    return key.encode("utf-8", "surrogateescape")


def prefix_range_end(prefix: bytes) -> bytes:
    """Return the first key after all keys with this prefix; a zero byte is the end of the keyspace."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1]) if stripped else b"\0"


def _comparison(guard: Guard) -> rpc.Compare:
    key = encode_key(guard.key)
    if guard.prefix:  # etcd compares every key of the range
        return rpc.Compare(
            key=key,
            range_end=prefix_range_end(key),
            target=rpc.Compare.MOD,
            result=rpc.Compare.LESS,
            mod_revision=guard.revision + 1,
        )
    # The mod_revision of a missing key is 0.
    return rpc.Compare(key=key, target=rpc.Compare.MOD, result=rpc.Compare.EQUAL, mod_revision=guard.revision)


def _read_current(guard: Guard) -> rpc.RangeRequest:
    """Return the request for the current entry of a failed guard, or for the first newer entry of a prefix."""
    key = encode_key(guard.key)
    if not guard.prefix:
        return rpc.RangeRequest(key=key)
    return rpc.RangeRequest(key=key, range_end=prefix_range_end(key), limit=1, min_mod_revision=guard.revision + 1)


def _write_operation(write: Write) -> rpc.RequestOp:
    key = encode_key(write.key)
    if write.value is None:
        range_end = prefix_range_end(key) if write.prefix else b""
        return rpc.RequestOp(request_delete_range=rpc.DeleteRangeRequest(key=key, range_end=range_end))
    return rpc.RequestOp(request_put=rpc.PutRequest(key=key, value=write.value))
