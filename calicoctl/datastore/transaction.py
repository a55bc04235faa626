"""Guarded writes as etcd transactions: requests made, measured, and answers read. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from etcd3 import etcdrpc as rpc

from calicoctl.datastore.model import Committed, Entry, FailedGuard, Guard, GuardsFailed, TooLarge, Write

MAX_OPERATIONS = 128
"""etcd's --max-txn-ops by default."""
MAX_SIZE = 1_572_864 - 4_096
"""Bytes: etcd's --max-request-bytes by default, less what the server adds before it measures."""


_OVERHEAD = 256
"""Bytes that a write takes at most besides its value and three times its key."""


def guards_of(writes: Sequence[Write], guards: Sequence[Guard]) -> tuple[Guard, ...]:
    """All conditions of a transaction, each once: those of its writes come first."""
    return tuple(dict.fromkeys((*(Guard(write.key, write.revision) for write in writes), *guards)))


def build(writes: Sequence[Write], guards: Sequence[Guard]) -> rpc.TxnRequest:
    """Make IF all guards hold THEN write ELSE read what is there (as libcalico-go does for one key)."""
    conditions = guards_of(writes, guards)
    return rpc.TxnRequest(
        compare=[_compare(guard) for guard in conditions],
        success=[_operation(write) for write in writes],
        failure=[rpc.RequestOp(request_range=_look(guard)) for guard in conditions],
    )


def excess(request: rpc.TxnRequest, max_operations: int = MAX_OPERATIONS) -> TooLarge | None:
    """Why etcd would refuse this transaction for its size, or None."""
    found = measure(request, max_operations)
    return None if found.operations <= found.max_operations and found.size <= found.max_size else found


def measure(request: rpc.TxnRequest, max_operations: int) -> TooLarge:
    """The size of a transaction beside the limits."""
    operations = max(len(request.compare), len(request.success), len(request.failure))
    return TooLarge(operations, max_operations, request.ByteSize(), MAX_SIZE)


def batches(writes: Sequence[Write], max_operations: int, room: int) -> Iterator[list[Write]]:
    """The writes in their order, as many at a time as a transaction holds besides `room` further operations."""
    batch: list[Write] = []
    size = 0
    for write in writes:
        added = 3 * len(write.key) + len(write.value or b"") + _OVERHEAD
        if batch and (len(batch) + room >= max_operations or size + added > MAX_SIZE - _OVERHEAD * room):
            yield batch
            batch, size = [], 0
        batch.append(write)
        size += added
    if batch:
        yield batch


def outcome(response: rpc.TxnResponse, conditions: Sequence[Guard]) -> Committed:
    """Read the answer to a transaction that was built with these conditions.

    Raises:
        GuardsFailed: with the conditions that did not hold.
    """
    if response.succeeded:
        return Committed(response.header.revision)
    failed = []
    for guard, operation in zip(conditions, response.responses, strict=True):
        kvs = operation.response_range.kvs
        found = entry(kvs[0]) if kvs else None
        if guard.prefix:
            failed += [FailedGuard(found.key, guard.revision, found)] if found else []
        elif (found.revision if found else 0) != guard.revision:
            failed.append(FailedGuard(guard.key, guard.revision, found))
    raise GuardsFailed(response.header.revision, tuple(failed))


def entry(kv: rpc.KeyValue) -> Entry:
    """Take over a key and its value from etcd."""
    key: str = kv.key.decode("utf-8", "surrogateescape")
    return Entry(key, kv.value, kv.create_revision, kv.mod_revision)


def encode(key: str) -> bytes:
    """Make bytes of a key. Keys that others wrote need not be UTF-8, and come back as they were."""
    return key.encode("utf-8", "surrogateescape")


def prefix_end(prefix: bytes) -> bytes:
    """The first key after all those with this prefix; a zero byte means the end of the keyspace."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else b"\0"


def _compare(guard: Guard) -> rpc.Compare:
    key = encode(guard.key)
    if guard.prefix:  # a comparison of a range has to hold for every key in it
        return rpc.Compare(
            key=key,
            range_end=prefix_end(key),
            target=rpc.Compare.MOD,
            result=rpc.Compare.LESS,
            mod_revision=guard.revision + 1,
        )
    # The mod_revision of an absent key is 0, so that one kind of comparison serves for both.
    return rpc.Compare(key=key, target=rpc.Compare.MOD, result=rpc.Compare.EQUAL, mod_revision=guard.revision)


def _look(guard: Guard) -> rpc.RangeRequest:
    """What is there when a guard has failed: the key, or the first that is newer than it should be."""
    key = encode(guard.key)
    if not guard.prefix:
        return rpc.RangeRequest(key=key)
    return rpc.RangeRequest(key=key, range_end=prefix_end(key), limit=1, min_mod_revision=guard.revision + 1)


def _operation(write: Write) -> rpc.RequestOp:
    key = encode(write.key)
    if write.value is None:
        return rpc.RequestOp(request_delete_range=rpc.DeleteRangeRequest(key=key))
    return rpc.RequestOp(request_put=rpc.PutRequest(key=key, value=write.value))
