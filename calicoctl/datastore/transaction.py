"""Guarded writes as etcd transactions: requests made, measured, and answers read. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from etcd3 import etcdrpc as rpc

from calicoctl.datastore.values import CommitResult, Entry, FailedGuard, Guard, GuardsFailed, TransactionTooLarge, Write

MAX_OPERATIONS = 128
"""etcd's --max-txn-ops by default."""
MAX_REQUEST_BYTES = 1_572_864 - 4_096
"""Bytes: etcd's --max-request-bytes by default, less what the server adds before it measures."""


_WRITE_OVERHEAD_BYTES = 256
"""Bytes that a write takes at most besides its value and three times its key."""


def all_guards(writes: Sequence[Write], guards: Sequence[Guard]) -> tuple[Guard, ...]:
    """All conditions of a transaction, each once: those of its writes come first."""
    return tuple(dict.fromkeys((*(Guard(write.key, write.revision) for write in writes), *guards)))


def build_request(writes: Sequence[Write], guards: Sequence[Guard]) -> rpc.TxnRequest:
    """Make IF all guards hold THEN write ELSE read what is there (as libcalico-go does for one key)."""
    all_conditions = all_guards(writes, guards)
    return rpc.TxnRequest(
        compare=[_comparison(guard) for guard in all_conditions],
        success=[_write_operation(write) for write in writes],
        failure=[rpc.RequestOp(request_range=_read_current(guard)) for guard in all_conditions],
    )


def size_error(request: rpc.TxnRequest, max_operations: int = MAX_OPERATIONS) -> TransactionTooLarge | None:
    """Why etcd would refuse this transaction for its size, or None."""
    measured = measure_request(request, max_operations)
    return None if measured.operations <= measured.max_operations and measured.size <= measured.max_size else measured


def measure_request(request: rpc.TxnRequest, max_operations: int) -> TransactionTooLarge:
    """The size of a transaction beside the limits."""
    operations = max(len(request.compare), len(request.success), len(request.failure))
    return TransactionTooLarge(operations, max_operations, request.ByteSize(), MAX_REQUEST_BYTES)


def split_writes(writes: Sequence[Write], max_operations: int, reserved_operations: int) -> Iterator[list[Write]]:
    """Split writes, in order, into batches that fit a transaction with `reserved_operations` further operations."""
    batch: list[Write] = []
    size = 0
    for write in writes:
        write_size = 3 * len(write.key) + len(write.value or b"") + _WRITE_OVERHEAD_BYTES
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


def parse_response(response: rpc.TxnResponse, conditions: Sequence[Guard]) -> CommitResult:
    """Read the answer to a transaction that was built with these conditions.

    Raises:
        GuardsFailed: with the conditions that did not hold.
    """
    if response.succeeded:
        return CommitResult(response.header.revision)
    failed_guards = []
    for guard, operation in zip(conditions, response.responses, strict=True):
        kvs = operation.response_range.kvs
        current_entry = entry_from_kv(kvs[0]) if kvs else None
        if guard.prefix:
            failed_guards += [FailedGuard(current_entry.key, guard.revision, current_entry)] if current_entry else []
        elif (current_entry.mod_revision if current_entry else 0) != guard.revision:
            failed_guards.append(FailedGuard(guard.key, guard.revision, current_entry))
    raise GuardsFailed(response.header.revision, tuple(failed_guards))


def entry_from_kv(kv: rpc.KeyValue) -> Entry:
    """Take over a key and its value from etcd."""
    key: str = kv.key.decode("utf-8", "surrogateescape")
    return Entry(key, kv.value, kv.create_revision, kv.mod_revision)


def encode_key(key: str) -> bytes:
    """Make bytes of a key. Keys that others wrote need not be UTF-8, and come back as they were."""
    return key.encode("utf-8", "surrogateescape")


def prefix_range_end(prefix: bytes) -> bytes:
    """The first key after all those with this prefix; a zero byte means the end of the keyspace."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1]) if stripped else b"\0"


def _comparison(guard: Guard) -> rpc.Compare:
    key = encode_key(guard.key)
    if guard.prefix:  # a comparison of a range has to hold for every key in it
        return rpc.Compare(
            key=key,
            range_end=prefix_range_end(key),
            target=rpc.Compare.MOD,
            result=rpc.Compare.LESS,
            mod_revision=guard.revision + 1,
        )
    # The mod_revision of an absent key is 0, so that one kind of comparison serves for both.
    return rpc.Compare(key=key, target=rpc.Compare.MOD, result=rpc.Compare.EQUAL, mod_revision=guard.revision)


def _read_current(guard: Guard) -> rpc.RangeRequest:
    """What is there when a guard has failed: the key, or the first that is newer than it should be."""
    key = encode_key(guard.key)
    if not guard.prefix:
        return rpc.RangeRequest(key=key)
    return rpc.RangeRequest(key=key, range_end=prefix_range_end(key), limit=1, min_mod_revision=guard.revision + 1)


def _write_operation(write: Write) -> rpc.RequestOp:
    key = encode_key(write.key)
    if write.value is None:
        return rpc.RequestOp(request_delete_range=rpc.DeleteRangeRequest(key=key))
    return rpc.RequestOp(request_put=rpc.PutRequest(key=key, value=write.value))
