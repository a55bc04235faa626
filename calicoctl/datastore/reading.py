"""Many ranges at one revision, in as few requests as etcd allows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from etcd3 import etcdrpc as rpc

from calicoctl.datastore.model import Entry, Range, Snapshot, TooLarge
from calicoctl.datastore.transaction import MAX_OPERATIONS, encode, entry, prefix_end

PAGE = 1000
"""Entries of one range in one answer; a key of 2 KiB each makes 2 MiB."""


def read(ask: Callable[[rpc.TxnRequest], rpc.TxnResponse], ranges: Sequence[Range], revision: int = 0) -> Snapshot:
    """Read all ranges at a revision, or at that of the first answer; `ask` sends one transaction."""
    found: list[list[Entry]] = [[] for _ in ranges]
    pending = deque((index, encode(wanted.key)) for index, wanted in enumerate(ranges))
    at_once = MAX_OPERATIONS
    while pending or not revision:
        batch = [pending.popleft() for _ in range(min(len(pending), at_once))]
        requests = [_request(ranges[index], start, revision) for index, start in batch]
        try:
            response = ask(rpc.TxnRequest(success=[rpc.RequestOp(request_range=each) for each in requests]))
        except TooLarge:
            if len(batch) == 1:
                raise
            at_once = len(batch) // 2  # this server takes less than the usual (--max-txn-ops)
            pending.extendleft(reversed(batch))
            continue
        revision = revision or response.header.revision
        for (index, _), operation in zip(batch, response.responses, strict=True):
            page = operation.response_range
            found[index].extend(map(entry, page.kvs))
            if page.more and not ranges[index].limit:
                # The smallest key after the last one of this page.
                pending.append((index, page.kvs[-1].key + b"\0"))
    return Snapshot(revision, tuple(map(tuple, found)))


def _request(wanted: Range, start: bytes, revision: int) -> rpc.RangeRequest:
    if not wanted.prefix:
        return rpc.RangeRequest(key=start, revision=revision, keys_only=wanted.keys_only)
    return rpc.RangeRequest(
        key=start or b"\0",
        range_end=prefix_end(encode(wanted.key)),
        limit=wanted.limit or PAGE,
        revision=revision,
        keys_only=wanted.keys_only,
    )
